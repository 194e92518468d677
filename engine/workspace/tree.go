package workspace

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is what something in a folder is.
type Kind string

// The kinds.
const (
	KindFile    Kind = "file"
	KindFolder  Kind = "dir"
	KindSymlink Kind = "symlink"
	KindOther   Kind = "other" // a pipe, socket or device, or a name that is not UTF-8: it cannot be opened here
)

// Entry is one thing in a folder.
type Entry struct {
	Name     string
	Path     string
	Kind     Kind
	Size     int64
	Modified time.Time
	Target   string // of a symbolic link, as it stands there
}

// Listing is one level of a folder.
type Listing struct {
	Path      string
	Entries   []Entry // folders first, then by name
	Truncated bool    // there are more than MaxEntries
}

// MaxEntries is how many entries of a folder are listed: the first ones.
const MaxEntries = 5000

// List lists a folder; "." is the workspace.
func (f *Files) List(ctx context.Context, p string) (Listing, error) {
	if err := check(p); err != nil {
		return Listing{}, err
	}
	first, more, err := f.first(ctx, p, MaxEntries)
	if err != nil {
		return Listing{}, err
	}
	l := Listing{Path: p, Truncated: more, Entries: make([]Entry, 0, len(first))}
	for _, d := range first {
		if e, ok := f.entry(p, d); ok {
			l.Entries = append(l.Entries, e)
		}
	}
	return l, nil
}

// first returns the entries of a folder that come first, and whether there are more. It never holds more
// than twice as many.
func (f *Files) first(ctx context.Context, p string, limit int) (entries []fs.DirEntry, more bool, err error) {
	folder, err := f.root.OpenFile(filepath.FromSlash(p), openNow, 0)
	if err != nil {
		return nil, false, explain(p, err)
	}
	defer folder.Close()
	for {
		batch, err := folder.ReadDir(min(limit, 1024))
		for _, d := range batch {
			if strings.HasPrefix(d.Name(), PartPrefix) {
				f.sweepLeftover(joined(p, d.Name()))
				continue
			}
			entries = append(entries, d)
		}
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return nil, false, explain(p, err)
		}
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		if end || len(entries) >= 2*limit {
			slices.SortFunc(entries, compareEntries)
			if len(entries) > limit {
				entries, more = slices.Delete(entries, limit, len(entries)), true
			}
		}
		if end {
			return entries, more, nil
		}
	}
}

// compareEntries puts folders first, and then goes by name without regard to case.
func compareEntries(a, b fs.DirEntry) int {
	if a.IsDir() != b.IsDir() {
		if a.IsDir() {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name())), cmp.Compare(a.Name(), b.Name()))
}

// sweepLeftover removes a part that nobody is writing any more.
func (f *Files) sweepLeftover(p string) {
	if f.set.parts.leftover(p[strings.LastIndexByte(p, '/')+1:]) {
		_ = f.root.RemoveAll(filepath.FromSlash(p)) // the next look tries again
	}
}

// entry looks at something in a folder; false when it is gone.
func (f *Files) entry(folder string, d fs.DirEntry) (Entry, bool) {
	e := Entry{Name: d.Name(), Path: joined(folder, d.Name()), Kind: kindOf(d.Type())}
	info, err := f.root.Lstat(filepath.FromSlash(e.Path))
	if err != nil {
		return e, false
	}
	e.Kind, e.Size, e.Modified = kindOf(info.Mode()), info.Size(), info.ModTime()
	if e.Kind == KindSymlink {
		e.Target, _ = f.root.Readlink(filepath.FromSlash(e.Path))
		e.Target = strings.ToValidUTF8(filepath.ToSlash(e.Target), "\uFFFD")
	}
	if !utf8.ValidString(e.Name) {
		e.Kind, e.Name, e.Path = KindOther, strings.ToValidUTF8(e.Name, "\uFFFD"), strings.ToValidUTF8(e.Path, "\uFFFD")
	}
	return e, true
}

func kindOf(m fs.FileMode) Kind {
	switch {
	case m.IsRegular():
		return KindFile
	case m.IsDir():
		return KindFolder
	case m&fs.ModeSymlink != 0:
		return KindSymlink
	}
	return KindOther
}
