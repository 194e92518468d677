package workspace

import (
	"archive/zip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Imported says what an import has brought.
type Imported struct {
	Files   int
	Bytes   int64
	Links   int      // symbolic links that were left out
	LeftOut []string // the first of them
}

// ArchiveError says why an archive is not imported. Nothing of it is in the workspace then.
type ArchiveError struct {
	Entry string // "" for the archive as a whole
	Why   string
}

func (e *ArchiveError) Error() string {
	if e.Entry == "" {
		return "the archive " + e.Why
	}
	return fmt.Sprintf("the archive's entry %s %s", shown(e.Entry), e.Why)
}

// PartlyError says that an import ended before everything was in its place.
type PartlyError struct {
	Files, Of int // so many are in place, each of them whole
	Err       error
}

func (e *PartlyError) Error() string {
	return fmt.Sprintf("%d of %d files are in place, then: %v", e.Files, e.Of, e.Err)
}

func (e *PartlyError) Unwrap() error { return e.Err }

// Import unpacks a zip archive of any size into the workspace. What is there already is in the way (a
// wrapped ErrFileExists), unless files are to be overwritten by files. Symbolic links are left out.
//
// The archive is put on disk, checked as a whole, unpacked aside, and only then moved into place: whatever is
// wrong with it, nothing is changed.
func (f *Files) Import(ctx context.Context, body io.Reader, size int64, overwrite bool) (Imported, error) {
	leave, err := f.set.imports.enter(ctx)
	if err != nil {
		return Imported{}, err
	}
	defer leave()
	if err := f.set.room(max(0, size)); err != nil {
		return Imported{}, err
	}
	spool, length, err := f.spool(body)
	if err != nil {
		return Imported{}, err
	}
	defer spool.discard()
	a, err := openArchive(spool.file, length)
	if err != nil {
		return Imported{}, err
	}
	if err := f.room(a.bytes); err != nil {
		return Imported{}, err
	}
	if err := f.free(a, overwrite); err != nil {
		return Imported{}, err
	}
	part, err := f.newPart(".")
	if err != nil {
		return Imported{}, err
	}
	defer part.discard()
	if err := f.unpack(ctx, a, part); err != nil {
		return Imported{}, err
	}
	return a.imported(), f.moveIn(a, part, overwrite)
}

// spool is an upload on disk.
type spool struct {
	file *os.File
	set  *Set
	name string
}

func (f *Files) spool(body io.Reader) (*spool, int64, error) {
	s := &spool{set: f.set, name: filepath.Join(notesFolder, rand.Text()+".zip")}
	file, err := f.set.root.OpenFile(s.name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("put the archive on disk: %w", err)
	}
	s.file = file
	n, err := io.CopyBuffer(&sink{file: file, room: f.set.room}, onlyReader{body}, make([]byte, copySize))
	if err != nil {
		s.discard()
		return nil, 0, explain("the archive", err)
	}
	return s, n, nil
}

func (s *spool) discard() {
	s.file.Close()
	_ = s.set.root.Remove(s.name) // the next start tries again
}

// free reports what is in the way of an archive's entries.
func (f *Files) free(a *archive, overwrite bool) error {
	for _, e := range a.entries {
		info, err := f.root.Lstat(filepath.FromSlash(e.path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return explain(e.path, err)
		case e.isFolder != info.IsDir(), !e.isFolder && (!overwrite || !info.Mode().IsRegular()):
			return wrap(e.path, ErrFileExists)
		}
	}
	return nil
}

// maxLoose is how many bytes of an import may not be on disk yet.
const maxLoose = 32 << 20

// unpack puts an archive's files into a part, under numbers: their places are made when they are moved in.
func (f *Files) unpack(ctx context.Context, a *archive, part *part) error {
	if err := f.root.Mkdir(part.local(), 0o700); err != nil {
		return explain("the archive", err)
	}
	if a.alike != nil && !f.tellsCase(part) {
		return a.alike
	}
	buf := make([]byte, copySize)
	loose := int64(0) // bytes that may not be on disk yet
	for i, e := range a.entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if e.isFolder {
			continue
		}
		if err := f.unpackOne(ctx, e, part.member(i), buf); err != nil {
			return err
		}
		if loose += e.size; loose >= maxLoose {
			f.syncAll()
			loose = 0
		}
	}
	f.syncAll()
	return nil
}

// tellsCase reports that the file system tells capital from small letters: then it has a part, which is there, by its
// own name only.
func (f *Files) tellsCase(part *part) bool {
	_, err := f.root.Lstat(strings.ToLower(part.local()))
	return errors.Is(err, fs.ErrNotExist)
}

// member is the path in a part of an archive's entry.
func (p *part) member(i int) string { return path.Join(p.path, fmt.Sprint(i)) }

func (f *Files) unpackOne(ctx context.Context, e entry, to string, buf []byte) error {
	from, err := e.file.Open()
	if err != nil {
		return &ArchiveError{e.path, "cannot be read: " + err.Error()}
	}
	defer from.Close()
	file, err := f.root.OpenFile(filepath.FromSlash(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, e.mode)
	if err != nil {
		return explain(e.path, err)
	}
	defer file.Close()
	s := &sink{file: file, room: f.room}
	n, err := io.CopyBuffer(s, whileWanted{ctx, io.LimitReader(from, e.size+1)}, buf)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, io.ErrUnexpectedEOF), isCorrupt(err):
		return &ArchiveError{e.path, "is damaged: " + err.Error()}
	case err != nil:
		return explain(e.path, err)
	case n != e.size:
		return &ArchiveError{e.path, fmt.Sprintf("has not the %d bytes it should have", e.size)}
	}
	return explain(e.path, file.Close())
}

// moveIn gives an archive's files and folders their places.
func (f *Files) moveIn(a *archive, part *part, overwrite bool) error {
	done := 0
	for i, e := range a.entries {
		if err := f.moveOneIn(e, part.member(i), overwrite); err != nil {
			return &PartlyError{done, a.files, err}
		}
		if !e.isFolder {
			done++
		}
	}
	f.sync(".", 0)
	return nil
}

func (f *Files) moveOneIn(e entry, from string, overwrite bool) error {
	folder := e.path
	if !e.isFolder {
		folder = path.Dir(e.path)
	}
	if _, err := f.makeFolders(folder); err != nil || e.isFolder {
		return err
	}
	if err := f.move(from, e.path, overwrite); err != nil {
		return explain(e.path, err)
	}
	return nil
}
