package trace

import (
	"errors"
	"syscall"
)

// noSpace reports whether a disk is full.
func noSpace(err error) bool {
	return errors.Is(err, syscall.Errno(112)) || errors.Is(err, syscall.Errno(39)) // ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL
}
