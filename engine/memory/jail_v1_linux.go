package memory

import (
	"fmt"
	"strconv"
)

// enterV1 makes a group in the memory hierarchy of version 1 and moves the process there.
func (j *jailer) enterV1(limit int64) (*Jail, error) {
	home, err := j.home(v1)
	if err != nil {
		return nil, err
	}
	c, err := j.newCell(home)
	if err != nil {
		return nil, fmt.Errorf("cgroup v1: %w", err)
	}
	if err := c.fillV1(limit); err != nil {
		c.abandon()
		return nil, fmt.Errorf("cgroup v1: %w", err)
	}
	return c.jail(v1, limit), nil
}

func (c *cell) fillV1(limit int64) error {
	bytes := strconv.FormatInt(limit, 10)
	err := c.set([]setting{
		{file: v1.limit, text: bytes},
		// Memory and swap together, where the kernel counts swap; not before the limit, it may not be less.
		{file: "memory.memsw.limit_in_bytes", text: bytes, optional: true, noSwap: true},
		{file: "memory.swappiness", text: "0", optional: true, noSwap: true},
		{file: "memory.oom_control", text: "0", optional: true}, // kill, do not freeze; inherited otherwise
	})
	if err != nil {
		return err
	}
	return c.move(c.dir, c.options.PID)
}
