package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links may be followed on the way to a file: as many as Linux follows.
const maxLinks = 40

// resolve follows the symbolic links on the way to a path and at its end, and returns where it leads. What
// is missing at the end may still be made. Two names of one file give the same answer, so that it can be
// locked and replaced, rather than the link to it. Nothing relies on the answer being true for long: what is
// done with it goes through os.Root again.
func (f *Files) resolve(p string) (string, error) {
	todo, done, links := strings.Split(p, "/"), ".", 0
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case ".", "":
			continue
		case "..":
			if done == "." {
				return "", fmt.Errorf("%s: %w", p, ErrOutside)
			}
			done = path.Dir(done)
			continue
		}
		next := path.Join(done, name)
		if depth(next) > maxDepth {
			return "", fmt.Errorf("%s: %w", p, ErrPath)
		}
		info, err := f.root.Lstat(filepath.FromSlash(next))
		if errors.Is(err, fs.ErrNotExist) {
			return f.unmade(p, next, todo)
		}
		if err != nil {
			return "", explain(p, err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		target, err := f.root.Readlink(filepath.FromSlash(next))
		if err != nil {
			return "", explain(p, err)
		}
		target = filepath.ToSlash(target)
		if path.IsAbs(target) || filepath.IsAbs(target) {
			return "", fmt.Errorf("%s: %w", p, ErrOutside)
		}
		if links++; links > maxLinks {
			return "", fmt.Errorf("%s: %w", p, ErrLoop)
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return done, nil
}

// unmade is where a path leads whose first missing part is next.
func (f *Files) unmade(p, next string, rest []string) (string, error) {
	for _, name := range rest {
		if name == ".." {
			return "", fmt.Errorf("%s: %w", p, ErrNoFile)
		}
		next = path.Join(next, name)
	}
	return next, nil
}
