//go:build !linux

package memory

import (
	"fmt"

	"github.com/shirou/gopsutil/v3/mem"
	"github.com/shirou/gopsutil/v3/process"
)

// Tree finds the processes below one, and how much memory each has.
type Tree struct{ top int }

// NewTree makes a Tree of a process and its descendants.
func NewTree(top int) *Tree { return &Tree{top} }

func newTree(_ string, top int) *Tree { return NewTree(top) }

// Scan lists the top process and its descendants. What a process shares with others cannot be told from
// its own memory here: all of it counts as its own.
func (t *Tree) Scan() ([]Process, error) {
	top, err := process.NewProcess(int32(t.top))
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	return appendTree(nil, top, 0), nil
}

func appendTree(all []Process, p *process.Process, parent int) []Process {
	info, err := p.MemoryInfo()
	if err != nil {
		return all // gone
	}
	name, _ := p.Name()
	all = append(all, Process{PID: int(p.Pid), Parent: parent, Name: name, Anon: int64(info.RSS)})
	children, _ := p.Children()
	for _, c := range children {
		all = appendTree(all, c, int(p.Pid))
	}
	return all
}

// machineMemory is what the machine has, in bytes.
func machineMemory(string) int64 {
	m, err := mem.VirtualMemory()
	if err != nil {
		return orInfinite(0)
	}
	return int64(m.Total)
}
