package process

import (
	"errors"
	"os"
	"syscall"
)

// ownGroup makes the program lead a group of its own.
func ownGroup(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// startRoot starts the program, inside its terminal if it has one. There it shares a group with all that runs in
// it, for Ctrl+C to be heard.
func (p *Process) startRoot() (err error) {
	if p.spec.Spawn == nil {
		return p.cmd.Start()
	}
	if p.cmd.Err != nil { // it is not on the PATH
		return p.cmd.Err
	}
	p.cmd.Process, err = p.spec.Spawn(p.cmd.Path, p.cmd.Args, p.cmd.Dir, p.cmd.Env)
	return err
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
