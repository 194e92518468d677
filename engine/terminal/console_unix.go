//go:build !windows

package terminal

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// file is a console that Go's poller waits for: no thread is tied up.
type file struct {
	*os.File
	raw syscall.RawConn
}

// openConsole makes a pseudo-terminal: our side and the program's.
func openConsole(size Size) (console, *os.File, error) {
	ours, theirs, err := pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("open a pseudo-terminal: %w", err)
	}
	defer ours.Close()
	c, err := polled(ours)
	if err == nil {
		err = errors.Join(c.Resize(size), c.control(speakUTF8))
	}
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("set up a pseudo-terminal: %w", err)
	}
	return c, theirs, nil
}

// polled is a copy of a file that does not block. The library has made the file blocking.
func polled(f *os.File) (*file, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	c := &file{File: os.NewFile(uintptr(fd), f.Name())}
	c.raw, err = c.SyscallConn()
	return c, err
}

func (c *file) Resize(size Size) error {
	return c.control(func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(size.Cols), Row: uint16(size.Rows)})
	})
}

func (c *file) Foreground() (group int) {
	_ = c.control(func(fd int) (err error) {
		group, err = unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		return err
	})
	return group
}

// spawnIn is nil: a program gets its side of a pseudo-terminal as a file.
func spawnIn(console) spawn { return nil }

func (c *file) control(do func(fd int) error) (err error) {
	if closed := c.raw.Control(func(fd uintptr) { err = do(int(fd)) }); closed != nil {
		return closed
	}
	return err
}

// signals are those that a person may send.
var signals = map[string]syscall.Signal{
	"INT": unix.SIGINT, "TERM": unix.SIGTERM, "HUP": unix.SIGHUP, "QUIT": unix.SIGQUIT, "KILL": unix.SIGKILL,
	"TSTP": unix.SIGTSTP, "CONT": unix.SIGCONT,
}

// signalName is such as "KILL".
func signalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	return fmt.Sprint(int(sig))
}
