package live

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// group is the memory cgroup that a process is in.
type group struct {
	dir        string
	peak, ooms string // names of files
}

// limitable is what it takes for a server to have a hard limit, and a group, of its own.
const limitable = "run this as root where cgroup v1 is mounted, or v2 with the memory controller delegated, or as a user for whom " +
	"`systemd-run --user --scope -p MemoryMax=512M true` works"

// ownGroup finds the group of a server, which must not be the one that the process self is in: a server whose
// limit was set from outside, as a container's is, has none of its own, and whatever is in a server's group is
// killed with it.
func ownGroup(proc string, server, self int) (*group, error) {
	its, err := groupOf(proc, server)
	if err != nil {
		return nil, err
	}
	ours, err := groupOf(proc, self)
	if err != nil {
		return nil, err
	}
	if *its == *ours {
		return nil, errors.New("the server has no memory cgroup of its own here, and its death would be that of everything beside it: " + limitable)
	}
	return its, nil
}

// groupOf finds the group of a process.
func groupOf(proc string, pid int) (*group, error) {
	raw, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return nil, fmt.Errorf("find the cgroup of process %d: %w", pid, err)
	}
	var second *group
	for line := range strings.Lines(string(raw)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(parts) < 3:
		case parts[1] == "memory":
			return &group{filepath.Join("/sys/fs/cgroup/memory", parts[2]), "memory.max_usage_in_bytes", "memory.oom_control"}, nil
		case parts[1] == "":
			second = &group{filepath.Join("/sys/fs/cgroup", parts[2]), "memory.peak", "memory.events"}
		}
	}
	if second == nil {
		return nil, fmt.Errorf("find the cgroup of process %d: it is in none", pid)
	}
	return second, nil
}

// read returns the most that was charged, and how often the kernel had to kill.
func (g *group) read() (peak int64, kills int, err error) {
	raw, err := os.ReadFile(filepath.Join(g.dir, g.peak))
	if err != nil {
		return 0, 0, err
	}
	if peak, err = strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err != nil {
		return 0, 0, err
	}
	if raw, err = os.ReadFile(filepath.Join(g.dir, g.ooms)); err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if n, found := strings.CutPrefix(line, "oom_kill "); found {
			kills, err = strconv.Atoi(strings.TrimSpace(n))
		}
	}
	return peak, kills, err
}

// killAll ends whatever is in the group.
func (g *group) killAll() {
	raw, _ := os.ReadFile(filepath.Join(g.dir, "cgroup.procs")) // of a group that is gone nothing is left
	for _, field := range strings.Fields(string(raw)) {
		if pid, err := strconv.Atoi(field); err == nil {
			_ = syscallKill(pid)
		}
	}
}

// remove takes an empty group away, which a server that was killed could not.
func (g *group) remove() {
	for late := time.Now().Add(5 * time.Second); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		g.killAll()
		if err := os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
	}
}

// cpuWait is for how long, since the system was started, something on it waited for a processor
// (Documentation/accounting/psi.rst); 0 where the kernel does not tell.
func cpuWait() time.Duration {
	raw, _ := os.ReadFile("/proc/pressure/cpu") // not there: 0
	_, total, _ := strings.Cut(string(raw), "total=")
	total, _, _ = strings.Cut(total, "\n")
	microseconds, _ := strconv.ParseInt(total, 10, 64)
	return time.Duration(microseconds) * time.Microsecond
}
