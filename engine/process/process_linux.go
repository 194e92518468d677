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
	if p.watchRoot() {
		return
	}
	for {
		err := unix.Waitid(unix.P_PID, p.PID(), nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// watchRoot does it without a thread of its own, and reports whether it could (from Linux 5.10 on).
func (p *Process) watchRoot() bool {
	fd, err := unix.PidfdOpen(p.PID(), unix.PIDFD_NONBLOCK)
	if err != nil {
		return false
	}
	file := os.NewFile(uintptr(fd), "pidfd")
	defer file.Close()
	conn, err := file.SyscallConn()
	return err == nil && conn.Read(func(uintptr) bool {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, p.PID(), &info, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
		return err != nil || info.Signo != 0 // 0: it has not exited
	}) == nil
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
	if p.spec.TTY != nil {
		terminate(&p.Tree, unix.SIGHUP)
		return
	}
	terminate(&p.Tree, unix.SIGTERM)
	p.supervisor.system.commands.each(func(c *Command) {
		if within(c.owner, p.owner) && c.Background() {
			terminate(&c.Tree, unix.SIGTERM)
		}
	})
}

func terminate(t *Tree, sig unix.Signal) {
	t.signalGroup(sig)
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
