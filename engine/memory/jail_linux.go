package memory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// jailer puts a process into a cgroup of its own.
type jailer struct {
	options Options // where to look, and the process
	groups  groups
	family  func() (map[int]bool, error) // the process and its descendants
}

func newJailer() *jailer {
	o := Options{Root: "/", PID: os.Getpid()}
	return &jailer{options: o, groups: kernelGroups{}, family: func() (map[int]bool, error) { return familyOf(o.PID) }}
}

func familyOf(pid int) (map[int]bool, error) {
	tree := NewTree(pid)
	defer tree.Close()
	all, err := tree.Scan()
	family := map[int]bool{}
	for _, p := range all {
		family[p.PID] = true
	}
	return family, err
}

func enterJail(limit int64) (*Jail, error) {
	j := newJailer()
	if inScope() {
		return j.confirmScope(limit)
	}
	failed := &noJail{limit: limit}
	for _, way := range []func(int64) (*Jail, error){j.enterV1, j.enterV2, j.asWeAre, j.restartInScope} {
		jail, err := way(limit)
		if err == nil {
			return jail, nil
		}
		failed.tried = append(failed.tried, err)
	}
	return nil, failed
}

// asWeAre finds that somebody else has limited us enough.
func (j *jailer) asWeAre(limit int64) (*Jail, error) {
	for _, v := range []cgroupVersion{v2, v1} {
		if _, bound, err := findLimit(j.options, v); err == nil && bound <= limit {
			return &Jail{text: fmt.Sprintf("%s: already limited to %s from outside", v.name, inMB(bound))}, nil
		}
	}
	return nil, fmt.Errorf("no limit of %s or less is set from outside", inMB(limit))
}

// home finds the folder of the group that the process is in now.
func (j *jailer) home(v cgroupVersion) (string, error) {
	mount, err := findMount(j.options.Root, v)
	if err != nil {
		return "", err
	}
	own, err := ownCgroup(j.options, v)
	if err != nil {
		return "", err
	}
	dir := mount.dir(j.options.Root, own)
	members, err := j.members(dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", v.name, err)
	}
	for _, pid := range members {
		if pid == j.options.PID {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s: our own group cannot be seen from here", v.name)
}

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
	if c.enabled { // while it is enabled, home may have no processes
		if err := c.groups.write(filepath.Join(c.home, "cgroup.subtree_control"), "-memory"); err != nil {
			return fmt.Errorf("leave the cgroup: %w", err)
		}
	}
	if err := c.move(c.home, c.options.PID); err != nil {
		return fmt.Errorf("leave the cgroup: %w", err)
	}
	return c.remove()
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
	if c.enabled {
		_ = c.groups.write(filepath.Join(c.home, "cgroup.subtree_control"), "-memory")
	}
	members, _ := c.members(c.dir)
	for _, pid := range members {
		_ = c.move(c.home, pid)
	}
	_ = c.remove()
}
