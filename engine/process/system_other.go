//go:build !linux

package process

import (
	"errors"
	"os"
	"os/exec"
	"slices"
)

// system is what a Supervisor has of the operating system: nothing here.
type system struct{}

func (*system) open(*Supervisor) error { return nil }

func (*system) close() error { return nil }

func (*system) endCommands(string) {}

func (*system) forgetBrand(brand) {}

func ownPath() (string, error) { return os.Executable() }

// launch starts the program.
func (p *Process) launch(pipes *pipes) error {
	p.cmd = exec.Command(p.spec.Path, p.spec.Args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.SysProcAttr = p.spec.Dir, p.environ(), ownGroup(p.spec.TTY != nil)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = pipes.in.theirs, pipes.out.theirs, pipes.err.theirs
	if err := p.startRoot(); err != nil {
		return err
	}
	p.begin(identity{pid: p.cmd.Process.Pid})
	if err := p.setRank(); err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		return err
	}
	return nil
}

// CanBeAlone reports whether the system holds a program to starting no others: not here.
func CanBeAlone() bool { return false }

// brand is a marker that this system has not.
type brand struct{}

// Members are the process ids of the roots of all trees.
func (s *Supervisor) Members() []int {
	var pids []int
	for _, p := range s.Processes() {
		pids = append(pids, p.PID())
	}
	slices.Sort(pids)
	return pids
}

// GuardMain is to be the first statement of main. There is no guard on this system: it returns false.
func GuardMain() (ran bool) { return false }

// OwnerOf says whose a process is: known for the roots only.
func (s *Supervisor) OwnerOf(pid int) (owner string, ok bool) {
	for _, p := range s.Processes() {
		if p.PID() == pid {
			return p.Owner(), true
		}
	}
	return "", false
}

// OwnerByBrand says whose a process is: there are no brands on this system.
func (s *Supervisor) OwnerByBrand(int) (owner string, ours bool) { return "", false }

// Branding reports whether programs are branded: not on this system.
func (s *Supervisor) Branding() bool { return false }

// ServeCommands is not possible here.
func (s *Supervisor) ServeCommands(Broker) error { return errors.ErrUnsupported }

// CommandEnv is nil: no commands are served.
func (s *Supervisor) CommandEnv() []string { return nil }

// Commands are none.
func (s *Supervisor) Commands() []*Command { return nil }

// Protect does nothing here.
func Protect() string {
	return "The server has the same rank as its agents: that cannot be changed here."
}
