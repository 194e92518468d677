package memory

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Tree finds the processes below one, and how much memory each has. It works for those that forked twice
// or changed their group, as long as the process it starts from is their subreaper. Not safe for
// concurrent use.
type Tree struct {
	root string // of the file system
	top  int
	page int64
	buf  [4 << 10]byte
	all  []Process
	byID map[int]int // PID -> index in all
}

// NewTree makes a Tree of a process and its descendants.
func NewTree(top int) *Tree { return newTree("/", top) }

func newTree(root string, top int) *Tree {
	return &Tree{root: root, top: top, page: int64(os.Getpagesize()), byID: map[int]int{}}
}

// Scan lists the top process and its descendants, each once, parents before what they started. The slice
// is valid until the next Scan. It reads three small files for each of them and one for every other
// process of the system: about 30 µs each.
func (t *Tree) Scan() ([]Process, error) {
	if err := t.list(); err != nil {
		return nil, err
	}
	kept := 0
	for i := range t.all {
		if p := t.all[i]; t.below(p.PID) && t.measure(&p) {
			t.all[kept] = p
			kept++
		}
	}
	t.all = t.all[:kept]
	return t.all, nil
}

// list reads the parent and name of every process there is.
func (t *Tree) list() error {
	proc, err := os.Open(filepath.Join(t.root, "proc"))
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	t.all = t.all[:0]
	clear(t.byID)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if p, ok := parseStat(t.read(pid, "stat")); ok {
			p.PID = pid
			t.byID[pid] = len(t.all)
			t.all = append(t.all, p)
		}
	}
	return nil
}

// below reports whether a process is the top one or descends from it.
func (t *Tree) below(pid int) bool {
	for range len(t.all) {
		if pid == t.top {
			return true
		}
		i, ok := t.byID[pid]
		if !ok {
			return false
		}
		pid = t.all[i].Parent
	}
	return false // a circle, seen while processes came and went
}

// measure fills in how much memory a process has, false when it is gone.
func (t *Tree) measure(p *Process) bool {
	fields := bytes.Fields(t.read(p.PID, "statm"))
	if len(fields) < 3 {
		return false
	}
	resident, ok1 := number(fields[1])
	shared, ok2 := number(fields[2])
	p.Anon, p.File = max(0, resident-shared)*t.page, shared*t.page
	return ok1 && ok2
}

// read reads the beginning of a process's file, nothing when the process is gone.
func (t *Tree) read(pid int, file string) []byte {
	f, err := os.Open(filepath.Join(t.root, "proc", strconv.Itoa(pid), file))
	if err != nil {
		return nil
	}
	defer f.Close()
	n, _ := f.Read(t.buf[:])
	return t.buf[:n]
}

// parseStat reads "pid (name) state ppid …"; the name may hold anything.
func parseStat(stat []byte) (Process, bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return Process{}, false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 2 {
		return Process{}, false
	}
	parent, ok := number(fields[1])
	return Process{Parent: int(parent), Name: string(stat[open+1 : end])}, ok
}

// machineMemory is what the machine has, in bytes.
func machineMemory(root string) int64 {
	data, err := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return orInfinite(0)
	}
	for line := range bytes.Lines(data) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "MemTotal:" {
			if kb, ok := number(fields[1]); ok {
				return kb << 10
			}
		}
	}
	return orInfinite(0)
}
