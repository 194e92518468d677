package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"coder1/engine/git"
	"coder1/engine/governor"
	"coder1/engine/workspace"
)

func (e *Engine) openGit() (err error) {
	e.git, err = git.New(git.Options{
		Supervisor: e.supervisor, Leave: e.leaveForGit, Ended: e.broker.ended, Clones: filepath.Join(e.settings.Data, "clones"),
		Changed: e.watchers.changed, LocalClones: os.Getenv("RENDER") == "", PartPrefix: workspace.PartPrefix,
	}, func(name string) (string, error) {
		w, err := e.workspaces.Get(name)
		return w.Path, err
	})
	return err
}

// leaveForGit waits until the governor lets a git command begin that may take much memory.
func (e *Engine) leaveForGit(ctx context.Context, owner, name string) error {
	granted := e.broker.await(owner)
	e.ask(governor.CommandAsked{Group: owner, Name: name})
	select {
	case <-granted:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-e.quit:
		return ErrClosed
	}
}

// nameOf is what to call an owner that is no agent, "" when it has ended.
func (e *Engine) nameOf(owner string) string {
	if name := e.broker.name(owner); name != "" {
		return name
	}
	if name := e.terminals.name(owner); name != "" {
		return name
	}
	return e.git.NameOf(owner)
}

// ready finds a workspace that can be worked in: it is not being cloned, nor has that failed.
func (e *Engine) ready(name string) (workspace.Workspace, error) {
	w, err := e.workspaces.Get(name)
	if err == nil {
		err = e.git.Ready(name)
	}
	return w, err
}

// describe is a workspace with what is known of its clone and its branch.
func (e *Engine) describe(w workspace.Workspace, sessions int) Workspace {
	d := Workspace{Workspace: w, Sessions: sessions, Branch: git.Branch(w.Path)}
	if c, cloned := e.git.CloneOf(w.Name); cloned {
		d.Clone = &c
	}
	return d
}

// CloneWorkspace makes a workspace and begins to clone a repository into it. It returns at once; the workspace
// tells how far it is. One whose clone has failed is cloned again.
func (e *Engine) CloneWorkspace(name string, o git.CloneOptions) (Workspace, error) {
	if err := errors.Join(workspace.CheckName(name), e.git.CheckClone(o)); err != nil {
		return Workspace{}, err
	}
	folder := e.workspaces.Create
	if _, err := e.workspaces.Get(name); isThere(err) {
		if c, cloned := e.git.CloneOf(name); !cloned || c.State != git.Failed {
			return Workspace{}, workspace.ErrExists
		}
		folder = e.workspaces.Get
	}
	var w workspace.Workspace
	err := e.git.Clone(name, o, func() (path string, err error) {
		w, err = folder(name)
		return w.Path, err
	})
	if err != nil {
		return Workspace{}, err
	}
	return e.describe(w, 0), nil
}

func repoOf(w workspace.Workspace) git.Repo { return git.Repo{Name: w.Name, Path: w.Path} }

// repo finds the folder of a workspace that can be worked in.
func (e *Engine) repo(name string) (git.Repo, error) {
	w, err := e.ready(name)
	return repoOf(w), err
}

// GitStatus looks at what differs in a workspace.
func (e *Engine) GitStatus(ctx context.Context, name string) (git.Status, error) {
	r, err := e.repo(name)
	if err != nil {
		return git.Status{}, err
	}
	return e.git.Status(ctx, r)
}

// GitMarks looks at one folder of a workspace, to be shown beside its files.
func (e *Engine) GitMarks(ctx context.Context, name, folder string) (git.Marks, error) {
	r, err := e.repo(name)
	if err != nil {
		return git.Marks{}, err
	}
	return e.git.Marks(ctx, r, folder)
}

// GitDiff compares, and hands over one file after the other.
func (e *Engine) GitDiff(ctx context.Context, name string, o git.DiffOptions, emit func(*git.FileDiff) error) (truncated bool, err error) {
	r, err := e.repo(name)
	if err != nil {
		return false, err
	}
	return e.git.Diff(ctx, r, o, emit)
}

// GitRefs lists branches and tags.
func (e *Engine) GitRefs(ctx context.Context, name string) (git.Refs, error) {
	r, err := e.repo(name)
	if err != nil {
		return git.Refs{}, err
	}
	return e.git.Refs(ctx, r)
}

// GitShow hands over a file as it is at a ref.
func (e *Engine) GitShow(ctx context.Context, name, ref, path string, take func(io.Reader) error) error {
	r, err := e.repo(name)
	if err != nil {
		return err
	}
	return e.git.Show(ctx, r, ref, path, take)
}

// GitInit makes a workspace a repository.
func (e *Engine) GitInit(ctx context.Context, name string) error {
	return e.gitChange(name, func(r git.Repo) error { return e.git.Init(ctx, r) })
}

// GitStage puts changes into the index.
func (e *Engine) GitStage(ctx context.Context, name string, s git.Selection) error {
	return e.gitChange(name, func(r git.Repo) error { return e.git.Stage(ctx, r, s) })
}

// GitUnstage takes changes out of the index.
func (e *Engine) GitUnstage(ctx context.Context, name string, s git.Selection) error {
	return e.gitChange(name, func(r git.Repo) error { return e.git.Unstage(ctx, r, s) })
}

// GitDiscard takes changes out of the folder.
func (e *Engine) GitDiscard(ctx context.Context, name string, s git.Selection) error {
	return e.gitChange(name, func(r git.Repo) error { return e.git.Discard(ctx, r, s) })
}

// GitCommit commits what is staged.
func (e *Engine) GitCommit(ctx context.Context, name string, o git.CommitOptions) (made git.Committed, err error) {
	err = e.gitChange(name, func(r git.Repo) error { made, err = e.git.Commit(ctx, r, o); return err })
	return made, err
}

func (e *Engine) gitChange(name string, do func(git.Repo) error) error {
	r, err := e.repo(name)
	if err != nil {
		return err
	}
	err = do(r)
	e.watchers.changed()
	return err
}
