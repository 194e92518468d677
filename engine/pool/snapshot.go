package pool

import (
	"fmt"
	"slices"
)

// Snapshot is a Pool without its Max, in a form that can be kept.
type Snapshot struct {
	Last      int // ID of the process added last
	Processes []Process
}

// Snapshot returns all that the books say.
func (p *Pool) Snapshot() Snapshot {
	s := Snapshot{Last: p.last}
	for _, q := range p.procs {
		s.Processes = append(s.Processes, *q)
	}
	return s
}

// Restore makes a pool of at most most processes (see Pool.Max) that goes on where another was when the
// snapshot was taken.
func Restore(most int, s Snapshot) Pool {
	p := Pool{Max: most, last: s.Last}
	for _, q := range s.Processes {
		p.procs = append(p.procs, &q)
	}
	return p
}

var (
	stateNames = [...]string{"starting", "running", "idle", "stopping"}
	howNames   = [...]string{"wait", "warm", "reset", "new", "resumed"}
)

// UnmarshalText reads what MarshalText writes.
func (s *State) UnmarshalText(name []byte) error {
	i := slices.Index(stateNames[:], string(name))
	if i < 0 {
		return fmt.Errorf("%q is no state of a process; they are %q", name, stateNames)
	}
	*s = State(i)
	return nil
}

// UnmarshalText reads what MarshalText writes.
func (h *How) UnmarshalText(name []byte) error {
	i := slices.Index(howNames[:], string(name))
	if i < 0 {
		return fmt.Errorf("%q is no way to get a process; they are %q", name, howNames)
	}
	*h = How(i)
	return nil
}
