package memory

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cell is a group of our own below the one that we came from.
type cell struct {
	*jailer
	home, dir string
	enabled   bool // we enabled the controller in home, version 2
	noSwap    bool
}

const cellName = "coder1-" // then the PID of the server, "-", and a number

// newCell makes the group, and removes those that servers which are no more left behind.
func (j *jailer) newCell(home string) (*cell, error) {
	j.removeStale(home)
	dir, err := j.groups.make(home, fmt.Sprintf("%s%d-", cellName, j.options.PID))
	if err != nil {
		return nil, err
	}
	return &cell{jailer: j, home: home, dir: dir}, nil
}

// removeStale removes empty groups of servers that do not run any more. The kernel refuses where somebody
// is left. One with our own PID is stale as well: in containers every server has the same.
func (j *jailer) removeStale(home string) {
	names, _ := j.groups.list(home)
	for _, name := range names {
		if pid, ok := cellOf(name); ok && (pid == j.options.PID || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)) {
			_ = j.groups.remove(filepath.Join(home, name))
		}
	}
}

// cellOf reads the PID in a group's name.
func cellOf(name string) (pid int, ok bool) {
	rest, ours := strings.CutPrefix(name, cellName)
	digits, _, more := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return pid, ours && more && err == nil && pid > 0
}

func (c *cell) jail(v cgroupVersion, limit int64) *Jail {
	swap := "without swap"
	if !c.noSwap {
		swap = "not counting swap, which the kernel does not limit here"
	}
	return &Jail{leave: c.leave, text: fmt.Sprintf("%s: limited to %s, %s, in a group of our own (%s)", v.name, inMB(limit), swap, c.dir)}
}

// leave moves the process back and removes the group.
func (c *cell) leave() error {
	if err := c.moveBack(c.options.PID); err != nil {
		return fmt.Errorf("leave the cgroup: %w", err)
	}
	return c.remove()
}

// moveBack undoes what enable did only where the kernel insists, because home is not the root: there,
// others may have come to rely on it.
func (c *cell) moveBack(pid int) error {
	err := c.move(c.home, pid)
	if c.enabled && errors.Is(err, syscall.EBUSY) {
		if err := c.groups.write(filepath.Join(c.home, "cgroup.subtree_control"), "-memory"); err != nil {
			return err
		}
		c.enabled = false
		err = c.move(c.home, pid)
	}
	return err
}

// patience is how long the kernel may take to let go of a group whose processes have ended.
const patience = time.Second

func (c *cell) remove() error {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := c.groups.remove(c.dir)
		if err == nil {
			return nil
		}
		members, _ := c.members(c.dir)
		if len(members) > 0 {
			return fmt.Errorf("the cgroup %s is not empty, processes %v are still in it: %w", c.dir, members, err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("remove the cgroup: %w", err)
		}
	}
}

// abandon undoes a half-made jail.
func (c *cell) abandon() {
	members, _ := c.members(c.dir)
	for _, pid := range members {
		_ = c.moveBack(pid)
	}
	_ = c.remove()
}
