package memory

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"
)

// procFS reads /proc without allocating. The standard library would allocate a name, a file and a list
// for every process at every look.
type procFS struct {
	path  string
	dir   *os.File // kept open; nil before the first look
	page  int64
	dents [16 << 10]byte // 500 processes in one call
	text  [2 << 10]byte  // stat and status are below 1.5 KB
	name  [64]byte
}

func (p *procFS) open() error {
	if p.dir != nil {
		_, err := p.dir.Seek(0, 0)
		return err
	}
	var err error
	p.dir, err = os.Open(p.path)
	return err
}

func (p *procFS) close() error {
	if p.dir == nil {
		return nil
	}
	err := p.dir.Close()
	p.dir = nil
	return err
}

func (p *procFS) taskDir(pid int) string { return filepath.Join(p.path, strconv.Itoa(pid), "task") }

// list calls note for every process. The kernel makes an inode for a process's folder when the folder is
// first seen and drops it when the process is gone (proc_flush_pid), and numbers inodes one after the other:
// the same PID with the same inode is the same process, which saves reading its file to find out. The
// kernel may also forget the inode of a living process, which then is looked at as if it were new.
func (p *procFS) list(note func(pid int, inode uint64)) error {
	if err := p.open(); err != nil {
		return err
	}
	for {
		n, err := syscall.Getdents(int(p.dir.Fd()), p.dents[:])
		if err != nil {
			return fmt.Errorf("getdents: %w", err)
		}
		if n <= 0 {
			return nil
		}
		parseDents(p.dents[:n], note)
	}
}

// Offsets in a struct linux_dirent64 (getdents(2)).
const (
	dentLength = 16
	dentName   = 19
)

// parseDents finds the names that are numbers in what getdents64 wrote.
func parseDents(dents []byte, note func(pid int, inode uint64)) {
	for len(dents) > dentName {
		length := int(binary.NativeEndian.Uint16(dents[dentLength:]))
		if length <= dentName || length > len(dents) {
			return
		}
		if pid, ok := pidIn(dents[dentName:length]); ok {
			note(pid, binary.NativeEndian.Uint64(dents))
		}
		dents = dents[length:]
	}
}

// pidIn reads the number before a NUL.
func pidIn(name []byte) (int, bool) {
	end := 0
	for end < len(name) && name[end] != 0 {
		end++
	}
	n, ok := number(name[:end])
	return int(n), ok && n > 0
}

// read reads the beginning of a process's file, nothing when the process is gone. Valid until the next read.
func (p *procFS) read(pid int, file string) []byte {
	if p.dir == nil && p.open() != nil {
		return nil
	}
	path := append(strconv.AppendInt(p.name[:0], int64(pid), 10), '/')
	path = append(append(path, file...), 0)
	fd, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, p.dir.Fd(), uintptr(unsafe.Pointer(&path[0])),
		syscall.O_RDONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return nil
	}
	n, _ := syscall.Read(int(fd), p.text[:])
	_ = syscall.Close(int(fd))
	return p.text[:max(n, 0)]
}
