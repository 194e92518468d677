package engine

import (
	"maps"
	"slices"
	"sync"
)

// Watcher learns that something changed, not what: it is told to look again, and looks at its own pace.
// However slow it is, it costs the engine a few bytes and misses nothing but intermediate states.
type Watcher struct {
	// C receives when there is something to Take. It is closed when the engine closes.
	C <-chan struct{}

	set *watchers
	c   chan struct{}
	mu  struct {
		sync.Mutex
		follows  map[string]bool // session -> whether it changed since the last Take
		general  bool
		isClosed bool
	}
}

// watchers is everyone who watches.
type watchers struct {
	mu  sync.Mutex
	all map[*Watcher]bool
}

// Watch begins to watch the engine's status. Sessions are watched once Follow names them. The first Take
// reports everything as changed.
func (e *Engine) Watch() *Watcher {
	c := make(chan struct{}, 1)
	w := &Watcher{C: c, c: c, set: &e.watchers}
	w.mu.follows = map[string]bool{}
	w.mu.general = true
	w.wake()
	e.watchers.mu.Lock()
	defer e.watchers.mu.Unlock()
	if e.watchers.all == nil {
		e.watchers.all = map[*Watcher]bool{}
	}
	e.watchers.all[w] = true
	return w
}

// Close ends the watch.
func (w *Watcher) Close() {
	w.set.mu.Lock()
	defer w.set.mu.Unlock()
	delete(w.set.all, w)
}

// Follow begins to watch a session, as changed.
func (w *Watcher) Follow(session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.follows[session] = true
	w.wake()
}

// Unfollow stops watching a session.
func (w *Watcher) Unfollow(session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.mu.follows, session)
}

// Take says which of the followed sessions changed since the last Take, and whether anything else did.
func (w *Watcher) Take() (sessions []string, general bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(w.mu.follows)) {
		if w.mu.follows[id] {
			sessions = append(sessions, id)
			w.mu.follows[id] = false
		}
	}
	general, w.mu.general = w.mu.general, false
	return sessions, general
}

func (w *Watcher) wake() {
	if w.mu.isClosed {
		return
	}
	select {
	case w.c <- struct{}{}:
	default: // it will look anyway
	}
}

func (w *Watcher) mark(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	w.wake()
}

// changed tells everyone that something other than a session's log changed.
func (ws *watchers) changed() {
	ws.each(func(w *Watcher) { w.mark(func() { w.mu.general = true }) })
}

// sessionChanged tells those who follow the session.
func (ws *watchers) sessionChanged(id string) {
	ws.each(func(w *Watcher) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if _, follows := w.mu.follows[id]; follows {
			w.mu.follows[id] = true
			w.wake()
		}
	})
}

func (ws *watchers) closeAll() {
	ws.each(func(w *Watcher) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.mu.isClosed {
			w.mu.isClosed = true
			close(w.c)
		}
	})
}

func (ws *watchers) each(do func(*Watcher)) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for w := range ws.all {
		do(w)
	}
}
