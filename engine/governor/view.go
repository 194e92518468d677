package governor

import (
	"slices"
	"time"

	"coder1/engine/pool"
)

// View is a picture of a State, safe to keep and to share.
type View struct {
	Now       time.Duration
	Used      int64 // bytes
	Known     bool  // memory could be measured
	Level     Level
	Tier      Tier
	Running   int // turns
	Slots     int // turns that may run at once
	Processes []Process
	Queue     []Queued
	Alerts    []Alert
	Frozen    []string      // groups that stand still
	Turn      time.Duration // usual length of a turn
	WaitError time.Duration // how far wait estimates were off, smoothed
	Estimates int           // how many went into WaitError
}

// Process is one on the pool's books, with its size.
type Process struct {
	pool.Process
	Prompt string // of the turn it is in
	Bytes  int64
}

// View takes a picture, with wait estimates as of now.
func (s *State) View(now time.Duration) View {
	v := View{
		Now: now, Used: s.memory.used, Known: s.memory.known, Level: s.level(), Tier: s.tier(),
		Running: len(s.running), Slots: s.slots(), Alerts: slices.Clone(s.alerts.active),
		Turn: s.waits.turn, WaitError: s.waits.error, Estimates: s.waits.count,
	}
	for _, g := range s.groups {
		if g.frozen && !g.doomed {
			v.Frozen = append(v.Frozen, g.ID)
		}
	}
	for _, q := range s.pool.All() {
		p := Process{Process: *q, Bytes: s.memory.of(q.ID)}
		if t := s.turnOn(q.ID); t != nil {
			p.Prompt = t.Prompt
		}
		v.Processes = append(v.Processes, p)
	}
	s.order = s.queue.Order(s.order[:0])
	for i, wait := range s.estimates(now) {
		p := s.prompts[s.order[i].ID]
		v.Queue = append(v.Queue, Queued{Prompt: p.Prompt, Session: p.Session, Position: i + 1, Wait: wait, Reason: p.blocked})
	}
	return v
}

// Figures is the part of a View that costs next to nothing.
type Figures struct {
	Used      int64 // bytes
	Known     bool  // memory could be measured
	Tier      Tier
	Waiting   int // prompts
	Processes int
}

// Figures takes the smallest picture there is.
func (s *State) Figures() Figures {
	return Figures{Used: s.memory.used, Known: s.memory.known, Tier: s.tier(), Waiting: s.queue.Len(), Processes: len(s.pool.All())}
}
