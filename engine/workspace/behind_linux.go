package workspace

import (
	"os"

	"golang.org/x/sys/unix"
)

// writeBehind begins to write a stretch of a file to disk, waits for the stretch before it, and lets go of
// that one's pages. Where the file system cannot do it, the kernel writes in its own time.
func writeBehind(file *os.File, from, to int64) {
	fd := int(file.Fd())
	_ = unix.SyncFileRange(fd, from, to-from, unix.SYNC_FILE_RANGE_WRITE)
	before := max(0, from-window)
	if before == from {
		return
	}
	const wait = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	_ = unix.SyncFileRange(fd, before, from-before, wait)
	_ = unix.Fadvise(fd, before, from-before, unix.FADV_DONTNEED)
}

// syncAll sees everything written to the workspace's disk to it.
func (f *Files) syncAll() {
	if d, err := f.root.Open("."); err == nil {
		_ = unix.Syncfs(int(d.Fd()))
		d.Close()
	}
}
