package process

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Commands are those that run or have left something running, in order of their start.
func (s *Supervisor) Commands() []*Command {
	r := &s.system.commands
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mu.running)
}

// list adds a command to those that run.
func (r *commands) list(c *Command) bool {
	c.mu.Lock()
	c.mu.started = time.Now()
	c.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mu.closed {
		r.mu.running = append(r.mu.running, c)
	}
	return !r.mu.closed
}

func (r *commands) strike(c *Command) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.running = slices.DeleteFunc(r.mu.running, func(other *Command) bool { return other == c })
}

// each does something to every command that runs, and must not wait.
func (r *commands) each(do func(*Command)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.mu.running {
		do(c)
	}
}

// signalWithin signals the groups of the commands that run in a tree.
func (r *commands) signalWithin(t *Tree, sig unix.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.mu.running {
		if &c.Tree != t && within(c.owner, t.owner) {
			c.signalGroup(sig)
		}
	}
}

// isRoot reports whether a process is the root of a command. Its number is to be kept, dead or alive.
func (r *commands) isRoot(pid int) (is bool) {
	r.each(func(c *Command) { is = is || c.PID() == pid })
	return is
}

// end ends all commands of an owner, "" being everybody, and waits until they are gone.
func (r *commands) end(owner string) {
	var left []*Command
	r.each(func(c *Command) {
		if owner == "" || within(c.owner, owner) {
			left = append(left, c)
		}
	})
	for _, c := range left {
		c.Kill("")
	}
	for _, c := range left {
		<-c.done
	}
}
