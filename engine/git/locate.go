package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"coder1/engine/process"
)

// location is where a workspace's repository is, and what of its settings has to be overruled.
type location struct {
	dir string // "" when the workspace is no repository
	// unfiltered switches every filter off that is configured: "filter.lfs.clean=" and so on.
	unfiltered []string
}

// Errors about where a repository is.
var (
	ErrNoRepository = errors.New("the workspace is not a git repository; POST …/git/init makes it one")
	ErrOutside      = errors.New("the workspace's .git leads outside of the workspace; Coder1 follows it nowhere")
)

// maxPointer bounds the files that say where a repository is.
const maxPointer = 8 << 10

// locate finds the repository whose top folder the workspace is: not one around it, and none that lies
// elsewhere. What .git says is checked; who changes it at the same moment finds git run without programs.
func locate(repo Repo) (dir string, err error) {
	dir = filepath.Join(repo.Path, ".git")
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNoRepository
	}
	if err != nil {
		return "", fmt.Errorf("look for the repository of %s: %w", repo.Name, err)
	}
	if info.Mode().IsRegular() { // as in a worktree or a submodule
		if dir, err = pointer(dir, "gitdir: "); err != nil {
			return "", err
		}
	}
	if dir, err = inside(repo, dir); err != nil {
		return "", err
	}
	common, err := pointer(filepath.Join(dir, "commondir"), "")
	if errors.Is(err, fs.ErrNotExist) {
		return dir, nil
	}
	if err == nil {
		_, err = inside(repo, common)
	}
	return dir, err
}

// pointer reads a file that names a folder.
func pointer(file, prefix string) (string, error) {
	raw, err := readSmall(file)
	if err != nil {
		return "", err
	}
	path, ok := strings.CutPrefix(strings.TrimRight(raw, "\r\n"), prefix)
	if !ok || path == "" {
		return "", ErrNoRepository
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(file), path)
	}
	return path, nil
}

func readSmall(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxPointer {
		return "", ErrNoRepository
	}
	raw, err := os.ReadFile(file)
	return string(raw), err
}

// inside follows links and reports whether they end within the workspace.
func inside(repo Repo, path string) (string, error) {
	top, err := filepath.EvalSymlinks(repo.Path)
	if err != nil {
		return "", fmt.Errorf("look at the workspace %s: %w", repo.Name, err)
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", ErrNoRepository
	}
	if rel, err := filepath.Rel(top, real); err != nil || !filepath.IsLocal(rel) {
		return "", ErrOutside
	}
	return real, nil
}

// find locates a repository and prepares to look into it.
func (g *Git) find(ctx context.Context, repo Repo) (location, error) {
	dir, err := locate(repo)
	if err != nil {
		return location{}, err
	}
	at := location{dir: dir}
	at.unfiltered, err = g.settled(ctx, repo, at)
	return at, err
}

// settled remembers what filters are configured, as long as the files that say so are the same. To be wrong
// about it does no harm where the system keeps git from running any; elsewhere it is asked for every time.
func (g *Git) settled(ctx context.Context, repo Repo, at location) ([]string, error) {
	if !process.CanBeAlone() {
		return g.filters(ctx, repo, at)
	}
	stamp := stampOf(at)
	g.mu.Lock()
	known, ok := g.mu.filters[at.dir]
	g.mu.Unlock()
	if ok && known.stamp == stamp {
		return known.off, nil
	}
	off, err := g.filters(ctx, repo, at)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.mu.filters) >= maxRemembered {
		clear(g.mu.filters)
	}
	g.mu.filters[at.dir] = remembered{stamp, off}
	return off, nil
}

// remembered is which filters are configured, as long as the stamp is the same.
type remembered struct {
	stamp string
	off   []string
}

// maxRemembered is of how many repositories the filters are remembered.
const maxRemembered = 64

// forgetFilters makes the next look ask again: one has failed, perhaps because of a filter that a file has
// brought which is included by another.
func (g *Git) forgetFilters(at location) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.mu.filters, at.dir)
}

// stampOf changes when a file of settings does.
func stampOf(at location) string {
	home, _ := os.UserHomeDir()
	config, _ := os.UserConfigDir()
	var stamp strings.Builder
	for _, file := range []string{
		filepath.Join(at.dir, "config"), filepath.Join(at.dir, "config.worktree"), filepath.Join(at.dir, "commondir"),
		filepath.Join(home, ".gitconfig"), filepath.Join(config, "git", "config"), "/etc/gitconfig",
	} {
		if info, err := os.Stat(file); err == nil {
			fmt.Fprint(&stamp, info.Size(), " ", info.ModTime().UnixNano(), "\n")
		} else {
			stamp.WriteString("none\n")
		}
	}
	return stamp.String()
}

// maxFilters bounds the filter settings that are overruled.
const maxFilters = 256

// filters finds what filters are configured. Names cannot be guessed, and all have to be told off by name: a
// filter that must not run, and is required, would make git fail.
func (g *Git) filters(ctx context.Context, repo Repo, at location) ([]string, error) {
	var off []string
	c := call{repo: repo, at: at, what: "config", kind: look, args: []string{
		"config", "--includes", "-z", "--name-only", "--get-regexp", `^filter\..*\.(clean|smudge|process|required)$`,
	}}
	c.read = func(r *bufio.Reader) error {
		for len(off) < maxFilters {
			name, err := r.ReadString(0)
			if err != nil {
				return nil
			}
			off = append(off, overrule(strings.TrimSuffix(name, "\x00")))
		}
		return errEnough
	}
	err := g.run(ctx, c)
	var f *Failure
	if errors.As(err, &f) && f.Code == 1 { // there are none
		return nil, nil
	}
	return off, err
}

// overrule is the setting that makes a filter do nothing.
func overrule(name string) string {
	if strings.HasSuffix(name, ".required") {
		return name + "=false"
	}
	return name + "="
}

// merging reports that a merge, a revert or a cherry-pick is to be concluded by a commit.
func merging(at location) bool {
	for _, name := range []string{"MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"} {
		if _, err := os.Lstat(filepath.Join(at.dir, name)); err == nil {
			return true
		}
	}
	return false
}
