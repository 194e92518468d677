package workspace

import (
	"errors"
	"path"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// renameNew gives a file or folder a name that must be free (fs.ErrExist when it is not), in one step.
func (f *Files) renameNew(from, to string) error {
	a, err := f.root.Open(filepath.FromSlash(path.Dir(from)))
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := f.root.Open(filepath.FromSlash(path.Dir(to)))
	if err != nil {
		return err
	}
	defer b.Close()
	// Both names are single ones in folders that are open, and links are not followed: nothing leads outside.
	err = unix.Renameat2(int(a.Fd()), path.Base(from), int(b.Fd()), path.Base(to), unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not on this file system, or into itself
		return f.renameFree(from, to)
	}
	return err
}
