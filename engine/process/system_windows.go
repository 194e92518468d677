package process

import (
	"errors"
	"os"
	"syscall"
)

// ownGroup makes the program lead a group of its own. It has no terminal: see the package terminal.
func ownGroup(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// setRank does nothing: there is no niceness here.
func (p *Process) setRank() error { return nil }

func (p *Process) awaitRoot() { _ = p.cmd.Wait() }

func (p *Process) reapRoot() *os.ProcessState { return p.cmd.ProcessState }

func (p *Process) awaitTree() {}

func (p *Process) endTree() { _ = p.cmd.Process.Kill() }

// terminateGroup does nothing: Windows has no signal that asks.
func (p *Process) terminateGroup() {}

func (t *Tree) stopGroups() {}

func (t *Tree) killGroups() {}

// freezeMembers is not possible here.
func (t *Tree) freezeMembers() error { return errors.ErrUnsupported }

func (t *Tree) killRest() bool { return false }

func (t *Tree) exterminateRest() error { return nil }

// signalOf is not possible here.
func (t *Tree) signalOf(int, syscall.Signal) error { return errors.ErrUnsupported }

// thawMembers is not possible here.
func (t *Tree) thawMembers() error { return errors.ErrUnsupported }
