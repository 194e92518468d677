package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
)

// discard is one request to discard paths. It looks before it touches anything: what cannot be done, or would
// cost something that was not chosen, is refused as a whole. What is new goes first, because it may be where
// something is to come back.
type discard struct {
	*Git
	repo  Repo
	at    location
	paths []string
	root  *os.Root

	chosen map[string]bool   // path -> something there differs
	held   map[string]string // what is in the way -> one of the files that are to come back there
	found  struct{ added, untracked, changed bool }
}

func (g *Git) discardPaths(ctx context.Context, repo Repo, at location, paths []string) error {
	root, err := os.OpenRoot(repo.Path)
	if err != nil {
		return fmt.Errorf("open the workspace: %w", err)
	}
	defer func() { _ = root.Close() }()
	d := &discard{Git: g, repo: repo, at: at, paths: paths, root: root, chosen: map[string]bool{}, held: map[string]string{}}
	for _, p := range paths {
		d.chosen[path.Clean(p)] = false
	}
	if err := d.look(ctx, d.withoutParts(d.weigh)); err != nil {
		return err
	}
	if err := d.checkPaths(); err != nil {
		return err
	}
	if err := d.checkHeld(ctx); err != nil {
		return err
	}
	if d.found.added {
		if err := d.each(ctx, FileStatus.intended, d.forget); err != nil {
			return err
		}
	}
	if d.found.added || d.found.untracked {
		if err := d.each(ctx, FileStatus.untracked, d.remove); err != nil {
			return err
		}
	}
	if d.found.changed {
		return d.each(ctx, FileStatus.changed, d.restore)
	}
	return nil
}

// intended reports that git was told of a new file, and has nothing of it ("git add -N").
func (f FileStatus) intended() bool { return f.Worktree == Added }

func (f FileStatus) untracked() bool { return f.Worktree == Untracked }

func (f FileStatus) changed() bool { return f.Worktree == Modified || f.Worktree == Deleted }

// look hands over what differs in the paths.
func (d *discard) look(ctx context.Context, take func(FileStatus) error, args ...string) error {
	return d.differencesIn(ctx, d.repo, d.at, d.paths, take, args...)
}

func (d *discard) each(ctx context.Context, kind func(FileStatus) bool, do func(context.Context, []string) error) error {
	return d.eachName(ctx, d.repo, d.at, d.paths, kind, do)
}

// weigh takes note of a file that differs, or says why nothing is discarded.
func (d *discard) weigh(f FileStatus) error {
	d.meet(f.Path)
	switch {
	case strings.HasSuffix(f.Path, "/"):
		return fmt.Errorf("%s: %w", f.Path, ErrNested)
	case f.Worktree == Conflicted:
		return fmt.Errorf("%s is in conflict; settle it and stage it first: %w", f.Path, ErrConflict)
	case f.submodule && f.Worktree == Modified:
		return fmt.Errorf("%s: %w", f.Path, ErrSubmodule)
	case f.changed():
		d.found.changed = true
		return d.weighPlace(f.Path)
	}
	d.found.added = d.found.added || f.intended()
	d.found.untracked = d.found.untracked || f.untracked()
	return nil
}

// meet takes note that something differs in the paths that are, or hold, this one.
func (d *discard) meet(p string) {
	for p = path.Clean(p); ; p = path.Dir(p) {
		if _, ok := d.chosen[p]; ok {
			d.chosen[p] = true
		}
		if p == "." {
			return
		}
	}
}

// weighPlace takes note of what is where a file is to come back: a folder in its place, or something else where
// a folder above it was.
func (d *discard) weighPlace(name string) error {
	place := ""
	for part := range strings.SplitSeq(name, "/") {
		place = path.Join(place, part)
		info, err := d.root.Lstat(place)
		if err != nil {
			return nil // nothing is there
		}
		if isFile := place == name; info.IsDir() == isFile {
			return d.weighHeld(place, name)
		}
	}
	return nil
}

func (d *discard) weighHeld(place, name string) error {
	if _, err := d.root.Lstat(path.Join(place, ".git")); err == nil {
		return fmt.Errorf("%s: %w", place, ErrNested)
	}
	if d.held[place] = name; len(d.held) > maxPaths {
		return fmt.Errorf("there are more than %d such places; name fewer: %w", maxPaths, heldBy(place, name))
	}
	return nil
}

func heldBy(what, name string) error {
	return fmt.Errorf("%s is in the way of %s: %w", what, name, ErrHeld)
}

// checkPaths reports a chosen path where nothing differs, nor is anything.
func (d *discard) checkPaths() error {
	for _, p := range d.paths {
		if !d.chosen[path.Clean(p)] {
			if _, err := d.root.Lstat(path.Clean(p)); err != nil {
				return &Failure{What: "git discard of " + d.repo.Name, Text: "there is no file " + clean(p)}
			}
		}
	}
	return nil
}

// checkHeld reports what is in the way and would not be removed before the files come back.
func (d *discard) checkHeld(ctx context.Context) error {
	if len(d.held) == 0 {
		return nil
	}
	err := d.look(ctx, func(f FileStatus) error {
		for p := path.Clean(f.Path); p != "."; p = path.Dir(p) {
			name, held := d.held[p]
			switch {
			case held && d.isPart(f):
				return heldBy("a file that is being written", name)
			case held && f.Worktree == Ignored:
				return heldBy(f.Path, name)
			case held && f.untracked() && p == f.Path:
				delete(d.held, p)
			}
		}
		return nil
	}, "--ignored=matching")
	if err != nil {
		return err
	}
	for place, name := range d.held { // what was not chosen, or git does not see, such as a pipe
		if info, err := d.root.Lstat(place); err == nil && !info.IsDir() {
			return heldBy(place, name)
		}
	}
	return nil
}

// forget makes files untracked.
func (d *discard) forget(ctx context.Context, names []string) error {
	return d.run(ctx, call{
		repo: d.repo, at: d.at, what: "discard", kind: change,
		args:  []string{"update-index", "--force-remove", "-z", "--stdin"},
		stdin: []byte(strings.Join(names, "\x00")),
	})
}

// remove removes files, and the folders that are empty then.
func (d *discard) remove(_ context.Context, names []string) error {
	for _, f := range names {
		if err := d.root.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("discard: %w", err)
		}
		for dir := path.Dir(f); dir != "." && d.root.Remove(dir) == nil; dir = path.Dir(dir) {
		}
	}
	return nil
}

// restore makes files what they are in the index.
func (d *discard) restore(ctx context.Context, names []string) error {
	return d.onPaths(ctx, d.repo, d.at, names, "discard", "checkout", "--quiet")
}
