package engine

import (
	"context"
	"fmt"
	"os/exec"
	"sync/atomic"

	"coder1/engine/process"
	"coder1/engine/workspace"
)

// FolderMarks say what git knows of the entries of one folder: their git status by name ("modified", "added",
// "deleted", "renamed", "untracked", "ignored", "conflicted"; none for what is unchanged, and "modified" for a
// folder with changes below it), and the branch; all empty where there is no repository.
type FolderMarks func(ctx context.Context, w workspace.Workspace, folder string) (branch string, marks map[string]string, err error)

// Tree is one level of a workspace's folders.
type Tree struct {
	workspace.Listing
	Branch string
	Git    map[string]string // an entry's name -> its git status
}

// Files opens a workspace's files. They have to be closed after use.
func (e *Engine) Files(name string) (*workspace.Files, error) { return e.workspaces.Files(name) }

// Tree lists a folder of a workspace, with what git knows of it.
func (e *Engine) Tree(ctx context.Context, name, path string) (Tree, error) {
	files, err := e.Files(name)
	if err != nil {
		return Tree{}, err
	}
	defer func() { _ = files.Close() }()
	list, err := files.List(ctx, path)
	if err != nil || e.marks == nil {
		return Tree{Listing: list}, err
	}
	t := Tree{Listing: list}
	if t.Branch, t.Git, err = e.marks(ctx, files.Workspace, path); err != nil {
		e.log.Warn("a folder is listed without its git status", "workspace", name, "folder", path, "error", err)
	}
	return t, nil
}

// Search looks for text in a workspace's files, with ripgrep where it is installed.
func (e *Engine) Search(ctx context.Context, files *workspace.Files, q workspace.Query, emit func(workspace.Match) error) (workspace.Found, error) {
	var run workspace.Runner
	if path, err := exec.LookPath("rg"); err == nil {
		run = e.ripgrep(path)
	}
	return files.Search(ctx, q, run, emit)
}

// searchOwner begins the names of those who are charged for a search.
const searchOwner = "search/"

var searches atomic.Int64

// ripgrep starts rg as everything is started: it can be measured, ranks below the server, and ends with it.
func (e *Engine) ripgrep(path string) workspace.Runner {
	return func(folder string, args []string) (workspace.Program, error) {
		return e.supervisor.Start(process.Spec{
			Path: path, Args: args, Dir: folder, Env: process.Environ(),
			Owner:       fmt.Sprint(searchOwner, searches.Add(1)),
			OOMScoreAdj: commandOOMScore, Nice: commandNice,
		})
	}
}

// WatchFiles watches workspaces' files. It has to be closed.
func (e *Engine) WatchFiles() *workspace.Watcher { return e.workspaces.Watch() }
