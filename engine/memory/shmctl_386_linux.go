//go:build linux && 386

package memory

import "errors"

// shmRemove would need the one system call through which that machine does all of this, ipc(2).
func shmRemove(int) error { return errors.ErrUnsupported }
