package process

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitRoot waits until the root has exited and leaves it uncollected: as long as it is, no other process,
// group or session can be given its number.
func (p *Process) awaitRoot() {
	for {
		err := unix.Waitid(unix.P_PID, p.PID(), nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

func (p *Process) reapRoot() *os.ProcessState {
	_ = p.cmd.Wait() // its error is the exit code
	return p.cmd.ProcessState
}

// awaitTree waits until the tree has ended by itself or is to be killed.
func (p *Process) awaitTree() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if tree, err := members(p.claims); err != nil || len(tree) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-p.kill:
			return
		}
	}
}

// endTree kills the tree and returns when it is gone.
func (p *Process) endTree() {
	_ = p.pin(p.exterminate)
	p.supervisor.system.reaper.collect()
}

// terminateGroup asks the root's group to end, and what its commands have left running. The commands that
// it still waits for are its own to end.
func (p *Process) terminateGroup() {
	terminate(&p.Tree)
	p.supervisor.system.commands.each(func(c *Command) {
		if within(c.owner, p.owner) && c.Background() {
			terminate(&c.Tree)
		}
	})
}

func terminate(t *Tree) {
	t.signalGroup(unix.SIGTERM)
	t.signalGroup(unix.SIGCONT) // a stopped process takes no notice of the first
}

// Members are the process ids of all living members of all trees. It is cheap enough to be asked often: as
// a rule it costs a system call a process.
func (s *Supervisor) Members() []int {
	if !s.system.branding {
		return s.searchMembers()
	}
	var found []int
	all, _ := pids() // no /proc, no members
	for _, pid := range all {
		if brandOf(pid).engine() != s.system.engine {
			continue
		}
		if e, ok := look(pid); ok && !e.gone() {
			found = append(found, pid)
		}
	}
	return found
}

func (s *Supervisor) searchMembers() []int {
	var found []int
	tree, _ := members(s.system.trees)
	for _, e := range tree {
		found = append(found, e.pid)
	}
	return found
}
