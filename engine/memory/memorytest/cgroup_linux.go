// Package memorytest gives tests a real memory cgroup with a limit, to run programs in.
package memorytest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Group is a memory cgroup that exists for one test.
type Group struct {
	t   testing.TB
	dir string
	v2  bool
}

// New makes a group with a limit in bytes; 0 for none. It skips the test where that is not allowed.
func New(t testing.TB, limit int64) *Group {
	t.Helper()
	g, err := create(limit)
	if err != nil {
		t.Skipf("this test needs a memory cgroup of its own (run it as root, with cgroup v1, or v2 with the memory controller delegated): %v", err)
	}
	g.t = t
	t.Cleanup(g.remove)
	return g
}

func create(limit int64) (*Group, error) {
	g := &Group{dir: "/sys/fs/cgroup/memory"}
	if _, err := os.Stat(g.dir); err != nil {
		g.dir, g.v2 = "/sys/fs/cgroup", true
		// Not fatal: where it is needed and missing, the limit cannot be set.
		_ = os.WriteFile(filepath.Join(g.dir, "cgroup.subtree_control"), []byte("+memory"), 0)
	}
	g.dir = filepath.Join(g.dir, fmt.Sprintf("coder1-test-%d-%d", os.Getpid(), time.Now().UnixNano()))
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, err
	}
	if limit == 0 {
		return g, nil
	}
	if err := os.WriteFile(filepath.Join(g.dir, g.pick("memory.limit_in_bytes", "memory.max")), []byte(strconv.FormatInt(limit, 10)), 0); err != nil {
		_ = os.Remove(g.dir)
		return nil, err
	}
	return g, nil
}

func (g *Group) pick(v1, v2 string) string {
	if g.v2 {
		return v2
	}
	return v1
}

// Command makes a command that runs in the group from its first instruction.
func (g *Group) Command(name string, args ...string) *exec.Cmd {
	script := `echo $$ > "$0" && exec "$@"`
	return exec.CommandContext(g.t.Context(), "/bin/sh", append([]string{"-c", script, g.Procs(), name}, args...)...)
}

// Container makes a command that runs in the group as a container's does: it is process 1 of its own PID
// namespace, and has a /proc, a /dev/shm and mounts of its own. Seen from here its PID is another; see InnerPID.
func (g *Group) Container(name string, args ...string) *exec.Cmd {
	script := `mount --make-rprivate / && mount -t tmpfs tmpfs /dev/shm && mount -t proc proc /proc && echo $$ > "$0" && exec "$@"`
	cmd := exec.CommandContext(g.t.Context(), "/bin/sh", append([]string{"-c", script, g.Procs(), name}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	return cmd
}

// InnerPID is what a process has as its PID in its own PID namespace; 0 when it is gone.
func InnerPID(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if all, found := strings.CutPrefix(line, "NSpid:"); found {
			pids := strings.Fields(all)
			inner, _ := strconv.Atoi(pids[len(pids)-1])
			return inner
		}
	}
	return 0
}

// Usage is what is charged to the group, in bytes.
func (g *Group) Usage() int64 { return g.number(g.pick("memory.usage_in_bytes", "memory.current")) }

// Peak is the most that was ever charged, in bytes, page cache included.
func (g *Group) Peak() int64 { return g.number(g.pick("memory.max_usage_in_bytes", "memory.peak")) }

// OOMKills is how many processes the kernel has killed for want of memory in the group.
func (g *Group) OOMKills() int64 {
	file := g.pick("memory.oom_control", "memory.events")
	data, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		g.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if n, found := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); found {
			kills, err := strconv.ParseInt(n, 10, 64)
			if err != nil {
				g.t.Fatal(err)
			}
			return kills
		}
	}
	g.t.Fatalf("%s does not tell of kills", file)
	return 0
}

// Dir is the group's folder.
func (g *Group) Dir() string { return g.dir }

// Procs is the file that a process enters the group by, with its PID.
func (g *Group) Procs() string { return filepath.Join(g.dir, "cgroup.procs") }

// PIDs lists the processes in the group.
func (g *Group) PIDs() []int {
	data, err := os.ReadFile(g.Procs())
	if err != nil {
		g.t.Fatal(err)
	}
	var pids []int
	for _, f := range strings.Fields(string(data)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			g.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func (g *Group) number(file string) int64 {
	data, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		g.t.Fatal(err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return n
}

// remove ends what is left in the group and in groups below it, and then the groups.
func (g *Group) remove() {
	below, _ := filepath.Glob(filepath.Join(g.dir, "*", "cgroup.procs"))
	for _, procs := range below {
		child := &Group{t: g.t, dir: filepath.Dir(procs), v2: g.v2}
		child.remove()
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		pids := g.PIDs()
		for _, pid := range pids {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		if len(pids) == 0 && os.Remove(g.dir) == nil {
			return
		}
		if time.Now().After(deadline) {
			g.t.Errorf("the cgroup %s could not be removed; processes %v", g.dir, pids)
			return
		}
		time.Sleep(10 * time.Millisecond) // the kernel takes its time to take processes apart
	}
}

// Pinned is what the kernel cannot have back by dropping file pages, in bytes: usage without inactive_file
// and active_file.
func (g *Group) Pinned() int64 {
	data, err := os.ReadFile(filepath.Join(g.dir, "memory.stat"))
	if err != nil {
		g.t.Error(err)
		return 0
	}
	pinned := g.Usage()
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == g.pick("total_inactive_file", "inactive_file") || name == g.pick("total_active_file", "active_file") {
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				g.t.Error(err)
			}
			pinned -= n
		}
	}
	return pinned
}
