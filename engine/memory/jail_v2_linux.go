package memory

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// enterV2 makes a group below our own and moves the process there. This works where our group is delegated
// to us: we may make folders in it and move processes, and the controller is available.
func (j *jailer) enterV2(limit int64) (*Jail, error) {
	home, err := j.home(v2)
	if err != nil {
		return nil, err
	}
	available, err := j.hasMemory(home, "cgroup.controllers")
	if err != nil {
		return nil, fmt.Errorf("cgroup v2: %w", err)
	}
	if !available {
		return nil, errors.New("cgroup v2: the memory controller is not available in our group")
	}
	c, err := j.newCell(home)
	if err != nil {
		return nil, fmt.Errorf("cgroup v2: %w", err)
	}
	if err := c.fillV2(limit); err != nil {
		c.abandon()
		return nil, fmt.Errorf("cgroup v2: %w", err)
	}
	return c.jail(v2, limit), nil
}

func (c *cell) fillV2(limit int64) error {
	if err := c.enable(); err != nil {
		return err
	}
	err := c.set([]setting{
		{file: v2.limit, text: strconv.FormatInt(limit, 10)},
		{file: "memory.swap.max", text: "0", optional: true, noSwap: true},
		{file: "memory.oom.group", text: "0", optional: true}, // kill one process, not all
	})
	if err != nil {
		return err
	}
	return c.move(c.dir, c.options.PID)
}

// enable lets the groups below home have limits. A group that does so may have no processes of its own,
// unless it is the root (cgroup-v2.rst, "No Internal Process Constraint"): then all must move first, and
// we move nobody but ourselves and our children.
func (c *cell) enable() error {
	done, err := c.hasMemory(c.home, "cgroup.subtree_control")
	if done || err != nil {
		return err
	}
	control := filepath.Join(c.home, "cgroup.subtree_control")
	err = c.groups.write(control, "+memory")
	if errors.Is(err, syscall.EBUSY) {
		if err := c.moveFamily(); err != nil {
			return err
		}
		err = c.groups.write(control, "+memory")
	}
	c.enabled = err == nil
	return err
}

func (c *cell) moveFamily() error {
	members, err := c.members(c.home)
	if err != nil {
		return err
	}
	family, err := c.family()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(members, func(pid int) bool { return !family[pid] }); i >= 0 {
		return fmt.Errorf("our group is not ours alone, process %d is in it too", members[i])
	}
	for _, pid := range members {
		if err := c.move(c.dir, pid); err != nil && !errors.Is(err, syscall.ESRCH) { // ESRCH: it has ended
			return err
		}
	}
	return nil
}

// hasMemory reports whether a file that lists controllers names memory.
func (j *jailer) hasMemory(dir, file string) (bool, error) {
	text, err := j.groups.read(filepath.Join(dir, file))
	return slices.Contains(strings.Fields(text), "memory"), err
}
