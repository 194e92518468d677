package workspace

import (
	"context"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// walk goes through a workspace's files, a folder at a time, in the order of their names. Symbolic links are
// not followed, nor are they visited. What cannot be read is passed over.
type walk struct {
	files *Files
	// enter reports whether to look into a folder; nil for those that the rules do not ignore.
	enter func(p string, r *rules) bool
	// visit is told of a file; an error ends the walk.
	visit func(p string, r *rules) error

	truncated bool // there was a folder with more than maxFolder entries
}

// maxFolder is how many entries of one folder a walk sees.
const maxFolder = 50_000

func (w *walk) run(ctx context.Context) error { return w.in(ctx, ".", nil) }

func (w *walk) in(ctx context.Context, folder string, above *rules) error {
	entries, more := w.files.names(folder)
	w.truncated = w.truncated || more
	r := w.files.rulesIn(folder, above)
	for _, d := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p := joined(folder, d.Name())
		switch {
		case d.Name() == ".git":
		case d.IsDir() && w.enters(p, r):
			if err := w.in(ctx, p, r); err != nil {
				return err
			}
		case d.Type().IsRegular():
			if err := w.visit(p, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walk) enters(p string, r *rules) bool {
	if w.enter != nil {
		return w.enter(p, r)
	}
	return !r.ignores(p, true)
}

// names are a folder's entries in the order of their names, without parts, and whether there are more.
func (f *Files) names(folder string) (entries []fs.DirEntry, more bool) {
	if depth(folder) >= maxDepth {
		return nil, true
	}
	d, err := f.root.OpenFile(filepath.FromSlash(folder), openNow, 0)
	if err != nil {
		return nil, false
	}
	defer d.Close()
	entries, _ = d.ReadDir(maxFolder)
	if len(entries) == maxFolder {
		rest, _ := d.ReadDir(1)
		more = len(rest) > 0
	}
	entries = slices.DeleteFunc(entries, func(d fs.DirEntry) bool {
		if strings.HasPrefix(d.Name(), PartPrefix) {
			f.sweepLeftover(joined(folder, d.Name()))
			return true
		}
		return false
	})
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, more
}
