package workspace

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// File is a file opened for reading.
type File struct {
	*os.File
	Path     string
	Size     int64
	Modified time.Time
	ETag     string
}

// Open opens a file to be read. It never waits for one, as opening a pipe would.
func (f *Files) Open(p string) (*File, error) {
	if err := checkFile(p); err != nil {
		return nil, err
	}
	file, err := f.openFile(p)
	if err != nil {
		return nil, err
	}
	info, etag, err := settled(file)
	if err != nil {
		file.Close()
		return nil, explain(p, err)
	}
	return &File{File: file, Path: p, Size: info.Size(), Modified: info.ModTime(), ETag: etag}, nil
}

// openFile opens what must be a regular file.
func (f *Files) openFile(p string) (*os.File, error) {
	file, err := f.root.OpenFile(filepath.FromSlash(p), os.O_RDONLY|openNow, 0)
	if err != nil {
		return nil, f.opening(p, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = regular(info)
	}
	if err != nil {
		file.Close()
		return nil, explain(p, err)
	}
	return file, nil
}

// opening explains why a file could not be opened: some that are no files refuse it.
func (f *Files) opening(p string, err error) error {
	if info, statErr := f.root.Stat(filepath.FromSlash(p)); statErr == nil {
		if special := regular(info); special != nil {
			return explain(p, special)
		}
	}
	return explain(p, err)
}

func regular(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return ErrIsFolder
	case !info.Mode().IsRegular():
		return ErrSpecial
	}
	return nil
}

// current is a file as it is now: no error and no ETag when there is none.
func (f *Files) current(p string) (info fs.FileInfo, etag string, err error) {
	info, err = f.root.Lstat(filepath.FromSlash(p))
	if os.IsNotExist(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", explain(p, err)
	}
	return info, etagOf(info), nil
}

// joined is the path of a name in a folder.
func joined(folder, name string) string { return path.Join(folder, name) }

// wrap puts a path before an error of ours.
func wrap(p string, err error) error { return fmt.Errorf("%s: %w", shown(p), err) }
