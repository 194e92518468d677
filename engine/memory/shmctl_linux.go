//go:build linux && !386

package memory

import "syscall"

// shmRemove removes a shared memory segment (shmctl(2), IPC_RMID).
func shmRemove(id int) error {
	const remove = 0
	if _, _, errno := syscall.Syscall(syscall.SYS_SHMCTL, uintptr(id), remove, 0); errno != 0 {
		return errno
	}
	return nil
}
