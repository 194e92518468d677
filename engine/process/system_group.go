//go:build !linux && !windows

package process

import (
	"os"
	"syscall"
)

// ownGroup makes the program lead a session of its own, with the terminal on its standard input if it has one.
func ownGroup(tty bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: tty, Ctty: 0}
}

func (p *Process) startRoot() error { return p.cmd.Start() }

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

func (p *Process) endTree() { p.killGroups() }

func (p *Process) terminateGroup() {
	if p.spec.TTY != nil {
		p.signalGroup(syscall.SIGHUP)
	} else {
		p.signalGroup(syscall.SIGTERM)
	}
	p.signalGroup(syscall.SIGCONT) // a stopped process takes no notice of the first
}

func (t *Tree) stopGroups() { t.signalGroup(syscall.SIGSTOP) }

func (t *Tree) killGroups() { t.signalGroup(syscall.SIGKILL) }

// freezeMembers has nothing to add to the group.
func (t *Tree) freezeMembers() error { return nil }

func (t *Tree) thawMembers() error { return syscall.Kill(-t.PID(), syscall.SIGCONT) }

// killRest cannot tell the root from the rest of its group.
func (t *Tree) killRest() bool { return false }

func (t *Tree) exterminateRest() error { return nil }

func (t *Tree) signalOf(group int, sig syscall.Signal) error { return syscall.Kill(-group, sig) }

func (t *Tree) signalGroup(sig syscall.Signal) {
	_ = t.pin(func() error { return syscall.Kill(-t.PID(), sig) })
}
