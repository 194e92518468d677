package engine

import (
	"errors"

	"coder1/engine/workspace"
)

// ErrNoFolders says that folders of the machine are not opened here.
var ErrNoFolders = errors.New("this server opens no folders of the machine it runs on: OPEN_FOLDERS is false. The desktop program opens them")

// OpenFolder makes a workspace of a folder of this machine, in place, and reports whether it is a new one: a
// folder that is open already stays the workspace that it is.
func (e *Engine) OpenFolder(name, path string) (w Workspace, isNew bool, err error) {
	if !e.settings.OpenFolders {
		return Workspace{}, false, ErrNoFolders
	}
	one, isNew, err := e.workspaces.OpenFolder(name, path, e.settings.Data)
	if err != nil {
		return Workspace{}, false, err
	}
	if isNew {
		e.watchers.changed()
	}
	_, count := e.store.Count()
	return e.describe(one, count[one.Name]), isNew, nil
}

// OpensFolders reports whether OpenFolder can be used.
func (e *Engine) OpensFolders() bool { return e.settings.OpenFolders }

// isThere reports that a workspace is known, whether or not its folder can be reached at the moment.
func isThere(err error) bool { return err == nil || errors.Is(err, workspace.ErrGone) }
