//go:build unix

package workspace

import (
	"io/fs"
	"syscall"
)

// openNow is what keeps opening from waiting, as a pipe without a writer would.
const openNow = syscall.O_NONBLOCK

// inode is a file's number on its disk: a file put in the place of another has a different one.
func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino) //nolint:unconvert // its type differs between systems
	}
	return 0
}
