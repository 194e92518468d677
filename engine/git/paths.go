package git

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// ErrPath says that a path cannot be.
var ErrPath = errors.New("a path is relative to the workspace, with slashes, without “..”, and not in .git")

// Bounds of what is named in one request.
const (
	maxPaths     = 5000
	maxPathBytes = 1 << 20 // of all
)

// checkPaths reports the first path that leads outside of the workspace, or into the repository's own files.
func checkPaths(paths []string, whole bool) error {
	size := 0
	for _, p := range paths {
		size += len(p) + 1
		if p == "" && whole {
			continue
		}
		if !local(p) {
			return fmt.Errorf("%q: %w", p, ErrPath)
		}
	}
	if len(paths) > maxPaths || size > maxPathBytes {
		return fmt.Errorf("%d paths are too many at once, %d go: %w", len(paths), maxPaths, ErrPath)
	}
	return nil
}

// local reports whether a path stays in the workspace, whatever its file system makes of case and of names
// such as "git~1" and ".git " that some take for ".git".
func local(p string) bool {
	if p == "" || strings.ContainsRune(p, 0) || path.IsAbs(p) || path.Clean(p) != strings.TrimSuffix(p, "/") {
		return false
	}
	for part := range strings.FieldsFuncSeq(p, func(r rune) bool { return r == '/' || r == '\\' }) {
		name := strings.ToLower(strings.TrimRight(part, ". "))
		if part == ".." || name == ".git" || name == "git~1" {
			return false
		}
	}
	return true
}
