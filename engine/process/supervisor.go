package process

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// markerName is the environment variable that every program we start has, and its children inherit. Its
// value is "<engine's ID>:<owner>".
const markerName = "CODER1_OWNER"

// Options say how a Supervisor is made.
type Options struct {
	Self string // path of this executable, which is started again as a helper; empty: found out
	// ID names this engine for ever, so that its next start finds what its last one left behind. Whoever
	// makes a Supervisor must be the only one with this ID: the leftovers are killed.
	ID string
}

// A Supervisor starts programs and knows everything that came of them. Methods may be called from any
// goroutine.
type Supervisor struct {
	id   string
	self string

	starting sync.RWMutex // held for reading while a program is being started, for writing to end that
	closing  sync.Once
	closeErr error
	system   system

	mu struct {
		sync.Mutex
		closed    bool
		owners    map[string]bool // of processes that are starting or live
		processes []*Process      // in order of their start
	}
}

// NewSupervisor kills what an earlier run with the same ID has left behind, starts the guard that will kill
// what this run leaves behind, and makes this process the parent of orphaned descendants.
func NewSupervisor(o Options) (*Supervisor, error) {
	if o.ID == "" || strings.ContainsAny(o.ID, ":=\x00") {
		return nil, fmt.Errorf("supervise processes: %q cannot be an ID", o.ID)
	}
	if o.Self == "" {
		self, err := ownPath()
		if err != nil {
			return nil, fmt.Errorf("supervise processes: find this program's own path: %w", err)
		}
		o.Self = self
	}
	s := &Supervisor{id: o.ID, self: o.Self}
	s.mu.owners = map[string]bool{}
	if err := s.system.open(s); err != nil {
		return nil, fmt.Errorf("supervise processes: %w", err)
	}
	return s, nil
}

// Start runs a program as the root of a new tree.
func (s *Supervisor) Start(spec Spec) (*Process, error) {
	s.starting.RLock()
	defer s.starting.RUnlock()
	defer spec.TTY.Close() // a nil file answers with an error
	if err := s.reserve(spec.Owner); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	p, err := start(s, spec)
	if err != nil {
		s.release(spec.Owner)
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	s.mu.Lock()
	s.mu.processes = append(s.mu.processes, p)
	s.mu.Unlock()
	go p.live()
	return p, nil
}

// reserve takes an owner's name for a new tree.
func (s *Supervisor) reserve(owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.mu.closed:
		return os.ErrClosed
	case owner == "" || strings.Contains(owner, "\x00"):
		return fmt.Errorf("%q cannot be an owner", owner)
	case s.mu.owners[owner]:
		return fmt.Errorf("%s has a process already", owner)
	}
	s.mu.owners[owner] = true
	return nil
}

func (s *Supervisor) release(owner string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.owners, owner)
}

// Processes are those that are not gone yet, in order of their start.
func (s *Supervisor) Processes() []*Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mu.processes)
}

// Idle reports that nothing runs, nor is being started.
func (s *Supervisor) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mu.owners) == 0
}

// Close kills every tree, waits until all are gone, and ends the guard. It may be called twice.
func (s *Supervisor) Close() error {
	s.closing.Do(func() {
		s.refuse()
		left := s.Processes()
		for _, p := range left {
			p.Kill()
		}
		for _, p := range left {
			<-p.Done()
		}
		s.closeErr = s.system.close()
	})
	return s.closeErr
}

// refuse lets no program start any more, and waits for those that are starting.
func (s *Supervisor) refuse() {
	s.starting.Lock()
	defer s.starting.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.closed = true
}

// marker is the variable that marks an owner's programs.
func (s *Supervisor) marker(owner string) string { return markerName + "=" + s.id + ":" + owner }

func (s *Supervisor) forget(p *Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.mu.owners, p.Owner())
	s.mu.processes = slices.DeleteFunc(s.mu.processes, func(q *Process) bool { return q == p })
}
