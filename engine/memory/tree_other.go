//go:build !linux

package memory

import (
	"fmt"

	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/process"
)

// Tree finds the processes below one, and how much memory each has.
type Tree struct {
	top   int
	owner ownerFunc
}

func newTree(_ string, top int, owner ownerFunc) *Tree { return &Tree{top, owner} }

// Scan lists the top process and its descendants. What a process shares with others cannot be told from
// its own memory here: all of it counts as its own.
func (t *Tree) Scan() ([]Process, error) {
	top, err := process.NewProcess(int32(t.top))
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	return t.append(nil, top, 0), nil
}

func (t *Tree) append(all []Process, p *process.Process, parent int) []Process {
	info, err := p.MemoryInfo()
	if err != nil {
		return all // gone
	}
	found := Process{PID: int(p.Pid), Parent: parent, Anon: int64(info.RSS)}
	found.Name, _ = p.Name()
	found.Started, _ = p.CreateTime()
	if t.owner != nil {
		found.Owner, _ = t.owner(found.PID)
	}
	all = append(all, found)
	children, _ := p.Children()
	for _, c := range children {
		all = t.append(all, c, int(p.Pid))
	}
	return all
}

// SplitShared would tell shared memory from mapped files; neither is known here.
func (t *Tree) SplitShared(*Process) {}

// Close gives back what the Tree keeps open: nothing here.
func (t *Tree) Close() error { return nil }

// machineMemory is what the machine has, in bytes.
func machineMemory(string) int64 {
	m, err := mem.VirtualMemory()
	if err != nil {
		return orInfinite(0)
	}
	return int64(m.Total)
}
