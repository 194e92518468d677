package live

import (
	"os/exec"
	"syscall"
)

var errNoSpace = syscall.ENOSPC

// smallDisk is the size of a disk that is to fill up: the store of a few sessions takes some MB.
const smallDisk = "size=64m,mode=700"

func mountSmall(dir string) error { return syscall.Mount("coder1-live", dir, "tmpfs", 0, smallDisk) }

func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }

// apart keeps a terminal's Ctrl-C from the program, which is ended in good order, and ends it with us when we
// are killed.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
