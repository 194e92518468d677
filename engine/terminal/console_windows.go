package terminal

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/charmbracelet/x/conpty"
	"golang.org/x/sys/windows"
)

// pseudoConsole is a ConPTY. Its pipes know no deadlines: what goes through them is carried by a net.Pipe, which
// does, and which holds nothing back.
type pseudoConsole struct {
	net.Conn
	pty *conpty.ConPty
}

// openConsole makes a ConPTY. The program's side is no file: see spawnIn.
func openConsole(size Size) (console, *os.File, error) {
	pty, err := conpty.New(size.Cols, size.Rows, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open a pseudo-terminal: %w", err)
	}
	ours, theirs := net.Pipe()
	go func() {
		_, _ = io.Copy(theirs, pty)
		_ = theirs.Close()
		_, _ = io.Copy(io.Discard, pty) // a ConPTY does not close before it has said everything
	}()
	go func() { _, _ = io.Copy(pty, theirs) }()
	return &pseudoConsole{ours, pty}, nil, nil
}

// spawnIn starts programs in a ConPTY.
func spawnIn(c console) spawn {
	pty := c.(*pseudoConsole).pty
	return func(path string, args []string, dir string, env []string) (*os.Process, error) {
		pid, handle, err := pty.Spawn(path, args, &syscall.ProcAttr{Dir: dir, Env: env})
		if err != nil {
			return nil, err
		}
		p, err := os.FindProcess(pid)
		return p, errors.Join(err, windows.CloseHandle(windows.Handle(handle)))
	}
}

func (c *pseudoConsole) Resize(size Size) error { return c.pty.Resize(size.Cols, size.Rows) }

// Foreground is not known: Windows has no such thing.
func (c *pseudoConsole) Foreground() int { return 0 }

func (c *pseudoConsole) Close() error {
	return errors.Join(c.Conn.Close(), c.pty.Close())
}

// signals are none: Windows has only what is typed, such as Ctrl+C.
var signals = map[string]syscall.Signal{}

func signalName(sig syscall.Signal) string { return sig.String() }
