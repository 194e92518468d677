package governor

import (
	"slices"
	"time"
)

// group is one that was measured, and what is being done about it.
type group struct {
	Group
	marks  [2]int64 // its sizes at the last two marks, the older one first
	marked time.Duration
	frozen bool
	since  time.Duration // when it was frozen, or doomed
	doomed bool          // told to be killed, not yet gone
	seen   bool          // in the attribution being taken in
}

// markEvery is half the time over which growth decides who is guilty: long enough for a leak to stand out
// from the ups and downs of honest work, short enough for what has become steady to be forgotten.
const markEvery = time.Second

// growth is what a group gained within the last markEvery to twice that.
func (g *group) growth() int64 { return g.Bytes - g.marks[0] }

func (g *group) measure(now time.Duration, m Group) {
	g.Group, g.seen = m, true
	if now-g.marked >= markEvery {
		g.marks = [2]int64{g.marks[1], m.Bytes}
		g.marked = now
	}
}

// attribute takes in whose memory it is.
func (s *State) attribute(measured []Group) {
	for _, g := range s.groups {
		g.seen = false
	}
	for i := range measured {
		m := measured[i]
		if m.Kind == KindAgent {
			s.memory.grew(m.Process, m.Bytes)
		}
		g := s.group(m.ID)
		if g == nil {
			g = &group{marked: s.now} // from nothing: all that it has is growth
			s.groups = append(s.groups, g)
		}
		g.measure(s.now, m)
	}
	// What is frozen or doomed stays on the books until its end is told: a look may miss it.
	s.groups = slices.DeleteFunc(s.groups, func(g *group) bool { return !g.seen && !g.frozen && !g.doomed })
}

// group finds a group by its name, nil when it was not measured.
func (s *State) group(id string) *group {
	for _, g := range s.groups {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// ungroup takes groups off the books and their memory with them, until the next sample tells the truth.
// What an agent process itself has is taken off with the process.
func (s *State) ungroup(gone func(*group) bool) {
	s.groups = slices.DeleteFunc(s.groups, func(g *group) bool {
		if !gone(g) {
			return false
		}
		if g.Kind != KindAgent {
			s.memory.takeOff(g.Bytes)
		}
		return true
	})
}

// sessionOf is whose a group is, "" for nobody's.
func (s *State) sessionOf(g *group) string {
	if q := s.pool.Get(g.Process); q != nil {
		return q.Session
	}
	return ""
}
