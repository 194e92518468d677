package session

import (
	"slices"
	"sync"
)

// active keeps the latest events of the sessions that are being written, so that those who follow them
// do not read from disk what was just written there.
type active struct {
	max   int   // sessions
	bytes int64 // of each

	mu    sync.Mutex
	tails []*tailOf // the latest written last
}

// tailOf is the end of a session's log, without gaps.
type tailOf struct {
	session string
	events  []Event
	bytes   int64
}

// append adds what was just written. A tail that does not connect begins anew: writers of one session
// come here one after the other, but the session may have been dropped in between.
func (a *active) append(id string, events []Event) {
	if a.max == 0 || len(events) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.take(id)
	if t == nil {
		t = &tailOf{session: id}
	}
	if n := len(t.events); n > 0 && t.events[n-1].Seq+1 != events[0].Seq {
		t.events, t.bytes = nil, 0
	}
	for _, e := range events {
		t.events = append(t.events, e)
		t.bytes += eventBytes(e)
	}
	for len(t.events) > 0 && t.bytes > a.bytes {
		t.bytes -= eventBytes(t.events[0])
		t.events = slices.Delete(t.events, 0, 1)
	}
	a.tails = append(a.tails, t)
	if len(a.tails) > a.max {
		a.tails = slices.Delete(a.tails, 0, len(a.tails)-a.max)
	}
}

// eventBytes is what an event takes in memory, near enough.
func eventBytes(e Event) int64 { return int64(len(e.Data)+len(e.Type)) + 96 }

// after answers Events from memory, if all that is asked for is there.
func (a *active) after(id string, seq int64, limit, maxBytes int) ([]Event, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	i := a.index(id)
	if i < 0 || len(a.tails[i].events) == 0 || a.tails[i].events[0].Seq > seq+1 {
		return nil, false
	}
	page := page{limit: limit, bytes: maxBytes}
	for _, e := range a.tails[i].events {
		if e.Seq > seq && !page.add(e) {
			break
		}
	}
	return page.events, true
}

func (a *active) drop(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.take(id)
}

func (a *active) take(id string) *tailOf {
	i := a.index(id)
	if i < 0 {
		return nil
	}
	t := a.tails[i]
	a.tails = slices.Delete(a.tails, i, i+1)
	return t
}

func (a *active) index(id string) int {
	return slices.IndexFunc(a.tails, func(t *tailOf) bool { return t.session == id })
}

// Active is how many sessions have a context in memory, and its bytes.
func (s *Store) Active() (sessions int, bytes int64) {
	s.active.mu.Lock()
	defer s.active.mu.Unlock()
	for _, t := range s.active.tails {
		bytes += t.bytes
	}
	return len(s.active.tails), bytes
}

// DropContexts drops the contexts of all but the latest used sessions, and returns the bytes freed.
func (s *Store) DropContexts(keep int) (freed int64) {
	s.shared.dropAll()
	s.active.mu.Lock()
	defer s.active.mu.Unlock()
	for len(s.active.tails) > keep {
		freed += s.active.tails[0].bytes
		s.active.tails = slices.Delete(s.active.tails, 0, 1)
	}
	return freed
}
