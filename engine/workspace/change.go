package workspace

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Delete removes a file, or a folder with all that is in it. A symbolic link goes, and not its target.
func (f *Files) Delete(p string, c Condition) error {
	if err := checkFile(p); err != nil {
		return err
	}
	place, err := f.spot(p)
	if err != nil {
		return err
	}
	defer f.lock(place)()
	info, etag, err := f.current(place)
	switch {
	case err != nil:
		return err
	case info == nil:
		return wrap(p, ErrNoFile)
	}
	if err := c.met(p, etag); err != nil {
		return err
	}
	if err := f.root.RemoveAll(filepath.FromSlash(place)); err != nil {
		return explain(p, err)
	}
	f.sync(path.Dir(place), 0)
	return nil
}

// spot follows the links on the way to a path, and not one at its end.
func (f *Files) spot(p string) (string, error) {
	folder, err := f.resolve(path.Dir(p))
	return path.Join(folder, path.Base(p)), err
}

// MakeFolder makes a folder, and those above it.
func (f *Files) MakeFolder(p string) error {
	if err := checkFile(p); err != nil {
		return err
	}
	place, err := f.resolve(p)
	if err != nil {
		return err
	}
	made, err := f.makeFolders(place)
	switch {
	case errors.Is(err, ErrNotFolder) && f.isFile(place):
		return wrap(p, ErrFileExists)
	case err != nil:
		return err
	case len(made) == 0:
		return wrap(p, ErrFileExists)
	}
	f.sync(path.Dir(place), len(made))
	return nil
}

func (f *Files) isFile(p string) bool {
	info, err := f.root.Lstat(filepath.FromSlash(p))
	return err == nil && !info.IsDir()
}

// Move gives a file or folder another path, and makes the folders on the way. What is there already is in
// the way, unless it is a file to be overwritten by a file.
func (f *Files) Move(from, to string, overwrite bool) error {
	if err := errors.Join(checkFile(from), checkFile(to)); err != nil {
		return err
	}
	a, err := f.spot(from)
	if err != nil {
		return err
	}
	b, err := f.spot(to)
	if err != nil {
		return err
	}
	if strings.HasPrefix(b, a+"/") {
		return wrap(from, ErrInto)
	}
	if info, _, err := f.current(a); err != nil || info == nil {
		return cmpErr(err, wrap(from, ErrNoFile))
	}
	made, err := f.makeFolders(path.Dir(b))
	if err != nil {
		return err
	}
	if err := f.move(a, b, overwrite); err != nil {
		f.unmake(made)
		return f.moving(from, to, err)
	}
	f.sync(path.Dir(b), len(made))
	f.sync(path.Dir(a), 0)
	return nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (f *Files) move(a, b string, overwrite bool) error {
	defer f.lock(a, b)()
	err := f.renameNew(a, b)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	from, _, err := f.current(a)
	if err != nil || from == nil {
		return cmpErr(err, ErrNoFile)
	}
	to, _, err := f.current(b)
	switch {
	case err != nil:
		return err
	case to != nil && a != b && os.SameFile(from, to) && (!f.listed(a) || !f.listed(b)): // one name in other letters, where their size does not count
	case to != nil && (!overwrite || to.IsDir() || from.IsDir()):
		return ErrFileExists
	case to != nil && a != b && os.SameFile(from, to): // a hard link, which the system does not move onto its like
		return f.root.Remove(filepath.FromSlash(a))
	}
	return f.root.Rename(filepath.FromSlash(a), filepath.FromSlash(b))
}

// listed reports whether a folder has a name in just these letters.
func (f *Files) listed(p string) bool {
	dir, err := f.root.Open(filepath.FromSlash(path.Dir(p)))
	if err != nil {
		return false
	}
	defer dir.Close()
	for {
		names, err := dir.Readdirnames(256)
		if slices.Contains(names, path.Base(p)) {
			return true
		}
		if err != nil {
			return false
		}
	}
}

// moving explains why a move failed; the path is the one that is in the way, or missing.
func (f *Files) moving(from, to string, err error) error {
	switch {
	case errors.Is(err, ErrFileExists):
		return wrap(to, ErrFileExists)
	case errors.Is(err, syscall.EINVAL):
		return wrap(from, ErrInto)
	}
	return explain(from, err)
}

// renameFree is renameNew in two steps, for systems that have no such step.
func (f *Files) renameFree(from, to string) error {
	if _, err := f.root.Lstat(filepath.FromSlash(to)); err == nil {
		return fs.ErrExist
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.root.Rename(filepath.FromSlash(from), filepath.FromSlash(to))
}
