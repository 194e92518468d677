//go:build !linux && !windows

package process

import (
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// setRank lowers the priority of a process that was just started.
func (p *Process) setRank() error {
	if p.spec.Nice == 0 {
		return nil
	}
	return syscall.Setpriority(syscall.PRIO_PGRP, p.PID(), p.spec.Nice)
}

func (p *Process) awaitRoot() { _ = p.cmd.Wait() }

func (p *Process) reapRoot() *os.ProcessState { return p.cmd.ProcessState }

func (p *Process) awaitTree() {}

func (p *Process) endTree() { _ = p.signalGroup(syscall.SIGKILL) }

func (p *Process) freezeGroup() { _ = p.Freeze() }

func (p *Process) terminateGroup() {
	_ = p.signalGroup(syscall.SIGTERM)
	_ = p.Thaw() // a stopped process takes no notice of the first
}

// Freeze stops the process group (SIGSTOP).
func (p *Process) Freeze() error { return p.signalGroup(syscall.SIGSTOP) }

// Thaw lets a frozen group go on.
func (p *Process) Thaw() error { return p.signalGroup(syscall.SIGCONT) }

func (p *Process) signalGroup(sig syscall.Signal) error {
	return p.pin(func() error { return syscall.Kill(-p.PID(), sig) })
}
