package process

import (
	"errors"
	"os"
	"syscall"
)

func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// setRank does nothing: there is no niceness here.
func (p *Process) setRank() error { return nil }

func (p *Process) awaitRoot() { _ = p.cmd.Wait() }

func (p *Process) reapRoot() *os.ProcessState { return p.cmd.ProcessState }

func (p *Process) awaitTree() {}

func (p *Process) endTree() { _ = p.cmd.Process.Kill() }

func (p *Process) freezeGroup() {}

// terminateGroup does nothing: Windows has no signal that asks.
func (p *Process) terminateGroup() {}

// Freeze is not possible here.
func (p *Process) Freeze() error { return errors.ErrUnsupported }

// Thaw is not possible here.
func (p *Process) Thaw() error { return errors.ErrUnsupported }
