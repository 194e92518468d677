package workspace

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
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
	packed, seen := int64(0), make(map[string]bool, len(files)) // path in small letters -> it is a folder
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
		if err := claim(seen, e); err != nil {
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

// newEntry checks what an entry says of itself.
func newEntry(f *zip.File) (entry, error) {
	name := f.Name
	p, isFolder := strings.CutSuffix(name, "/")
	switch {
	case !utf8.ValidString(name):
		return entry{}, &ArchiveError{name, "has a name that is not UTF-8"}
	case strings.Contains(name, `\`):
		return entry{}, &ArchiveError{name, "has a backslash in its name; zip archives have slashes"}
	case strings.HasPrefix(name, "/"), len(name) > 1 && name[1] == ':':
		return entry{}, &ArchiveError{name, "has an absolute path"}
	}
	p = strings.TrimPrefix(p, "./")
	if err := checkFile(p); err != nil {
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

// claim gives an entry its name, which no other may have, nor may a file be where another wants a folder.
// Names that differ only in their letters' size are one on some systems, and taken for one here.
func claim(seen map[string]bool, e entry) error {
	key := strings.ToLower(e.path)
	if wasFolder, taken := seen[key]; taken && (!wasFolder || !e.isFolder) {
		return &ArchiveError{e.path, "is there twice, or once as a file and once as a folder"}
	}
	seen[key] = e.isFolder
	for at := path.Dir(key); at != "."; at = path.Dir(at) {
		wasFolder, taken := seen[at]
		if taken && !wasFolder {
			return &ArchiveError{e.path, "is in a folder that is a file, too"}
		}
		if taken {
			break
		}
		seen[at] = true
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
