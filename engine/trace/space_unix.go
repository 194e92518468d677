//go:build unix

package trace

import (
	"errors"
	"syscall"
)

// noSpace reports whether a disk or a quota is full.
func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
