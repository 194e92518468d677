//go:build unix

package session

import (
	"errors"
	"syscall"
)

// heldByOther reports whether a lock could not be had because another process has it.
func heldByOther(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && isLockErrno(err)
}

// isLockErrno tells the two meanings of EACCES apart: fcntl gives it bare, opening a file in a PathError.
func isLockErrno(err error) bool {
	_, bare := err.(syscall.Errno) //nolint:errorlint // bare is what is asked
	return bare
}
