// Package pool keeps the books on agent processes: which there are, whose they are, what they are doing,
// and which one a session should get. It decides nothing about memory and starts nothing. Pure.
package pool

import (
	"slices"
	"time"
)

// State is what a process is doing.
type State int

// The states of a process.
const (
	Starting State = iota // launched for a turn, not yet ready
	Running               // in a turn
	Idle                  // ready, between turns
	Stopping              // told to go, not yet confirmed gone
)

func (s State) String() string {
	return stateNames[s]
}

// MarshalText writes the state's name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Process is one entry in the books.
type Process struct {
	ID      int
	Session string // whose conversation it holds; exactly one owner at any time
	Profile string // processes of one profile may be reset for one another's sessions
	Agent   string // kind
	State   State
	Since   time.Duration // when State began
	Turns   int           // turns begun
	Tied    bool          // it cannot be reset for another session
}

// How says by which way a session gets its process.
type How int

// The ways, in the order in which they are preferred.
const (
	Wait    How = iota // not now
	Warm               // the session's own process
	Reset              // another session's idle process, with its conversation cleared
	New                // a new process for a new conversation
	Resumed            // a new process that continues the conversation from disk
)

func (h How) String() string {
	return howNames[h]
}

// MarshalText writes the way's name.
func (h How) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Want describes a session that needs a process.
type Want struct {
	Session string
	Profile string
	Agent   string
	History bool // the session has a conversation to continue
}

// Choice is the pool's answer to a Want.
type Choice struct {
	How     How
	Process int // for Warm and Reset
	Evict   int // for New and Resumed: this idle process must be gone first; 0 for none
}

// Pool is the books. Max is the most processes that may exist, 0 for as many as there are sessions
// (no pooling: a process per session).
type Pool struct {
	Max int

	last  int
	procs []*Process // by ID, ascending
}

// Choose says how the session should get a process, without changing anything: its own warm one; an idle
// one of the same profile, reset, when there is no history to continue; a free slot; or the slot of the
// process idle for longest. Wait when all are busy, or when the session's own is on its way out.
func (p *Pool) Choose(w Want) Choice {
	if own := p.Of(w.Session); own != nil {
		if own.State == Idle {
			return Choice{How: Warm, Process: own.ID}
		}
		return Choice{}
	}
	how := New
	if w.History {
		how = Resumed
	}
	if p.Max == 0 {
		return Choice{How: how}
	}
	if !w.History {
		same := func(q *Process) bool { return !q.Tied && q.Profile == w.Profile && q.Agent == w.Agent }
		if q := p.LeastRecentlyUsed(same); q != nil {
			return Choice{How: Reset, Process: q.ID}
		}
	}
	if len(p.procs) < p.Max {
		return Choice{How: how}
	}
	if q := p.LeastRecentlyUsed(nil); q != nil {
		return Choice{How: how, Evict: q.ID}
	}
	return Choice{}
}

// LeastRecentlyUsed is the process idle for longest among those that match, nil for none. A nil match
// accepts all.
func (p *Pool) LeastRecentlyUsed(match func(*Process) bool) *Process {
	var lru *Process
	for _, q := range p.procs {
		if q.State == Idle && (match == nil || match(q)) && (lru == nil || q.Since < lru.Since) {
			lru = q
		}
	}
	return lru
}

// Add enters a new process, Starting for the session, and returns it.
func (p *Pool) Add(now time.Duration, w Want) *Process {
	p.last++
	q := &Process{ID: p.last, Session: w.Session, Profile: w.Profile, Agent: w.Agent, State: Starting, Since: now, Turns: 1}
	p.procs = append(p.procs, q)
	return q
}

// Lease gives an idle process to the session for a turn.
func (p *Pool) Lease(now time.Duration, id int, session string) {
	if q := p.Get(id); q != nil {
		q.Session, q.Turns = session, q.Turns+1
		q.to(now, Running)
	}
}

// Set moves a process to a state.
func (p *Pool) Set(now time.Duration, id int, s State) {
	if q := p.Get(id); q != nil {
		q.to(now, s)
	}
}

func (q *Process) to(now time.Duration, s State) { q.State, q.Since = s, now }

// Remove takes a process that is confirmed gone off the books and returns its last entry, nil when unknown.
func (p *Pool) Remove(id int) *Process {
	for i, q := range p.procs {
		if q.ID == id {
			p.procs = slices.Delete(p.procs, i, i+1)
			return q
		}
	}
	return nil
}

// Get finds a process by its ID, nil when there is none.
func (p *Pool) Get(id int) *Process {
	for _, q := range p.procs {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// Of finds the process that holds a session's conversation, nil when there is none.
func (p *Pool) Of(session string) *Process {
	for _, q := range p.procs {
		if q.Session == session {
			return q
		}
	}
	return nil
}

// All lists the processes by ID. The slice is the pool's own: read it, do not keep it.
func (p *Pool) All() []*Process { return p.procs }

// Count is how many processes are in the state.
func (p *Pool) Count(s State) int {
	n := 0
	for _, q := range p.procs {
		if q.State == s {
			n++
		}
	}
	return n
}
