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
	_ = p.pin(func() error {
		if err := exterminate(p.claims); err != nil { // no /proc: what is known is the group
			return unix.Kill(-p.PID(), unix.SIGKILL)
		}
		return nil
	})
	p.supervisor.system.reaper.collect()
}

// Freeze stops the whole tree (SIGSTOP), the root's group first. It returns when all of it stands still.
func (p *Process) Freeze() error {
	p.freezeGroup()
	return p.pin(func() error { return freeze(p.claims) })
}

// Thaw lets a frozen tree go on.
func (p *Process) Thaw() error {
	return p.pin(func() error { return thaw(p.claims) })
}

func (p *Process) freezeGroup() { p.signalGroup(unix.SIGSTOP) }

func (p *Process) terminateGroup() {
	p.signalGroup(unix.SIGTERM)
	p.signalGroup(unix.SIGCONT) // a stopped process takes no notice of the first
}

// signalGroup signals the root's process group, with one system call.
func (p *Process) signalGroup(sig unix.Signal) {
	_ = p.pin(func() error { return unix.Kill(-p.PID(), sig) })
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

// OwnerOf says whose a process is, by the marker in its environment or else by its brand: an owner, or a
// part of one that was marked as such.
func (s *Supervisor) OwnerOf(pid int) (owner string, ok bool) {
	if id, owner, ok := markerOf(pid); ok && id == s.id {
		return owner, true
	}
	b := brandOf(pid)
	for _, p := range s.Processes() {
		if b != 0 && p.brand == b {
			return p.Owner(), true
		}
	}
	return "", false
}
