package session

import (
	"errors"
	"syscall"
)

// sharingViolation is ERROR_SHARING_VIOLATION.
const sharingViolation = syscall.Errno(32)

// heldByOther reports whether a lock could not be had because another process has it.
func heldByOther(err error) bool { return errors.Is(err, sharingViolation) }
