//go:build !linux

package workspace

// renameNew gives a file or folder a name that must be free (fs.ErrExist when it is not).
func (f *Files) renameNew(from, to string) error { return f.renameFree(from, to) }
