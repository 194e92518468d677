package engine

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"sync/atomic"
	"time"

	"coder1/engine/git"
	"coder1/engine/process"
	"coder1/engine/workspace"
)

// Tree is one level of a workspace's folders.
type Tree struct {
	workspace.Listing
	Marks git.Marks // what git knows of its entries
}

// Files opens the files of a workspace that can be worked in. They have to be closed after use.
func (e *Engine) Files(name string) (*workspace.Files, error) {
	if _, err := e.ready(name); err != nil {
		return nil, err
	}
	return e.workspaces.Files(name)
}

// marksPatience is how long a folder waits for what git knows of it, before it is shown without.
const marksPatience = 3 * time.Second

// Tree lists a folder of a workspace, "" for the workspace itself.
func (e *Engine) Tree(ctx context.Context, name, folder string) (Tree, error) {
	files, err := e.Files(name)
	if err != nil {
		return Tree{}, err
	}
	defer func() { _ = files.Close() }()
	if folder == "." {
		folder = ""
	}
	list, err := files.List(ctx, cmp.Or(folder, "."))
	if err != nil {
		return Tree{}, err
	}
	waiting, cancel := context.WithTimeout(ctx, marksPatience)
	defer cancel()
	marks, err := e.GitMarks(waiting, name, folder)
	if err != nil && ctx.Err() == nil {
		e.log.Warn("a folder is listed without its git status", "workspace", name, "folder", folder, "error", err)
	}
	return Tree{list, marks}, nil
}

// SearchFiles looks for text in a workspace's files, with ripgrep where it is installed.
func (e *Engine) SearchFiles(ctx context.Context, files *workspace.Files, q workspace.Query, emit func(workspace.Match) error) (workspace.Found, error) {
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
