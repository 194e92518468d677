package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/vfs"
)

// ErrLocked means that the store is in use by another process.
var ErrLocked = errors.New("another Coder1 uses this folder; stop it first, or set CODER1_DATA to another one")

// folderLock keeps other processes from a store. It lies beside the store's folder, which may be renamed.
type folderLock struct{ held io.Closer }

func lockFolder(files vfs.FS, dir string) (*folderLock, error) {
	parent := files.PathDir(dir)
	if err := files.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the store: %w", err)
	}
	held, err := files.Lock(dir + ".lock")
	switch {
	case err == nil:
		return &folderLock{held}, nil
	case errors.Is(err, fs.ErrPermission) && !heldByOther(err):
		return nil, fmt.Errorf("lock the store in %s: %w", dir, err)
	case heldByOther(err), !isErrno(err): // what is no error of the system's is Pebble's own: we hold it ourselves
		return nil, fmt.Errorf("the store in %s: %w (%w)", dir, ErrLocked, err)
	default:
		return nil, fmt.Errorf("lock the store in %s: %w", dir, err)
	}
}

func (l *folderLock) close() error {
	if err := l.held.Close(); err != nil {
		return fmt.Errorf("unlock the store: %w", err)
	}
	return nil
}
