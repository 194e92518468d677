package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Selection is what to stage, unstage or discard: whole files and folders, or chosen hunks.
type Selection struct {
	Paths []string
	Patch string // a unified diff, as Diff shows it
}

// Errors about selections.
var (
	ErrSelection = errors.New("name paths (“.” for everything), or give a patch, and not both")
	ErrStale     = errors.New("the files have changed since this was shown; look again and choose anew")
	ErrType      = errors.New("it is of another type than before (file, link or submodule); name it as a path, its hunks go together")
	ErrHeld      = errors.New("what was not chosen, or is ignored by git, is not discarded; move it away first")
	ErrSubmodule = errors.New("it is a submodule at another commit, which is not discarded; check its commit out in it, or stage it")
	ErrNested    = errors.New("it is a repository of its own; delete it as a folder if it is not wanted")
)

func (s Selection) check() error {
	if (len(s.Paths) == 0) == (s.Patch == "") {
		return ErrSelection
	}
	return checkPaths(s.Paths, false)
}

// Stage puts changes into the index: the next commit has them. The folder stays as it is.
func (g *Git) Stage(ctx context.Context, repo Repo, s Selection) error {
	return g.change(ctx, repo, s, func(at location) error {
		if s.Patch != "" {
			return g.apply(ctx, repo, at, s.Patch, "stage", "--cached")
		}
		return g.add(ctx, repo, at, s.Paths)
	})
}

// Unstage takes changes out of the index. The folder stays as it is.
func (g *Git) Unstage(ctx context.Context, repo Repo, s Selection) error {
	return g.change(ctx, repo, s, func(at location) error {
		if s.Patch != "" {
			return g.apply(ctx, repo, at, s.Patch, "unstage", "--cached", "--reverse")
		}
		paths, err := g.withOldPaths(ctx, repo, at, s.Paths)
		if err != nil {
			return err
		}
		return g.onPaths(ctx, repo, at, paths, "unstage", "reset", "--quiet")
	})
}

// withOldPaths adds the old names of files that were renamed into the paths: half a rename makes no sense.
func (g *Git) withOldPaths(ctx context.Context, repo Repo, at location, paths []string) ([]string, error) {
	chosen := map[string]bool{}
	for _, p := range paths {
		chosen[path.Clean(p)] = true
	}
	all := slices.Clip(paths)
	err := g.differences(ctx, repo, at, &Status{}, func(f FileStatus) error {
		if f.Index == Renamed && within(chosen, f.Path) && !within(chosen, f.OldPath) {
			all = append(all, f.OldPath)
		}
		return nil
	}, "--untracked-files=no")
	return all, err
}

// within reports whether a path, or a folder above it, is one of some.
func within(some map[string]bool, p string) bool {
	for p = path.Clean(p); !some[p]; p = path.Dir(p) {
		if p == "." {
			return false
		}
	}
	return true
}

// Discard takes changes out of the folder: files become what they are in the index, and new ones are removed.
// What is staged stays, and so does what git ignores.
func (g *Git) Discard(ctx context.Context, repo Repo, s Selection) error {
	return g.change(ctx, repo, s, func(at location) error {
		if s.Patch != "" {
			return g.apply(ctx, repo, at, s.Patch, "discard", "--reverse")
		}
		return g.discardPaths(ctx, repo, at, s.Paths)
	})
}

func (g *Git) change(ctx context.Context, repo Repo, s Selection, do func(location) error) error {
	if err := s.check(); err != nil {
		return err
	}
	done, err := g.alone(ctx, repo.Path)
	if err != nil {
		return err
	}
	defer done()
	at, err := g.find(ctx, repo)
	if err != nil {
		return err
	}
	return do(at)
}

// onPaths runs a command on paths, which it is told on its standard input: there is no limit to them, and
// none is taken for an option.
func (g *Git) onPaths(ctx context.Context, repo Repo, at location, paths []string, what string, args ...string) error {
	return g.run(ctx, call{
		repo: repo, at: at, what: what, kind: change,
		args:  append(args, "--pathspec-from-file=-", "--pathspec-file-nul"),
		stdin: []byte(strings.Join(paths, "\x00")),
	})
}

// apply applies a patch as a whole, or not at all.
func (g *Git) apply(ctx context.Context, repo Repo, at location, patch, what string, args ...string) error {
	if !strings.HasSuffix(patch, "\n") {
		patch += "\n"
	}
	base := BaseIndex
	if what == "unstage" {
		base = BaseStaged
	}
	if err := g.checkTypes(ctx, repo, at, patch, base); err != nil {
		return err
	}
	err := g.run(ctx, call{
		repo: repo, at: at, what: what, kind: change,
		args:  append([]string{"apply", "--whitespace=nowarn", "--no-ignore-whitespace"}, args...),
		stdin: []byte(patch),
	})
	var f *Failure
	if errors.As(err, &f) && f.Code == 1 {
		return fmt.Errorf("%w (%s)", ErrStale, f.Text)
	}
	return err
}

// checkTypes reports a file of another type of which a patch takes only hunks: git would write a link's target
// into a file, or a file's lines into a link.
func (g *Git) checkTypes(ctx context.Context, repo Repo, at location, patch, base string) error {
	args, _, err := g.compare(ctx, repo, at, DiffOptions{Base: base})
	if err != nil {
		return err
	}
	c := call{repo: repo, at: at, what: "diff", kind: look}
	c.args = slices.Insert(args, 1, "--diff-filter=T")
	c.read = func(r *bufio.Reader) error {
		return parseDiff(r, func(f *FileDiff) error {
			if f.hasHunksIn(patch) {
				return fmt.Errorf("%s: %w", f.Path, ErrType)
			}
			return nil
		})
	}
	return g.run(ctx, c)
}

// hasHunksIn reports whether a patch changes the file, rather than that it deletes or makes it.
func (f *FileDiff) hasHunksIn(patch string) bool {
	old, changed := quote("a/"+f.Path), quote("b/"+f.Path)
	for _, end := range []string{"", "\t"} {
		if strings.Contains("\n"+patch, "\n--- "+old+end+"\n+++ "+changed+end+"\n") {
			return true
		}
	}
	return false
}
