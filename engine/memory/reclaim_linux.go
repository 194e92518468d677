package memory

import (
	"errors"
	"fmt"
	"syscall"
)

// order writes to a file by which the kernel takes back memory. It does not use package os, which takes the
// kernel's EAGAIN, "found less than that", for a file that cannot be written at the moment, and waits.
func order(path, text string) error {
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errors.ErrUnsupported, path, err)
	}
	defer func() { _ = syscall.Close(fd) }()
	for {
		_, err := syscall.Write(fd, []byte(text))
		switch {
		case err == nil, errors.Is(err, syscall.EAGAIN):
			return nil
		case !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}
