package workspace

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Written is a file after it was written.
type Written struct {
	Path     string
	Size     int64
	Modified time.Time
	ETag     string
	Created  bool // there was none before
}

// Write puts a file in its place in one step, with what is read from body, of any length; size is that
// length, or -1. Until then, and when anything fails, what was there before stays as it was. Folders on the
// way are made. A symbolic link stays, and its target is written.
//
// The condition is checked once the new content is on disk, just before it takes the place: of any number
// of writers with one ETag exactly one succeeds. A program that changes the file behind the server's back
// can still come between the check and the step, which are some microseconds apart.
func (f *Files) Write(p string, body io.Reader, size int64, c Condition) (Written, error) {
	if err := checkFile(p); err != nil {
		return Written{}, err
	}
	real, err := f.resolve(p)
	if err != nil {
		return Written{}, err
	}
	if err := f.acceptable(p, real, size, c); err != nil {
		return Written{}, err
	}
	made, err := f.makeFolders(path.Dir(real))
	if err != nil {
		return Written{}, err
	}
	w, err := f.writePart(p, real, body, c)
	if err != nil {
		f.unmake(made)
		return Written{}, err
	}
	f.sync(path.Dir(real), len(made))
	return w, nil
}

// acceptable refuses what is bound to fail before it is taken in.
func (f *Files) acceptable(p, real string, size int64, c Condition) error {
	info, etag, err := f.current(real)
	if err != nil {
		return err
	}
	if info != nil {
		if err := regular(info); err != nil {
			return wrap(p, err)
		}
	}
	if err := c.met(p, etag); err != nil {
		return err
	}
	if err := f.room(max(0, size)); err != nil {
		return wrap(p, err)
	}
	return nil
}

// writePart writes the new content beside its place, and puts it there.
func (f *Files) writePart(p, real string, body io.Reader, c Condition) (Written, error) {
	part, err := f.newPart(path.Dir(real))
	if err != nil {
		return Written{}, err
	}
	defer part.discard()
	file, err := f.root.OpenFile(part.local(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return Written{}, explain(p, err)
	}
	info, err := fill(&sink{file: file, room: f.room}, body)
	if err = errors.Join(err, file.Close()); err != nil {
		return Written{}, explain(p, err)
	}
	awaitTick(info.ModTime()) // what is changed once it is in place has a later time
	w := Written{Path: p, Size: info.Size(), Modified: info.ModTime(), ETag: etagOf(info)}
	w.Created, err = f.place(part, p, real, c)
	return w, err
}

// fill copies what is uploaded into a part, and sees it to the disk.
func fill(s *sink, body io.Reader) (fs.FileInfo, error) {
	buf := make([]byte, copySize)
	if _, err := io.CopyBuffer(s, onlyReader{body}, buf); err != nil {
		return nil, err
	}
	if err := s.file.Sync(); err != nil {
		return nil, err
	}
	return s.file.Stat()
}

// copySize bounds what an upload holds in memory.
const copySize = 64 << 10

// onlyReader hides what else a reader can do, so that io.CopyBuffer uses the buffer it is given.
type onlyReader struct{ io.Reader }

// place is the step: it checks the condition and gives the part its name.
func (f *Files) place(part *part, p, real string, c Condition) (created bool, err error) {
	defer f.lock(real)()
	info, etag, err := f.current(real)
	if err != nil {
		return false, err
	}
	if err := c.met(p, etag); err != nil {
		return false, err
	}
	if info == nil {
		return true, f.placeNew(part, p, real, c)
	}
	if err := regular(info); err != nil { // it became one meanwhile
		return false, wrap(p, err)
	}
	if err := f.root.Chmod(part.local(), info.Mode().Perm()); err != nil {
		return false, f.displaced(p, err)
	}
	return false, f.displaced(p, f.root.Rename(part.local(), filepath.FromSlash(real)))
}

// placeNew takes a place that was free a moment ago.
func (f *Files) placeNew(part *part, p, real string, c Condition) error {
	err := f.renameNew(part.path, real)
	switch {
	case errors.Is(err, fs.ErrExist) && c == (Condition{}):
		err = f.root.Rename(part.local(), filepath.FromSlash(real))
	case errors.Is(err, fs.ErrExist):
		_, etag, _ := f.current(real)
		return &ChangedError{Path: p, ETag: etag}
	}
	return f.displaced(p, err)
}

// displaced explains why a part could not be given its name: the folder it was written in is not there.
func (f *Files) displaced(p string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return wrap(p, ErrMoved)
	}
	return explain(p, err)
}

// makeFolders makes a folder and those above it, and returns the ones that were missing, topmost first.
func (f *Files) makeFolders(folder string) (made []string, err error) {
	for at := folder; at != "."; at = path.Dir(at) {
		info, err := f.root.Stat(filepath.FromSlash(at))
		if err == nil && !info.IsDir() {
			return nil, wrap(at, ErrNotFolder)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, explain(at, err)
		}
		made = append([]string{at}, made...)
	}
	for i, at := range made {
		if err := f.root.Mkdir(filepath.FromSlash(at), 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
			f.unmake(made[:i])
			return nil, explain(at, err)
		}
	}
	return made, nil
}

// unmake removes folders that were made for nothing, unless something else is in them by now.
func (f *Files) unmake(made []string) {
	for i := len(made) - 1; i >= 0; i-- {
		if f.root.Remove(filepath.FromSlash(made[i])) != nil {
			return
		}
	}
}

// sync sees a folder's names to the disk, and those of so many folders above it. Where folders cannot be
// synced, the system does it in its own time.
func (f *Files) sync(folder string, above int) {
	for ; above >= 0; folder, above = path.Dir(folder), above-1 {
		if d, err := f.root.Open(filepath.FromSlash(folder)); err == nil {
			_ = d.Sync()
			d.Close()
		}
	}
}

// sink is a part being filled. Long ones are seen to the disk as they come and do not stay in memory: what
// is not on disk yet counts against the container's limit and cannot be dropped.
type sink struct {
	file    *os.File
	room    func(bytes int64) error
	written int64
	begun   int64 // up to where writing to disk was begun
	checked int64 // up to where there was room on disk when we looked
}

// window is how much may be on its way to the disk, twice: as it comes, and as it is being written.
const window = 4 << 20

func (s *sink) Write(b []byte) (int, error) {
	if s.written+int64(len(b)) > s.checked {
		if err := s.room(window); err != nil {
			return 0, err
		}
		s.checked = s.written + window
	}
	n, err := s.file.Write(b)
	s.written += int64(n)
	if err == nil && s.written >= s.begun+window {
		writeBehind(s.file, s.begun, s.written)
		s.begun = s.written
	}
	if err == nil && n < len(b) {
		err = fmt.Errorf("%w: %d of %d bytes", io.ErrShortWrite, n, len(b))
	}
	return n, err
}
