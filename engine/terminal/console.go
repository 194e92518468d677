package terminal

import (
	"io"
	"os"
	"time"
)

// console is our side of a pseudo-terminal. All methods may be called at the same time.
type console interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	Resize(Size) error
	// Foreground is the process group that has the terminal; 0 when that is not known.
	Foreground() int
}

// spawn is process.Spec.Spawn.
type spawn = func(path string, args []string, dir string, env []string) (*os.Process, error)
