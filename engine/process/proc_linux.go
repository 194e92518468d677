package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// entry is what /proc/PID/stat says about one process.
type entry struct {
	identity
	parent  int
	group   int
	session int
	state   byte // of its first thread
	threads int
	kernel  bool // a thread of the kernel
}

// gone reports a process that has ended and only waits to be collected. One whose first thread alone has ended
// goes on, or is still giving its memory back.
func (e entry) gone() bool { return e.state == 'Z' && e.threads <= 1 || e.state == 'X' }

// headless reports one that goes on without its first thread. Whether it stands still cannot be seen.
func (e entry) headless() bool { return e.state == 'Z' && e.threads > 1 }

func (e entry) stopped() bool { return e.state == 'T' || e.state == 't' }

// snapshot lists all processes. Those that come and go meanwhile may be missing.
func snapshot() ([]entry, error) {
	all, err := pids()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	entries := make([]entry, 0, len(all))
	for _, pid := range all {
		if e, ok := look(pid); ok {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

func pids() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	all := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			all = append(all, pid)
		}
	}
	return all, err
}

// look reads one process's entry.
func look(pid int) (entry, bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return entry{}, false
	}
	return parseStat(stat)
}

// parseStat reads a line such as "7 (sh) S 1 7 7 0 -1 4194560 …" (proc_pid_stat(5)). The name in
// parentheses may itself hold spaces and parentheses.
func parseStat(stat []byte) (entry, bool) {
	open, shut := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || shut < open {
		return entry{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(stat[:open])))
	fields := strings.Fields(string(stat[shut+1:]))
	if err != nil || len(fields) < 20 || len(fields[0]) != 1 {
		return entry{}, false
	}
	number := func(i int) (n uint64) {
		if err == nil {
			n, err = strconv.ParseUint(strings.TrimPrefix(fields[i], "-"), 10, 64)
		}
		return n
	}
	e := entry{
		identity: identity{pid: pid, start: number(19)},
		parent:   int(number(1)), group: int(number(2)), session: int(number(3)),
		state: fields[0][0], threads: int(number(17)), kernel: number(6)&kernelThread != 0,
	}
	return e, err == nil
}

// kernelThread is the kernel's PF_KTHREAD.
const kernelThread = 0x00200000

// identify names a process that cannot go away meanwhile: our own child before it was waited for.
func identify(pid int) identity {
	e, _ := look(pid)
	return identity{pid: pid, start: e.start}
}

// markerOf reads a process's marker: the ID of the engine that it came from and its owner. Processes whose
// environment we may not read are not ours.
func markerOf(pid int) (id, owner string, ok bool) {
	if value, found := variableOf(pid, markerName); found {
		return strings.Cut(value, ":")
	}
	return "", "", false
}

// variableOf reads a variable of the environment that a process was started with.
func variableOf(pid int, name string) (value string, found bool) {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return "", false
	}
	return findVariable(env, name)
}

// findVariable finds a variable in an environment: NAME=value, each ended by a NUL.
func findVariable(env []byte, name string) (value string, found bool) {
	for kv := range bytes.SplitSeq(env, []byte{0}) {
		if v, ok := bytes.CutPrefix(kv, []byte(name+"=")); ok {
			return string(v), true
		}
	}
	return "", false
}
