package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// differencesIn hands over what differs in paths, file by file, renamed ones as gone and new.
func (g *Git) differencesIn(ctx context.Context, repo Repo, at location, paths []string, take func(FileStatus) error, args ...string) error {
	args = append(append(args, "--untracked-files=all", "--no-renames", "--"), paths...)
	return g.differences(ctx, repo, at, &Status{}, take, args...)
}

// eachName does something to all files of a kind that differ in paths, to as many at once as a status lists.
func (g *Git) eachName(ctx context.Context, repo Repo, at location, paths []string, kind func(FileStatus) bool, do func(context.Context, []string) error) error {
	var last FileStatus
	for more := true; more; {
		var names []string
		more = false
		next := last
		err := g.differencesIn(ctx, repo, at, paths, g.withoutParts(func(f FileStatus) error {
			switch {
			case !kind(f) || f.compare(last) <= 0:
			case len(names) == MaxStatusFiles:
				more = true
				return errEnough
			default:
				names, next = append(names, f.Path), f
			}
			return nil
		}))
		if err != nil || len(names) == 0 {
			return err
		}
		if err := do(ctx, names); err != nil {
			return err
		}
		last = next
	}
	return nil
}

// compare is of the order in which git lists what differs.
func (f FileStatus) compare(other FileStatus) int {
	return cmp.Or(cmp.Compare(f.group(), other.group()), strings.Compare(f.Path, other.Path))
}

func (f FileStatus) group() int {
	switch f.Worktree {
	case Conflicted:
		return 1
	case Untracked:
		return 2
	case Ignored:
		return 3
	}
	return 0
}

// add stages paths. Of folders it stages what a status lists, by name: what is being written there is not to be
// staged, and a pathspec that leaves something out makes some versions of git leave out more.
func (g *Git) add(ctx context.Context, repo Repo, at location, paths []string) error {
	root, err := os.OpenRoot(repo.Path)
	if err != nil {
		return fmt.Errorf("open the workspace: %w", err)
	}
	defer func() { _ = root.Close() }()
	var names, folders []string
	for _, p := range paths {
		info, err := root.Lstat(p)
		switch {
		case err == nil && g.inPart(p):
			return &Failure{What: "git stage of " + repo.Name, Text: noFile}
		case err == nil && info.IsDir():
			folders = append(folders, p)
		default:
			names = append(names, p)
		}
	}
	stage := func(ctx context.Context, names []string) error {
		return g.onPaths(ctx, repo, at, names, "stage", "add", "--all")
	}
	if len(names) > 0 {
		if err := stage(ctx, names); err != nil {
			return err
		}
	}
	if len(folders) == 0 {
		return nil
	}
	if err := g.checkIgnored(ctx, repo, at, folders); err != nil {
		return err
	}
	differs := func(f FileStatus) bool { return f.Worktree != Unmodified }
	for range maxLists {
		if err = g.eachName(ctx, repo, at, folders, differs, stage); !isGone(err) {
			break
		}
	}
	return err
}

// maxLists is how often the files of folders are listed anew, because one has gone since they were.
const maxLists = 3

func isGone(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.Text == noFile
}

// checkIgnored reports folders that are ignored: git would say so of them, as it does of files.
func (g *Git) checkIgnored(ctx context.Context, repo Repo, at location, folders []string) error {
	c := call{repo: repo, at: at, what: "stage", kind: look, magic: true, args: []string{"check-ignore", "-z", "--stdin"}}
	c.stdin = []byte("./" + strings.Join(folders, "\x00./")) // a colon would be magic
	out, err := g.output(ctx, c)
	var f *Failure
	if errors.As(err, &f) && f.Code == 1 { // none is
		return nil
	}
	if err != nil {
		return err
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], "./")
	}
	return &Failure{What: "git stage of " + repo.Name, Text: ignored(names)}
}
