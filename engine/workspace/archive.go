package workspace

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Bounds of an archive. Its list of entries is in memory while it is imported: some 400 bytes for each.
const (
	maxArchived  = 100_000   // entries
	maxDirectory = 10 << 20  // bytes of the list as it stands in the archive
	maxRatio     = 200       // how many times larger all is when unpacked
	trusted      = 100 << 20 // bytes up to which the ratio does not matter
	maxLeftOut   = 20        // names of what was left out
)

// archive is a zip archive that has been looked at: none of its entries leads outside, and together they are
// no larger than they may be.
type archive struct {
	entries []entry
	alike   error // what is wrong where capital and small letters are not told apart
	files   int
	bytes   int64
	links   int
	leftOut []string
}

type entry struct {
	file     *zip.File
	path     string
	isFolder bool
	size     int64
	mode     fs.FileMode
}

// openArchive reads an archive's list of entries, and checks it. What is wrong is an *ArchiveError.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	limited := &limitedReaderAt{ReaderAt: r, left: maxDirectory}
	z, err := zip.NewReader(limited, size)
	switch {
	case limited.left < 0:
		return nil, &ArchiveError{Why: "has too long a list of entries"}
	case err != nil:
		return nil, &ArchiveError{Why: "cannot be read as a zip archive: " + err.Error()}
	case len(z.File) > maxArchived:
		return nil, &ArchiveError{Why: fmt.Sprintf("has %d entries; 100,000 are the most", len(z.File))}
	}
	limited.open = true // what is in the entries is not the list
	a := &archive{}
	if err := a.fill(z.File, size); err != nil {
		return nil, err
	}
	return a, nil
}

// limitedReaderAt fails when more is read than the list of entries may have, until it is opened.
type limitedReaderAt struct {
	io.ReaderAt
	left int64
	open bool
}

func (l *limitedReaderAt) ReadAt(b []byte, at int64) (int, error) {
	if l.open {
		return l.ReaderAt.ReadAt(b, at)
	}
	if l.left -= int64(len(b)); l.left < 0 {
		return 0, errors.New("too long")
	}
	return l.ReaderAt.ReadAt(b, at)
}

func (a *archive) fill(files []*zip.File, size int64) error {
	packed, seen := int64(0), make(claims, len(files))
	for _, f := range files {
		e, err := newEntry(f)
		if err != nil {
			return err
		}
		if f.Mode()&fs.ModeSymlink != 0 {
			if a.links++; len(a.leftOut) < maxLeftOut {
				a.leftOut = append(a.leftOut, e.path)
			}
			continue
		}
		if err := a.claim(seen, e); err != nil {
			return err
		}
		if !e.isFolder {
			a.files++
		}
		a.bytes += e.size
		packed += int64(f.CompressedSize64)
		// Entries that overlap are how a small archive unpacks to anything.
		if packed < 0 || packed > size || a.bytes < 0 {
			return &ArchiveError{e.path, "is not where it says: the entries are larger than the archive"}
		}
		a.entries = append(a.entries, e)
	}
	if a.bytes > trusted && a.bytes/maxRatio > size {
		return &ArchiveError{Why: fmt.Sprintf("unpacks to %d MB, which is more than 200 times its size", a.bytes>>20)}
	}
	return nil
}

// ofUnix reports that an entry was made on a system where names have any bytes but slashes, and that this is one,
// too. Elsewhere a backslash may stand between names, and what is not UTF-8 in any code page.
func ofUnix(f *zip.File) bool {
	const unix = 3
	return f.CreatorVersion>>8 == unix && filepath.Separator == '/'
}

// newEntry checks what an entry says of itself.
func newEntry(f *zip.File) (entry, error) {
	name := f.Name
	p, isFolder := strings.CutSuffix(name, "/")
	switch {
	case strings.HasPrefix(name, "/"):
		return entry{}, &ArchiveError{name, "has an absolute path"}
	case ofUnix(f):
	case !utf8.ValidString(name):
		return entry{}, &ArchiveError{name, "has a name that is not UTF-8"}
	case strings.Contains(name, `\`):
		return entry{}, &ArchiveError{name, "has a backslash in its name; zip archives have slashes"}
	case len(name) > 1 && name[1] == ':':
		return entry{}, &ArchiveError{name, "has an absolute path"}
	}
	p = strings.TrimPrefix(p, "./")
	// A name that is not UTF-8 is all right if it was with other letters in those places.
	if err := checkFile(strings.ToValidUTF8(p, "\uFFFD")); err != nil || len(p) > maxPath {
		return entry{}, &ArchiveError{name, "has a name that cannot be or leads outside"}
	}
	mode := f.Mode()
	switch {
	case f.Flags&1 != 0:
		return entry{}, &ArchiveError{name, "is encrypted"}
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return entry{}, &ArchiveError{name, fmt.Sprintf("is packed by method %d; stored and deflated ones can be read", f.Method)}
	case f.UncompressedSize64 > 1<<50 || f.CompressedSize64 > 1<<50:
		return entry{}, &ArchiveError{name, "is too large"}
	case mode&fs.ModeSymlink == 0 && !mode.IsRegular() && !mode.IsDir():
		return entry{}, &ArchiveError{name, "is neither a file nor a folder"}
	case isFolder != mode.IsDir(), isFolder && f.UncompressedSize64 != 0:
		return entry{}, &ArchiveError{name, "says both that it is a folder and that it is none"}
	}
	return entry{file: f, path: p, isFolder: isFolder, size: int64(f.UncompressedSize64), mode: mode.Perm()&0o755 | 0o600}, nil
}

// claims are the names that entries have, and their folders. The first of those that differ only in capital and
// small letters is under its name in small letters; the others are under a slash and their name.
type claims map[string]claimed

type claimed struct {
	path     string
	isFolder bool
}

// find returns the key of a path, what is there already, and another path that is the same in small letters; their
// paths are empty when there is none.
func (c claims) find(path string) (key string, there, alike claimed) {
	key = strings.ToLower(path)
	first := c[key]
	if first.path == "" || first.path == path {
		return key, first, claimed{}
	}
	key = "/" + path
	return key, c[key], first
}

// claim gives an entry its name, which no other may have, nor may a file be where another wants a folder. Where
// names differ only in capital and small letters, it depends on the file system whether they are one.
func (a *archive) claim(seen claims, e entry) error {
	for p, isFolder := e.path, e.isFolder; p != "."; p, isFolder = path.Dir(p), true {
		key, there, alike := seen.find(p)
		if there.isFolder && p != e.path {
			break // and those above are there, too
		}
		switch {
		case there.path != "" && p != e.path:
			return &ArchiveError{e.path, "is in a folder that is a file, too"}
		case there.path != "" && (!there.isFolder || !isFolder):
			return &ArchiveError{e.path, "is there twice, or once as a file and once as a folder"}
		case alike.path != "" && (!alike.isFolder || !isFolder) && a.alike == nil:
			a.alike = &ArchiveError{p, "differs only in case from " + shown(alike.path) + ", and the workspace's file system takes the two for one"}
		}
		seen[key] = claimed{p, isFolder}
	}
	if len(seen) > 2*maxArchived {
		return &ArchiveError{Why: "has too many folders"}
	}
	return nil
}

func (a *archive) imported() Imported {
	return Imported{Files: a.files, Bytes: a.bytes, Links: a.links, LeftOut: a.leftOut}
}

// isCorrupt reports that packed data is not well formed.
func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}
