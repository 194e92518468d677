//go:build unix

package agent

import (
	"os/exec"
	"syscall"
)

// killsGroup makes the end of a command's context the end of all that it started.
func killsGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
