//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart gives the engine a process group of its own: a Ctrl+C in the terminal is for the window, which ends
// the engine in good order.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
