package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"
)

// Errors about files that callers tell apart. They come wrapped, after the path they are about.
var (
	ErrPath       = errors.New("a path is relative to the workspace, in UTF-8, at most 4096 bytes and 100 names long, with single slashes between names, and without \".\" and \"..\"")
	ErrReserved   = errors.New("names beginning with \"" + PartPrefix + "\" are kept for files that are being written")
	ErrNoFile     = errors.New("there is no such file or folder")
	ErrIsFolder   = errors.New("this is a folder")
	ErrNotFolder  = errors.New("this, or something on the way to it, is not a folder")
	ErrSpecial    = errors.New("this is neither a file nor a folder (a pipe, a socket or a device)")
	ErrOutside    = errors.New("this leads outside the workspace, by way of a symbolic link")
	ErrLoop       = errors.New("the symbolic links on the way lead back to themselves, or are more than 40")
	ErrFileExists = errors.New("this exists already")
	ErrPermission = errors.New("the system does not let the server do this")
	ErrMoved      = errors.New("its folder was moved or removed meanwhile")
	ErrInto       = errors.New("a folder cannot be moved into itself")
	ErrFull       = errors.New("the disk is full: nothing was changed; delete something")
	ErrTooLong    = errors.New("a name has 255 bytes at most")
)

// ChangedError says that a file is not what the caller last saw.
type ChangedError struct {
	Path string
	ETag string // of the file as it is now; "" when there is none
}

func (e *ChangedError) Error() string {
	if e.ETag == "" {
		return e.Path + ": this was removed meanwhile"
	}
	return e.Path + ": this was changed meanwhile"
}

// Files are the files of one workspace. Paths have slashes and are relative to it. All methods may be called
// concurrently. Close it after use.
type Files struct {
	Workspace
	set  *Set
	root *os.Root
}

// Files opens a workspace's files.
func (s *Set) Files(n string) (*Files, error) {
	w, err := s.Get(n)
	if err != nil {
		return nil, err
	}
	root, err := s.openRoot(w)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("open workspace %s: %w", n, err)
	}
	return &Files{Workspace: w, set: s, root: root}, nil
}

// Close releases the folder.
func (f *Files) Close() error { return f.root.Close() }

// Bounds of a path. What is deeper in a workspace is out of reach: os.Root opens one folder after the other.
const (
	maxPath  = 4096 // bytes: what Linux takes in one call
	maxDepth = 100  // names
)

// depth is how many names a path has.
func depth(path string) int { return 1 + strings.Count(path, "/") }

// check reports what is wrong with a path. The workspace itself is ".".
func check(path string) error {
	if !fs.ValidPath(path) || len(path) > maxPath || depth(path) > maxDepth || strings.ContainsRune(path, 0) {
		return fmt.Errorf("%s: %w", shown(path), ErrPath)
	}
	for name := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(name, PartPrefix) {
			return fmt.Errorf("%s: %w", path, ErrReserved)
		}
	}
	if _, err := filepath.Localize(path); err != nil {
		return fmt.Errorf("%s: %w", path, ErrPath)
	}
	return nil
}

// checkFile is check for what cannot be the workspace itself.
func checkFile(path string) error {
	if path == "." {
		return fmt.Errorf("%s: %w", path, ErrPath)
	}
	return check(path)
}

// shown is a path that may be anything, as far as it is fit for a message.
func shown(path string) string {
	const longest = 200
	if len(path) > longest {
		path = path[:longest] + "…"
	}
	if path == "" || !utf8.ValidString(path) || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' }) {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// explain says what a system's error means for a path.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []struct{ system, ours error }{
		{fs.ErrNotExist, ErrNoFile}, {fs.ErrExist, ErrFileExists}, {fs.ErrPermission, ErrPermission},
		{syscall.ENOTDIR, ErrNotFolder}, {syscall.EISDIR, ErrIsFolder}, {syscall.ENAMETOOLONG, ErrTooLong},
		{syscall.ENOSPC, ErrFull}, {syscall.EDQUOT, ErrFull}, {syscall.ELOOP, ErrLoop}, {syscall.EINVAL, ErrPath},
	} {
		if errors.Is(err, known.system) {
			return fmt.Errorf("%s: %w", shown(path), known.ours)
		}
	}
	if strings.Contains(err.Error(), "path escapes from parent") { // os keeps this error to itself
		return fmt.Errorf("%s: %w", shown(path), ErrOutside)
	}
	return fmt.Errorf("%s: %w", shown(path), err)
}
