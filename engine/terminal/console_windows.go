package terminal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openConsole is not possible here yet: a program would have to be started inside a ConPTY.
func openConsole(Size) (console, *os.File, error) {
	return nil, nil, fmt.Errorf("terminals on Windows: %w", errors.ErrUnsupported)
}

var signals = map[string]syscall.Signal{}

func signalName(sig syscall.Signal) string { return sig.String() }
