package process

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// watch waits until nothing is left of the command.
func (c *Command) watch() {
	select {
	case <-c.background:
	case <-c.kill:
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-c.kill:
			_ = c.pin(c.exterminate)
			c.finish()
			return
		default:
		}
		if c.empty() {
			c.finish()
			return
		}
		select {
		case <-tick.C:
		case <-c.kill:
		}
	}
}

// empty reports whether no member of the tree is left. As a rule it costs a system call a process.
func (c *Command) empty() bool {
	if !c.branded {
		left, err := members(c.claims)
		return err == nil && len(left) == 0
	}
	all, err := pids()
	for _, pid := range all {
		if b, _ := peekBrand(pid); b != c.brand {
			continue
		}
		if e, ok := look(pid); ok && !e.gone() {
			return false
		}
	}
	return err == nil
}

// finish lets go of the command. Its root is dead, and was kept from being collected so that its number
// stayed its own.
func (c *Command) finish() {
	c.pinned.Lock()
	c.reaped = true
	if e, ok := look(c.root.pid); ok && e.identity == c.root && e.parent == os.Getpid() {
		_, _ = unix.Wait4(c.root.pid, nil, unix.WNOHANG, nil) // else it will be given to us when the wrapper exits
	}
	c.pinned.Unlock()
	c.supervisor.system.commands.strike(c)
	close(c.done)
}
