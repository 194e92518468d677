package workspace

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// Bounds of watching.
const (
	maxChanges    = 1000 // of a workspace, that nobody has taken yet; beyond, all has to be looked at again
	maxWatched    = 4096 // folders of a workspace
	maxWatchedAll = 8192 // folders in all
	maxFollowed   = 8    // workspaces of one Watcher
)

// ErrFollowed says that a Watcher has enough to watch.
var ErrFollowed = errors.New("at most 8 workspaces are watched at once")

// ChangeKind is what happened to a file or folder.
type ChangeKind string

// The kinds of changes.
const (
	Created ChangeKind = "created" // it is there now, perhaps in the place of another
	Changed ChangeKind = "changed"
	Removed ChangeKind = "removed"
)

// Change is a change of a file or folder.
type Change struct {
	Path string
	Kind ChangeKind
}

// Changes are those of a workspace since they were last taken.
type Changes struct {
	Workspace string
	Changes   []Change // by path
	Resync    bool     // there were more than are listed: look at everything again
}

// Watcher learns what changes in the workspaces it follows. Changes are told 100 ms after the first of them,
// and one path's as one. Folders that ignore files name, node_modules and most of .git are not watched. The
// first that is told of a workspace is a resync, once it is watched.
type Watcher struct {
	// C receives when there is something to Take.
	C <-chan struct{}

	set *Set
	c   chan struct{}
	mu  struct {
		sync.Mutex
		closed   bool
		followed map[string]*pending // workspace -> its changes
	}
}

// pending are changes that were not taken yet.
type pending struct {
	changes map[string]ChangeKind
	resync  bool
}

// Watch makes a Watcher that follows nothing yet. It has to be closed.
func (s *Set) Watch() *Watcher {
	c := make(chan struct{}, 1)
	w := &Watcher{C: c, c: c, set: s}
	w.mu.followed = map[string]*pending{}
	return w
}

// Follow begins to watch a workspace.
func (w *Watcher) Follow(name string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.mu.closed || w.mu.followed[name] != nil:
		return nil
	case len(w.mu.followed) >= maxFollowed:
		return ErrFollowed
	}
	w.mu.followed[name] = &pending{}
	if err := w.set.watching.follow(w.set, name, w); err != nil {
		delete(w.mu.followed, name)
		return err
	}
	return nil
}

// Unfollow stops watching a workspace.
func (w *Watcher) Unfollow(name string) {
	w.mu.Lock()
	_, follows := w.mu.followed[name]
	delete(w.mu.followed, name)
	w.mu.Unlock()
	if follows {
		w.set.watching.unfollow(name, w)
	}
}

// Close ends the watch.
func (w *Watcher) Close() {
	w.mu.Lock()
	w.mu.closed = true
	names := slices.Collect(maps.Keys(w.mu.followed))
	w.mu.Unlock()
	for _, n := range names {
		w.Unfollow(n)
	}
}

// Take returns what changed since the last Take.
func (w *Watcher) Take() []Changes {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Changes
	for _, name := range slices.Sorted(maps.Keys(w.mu.followed)) {
		p := w.mu.followed[name]
		if !p.resync && len(p.changes) == 0 {
			continue
		}
		c := Changes{Workspace: name, Resync: p.resync}
		for _, path := range slices.Sorted(maps.Keys(p.changes)) {
			c.Changes = append(c.Changes, Change{path, p.changes[path]})
		}
		all = append(all, c)
		*p = pending{}
	}
	return all
}

// tell adds changes to those that were not taken yet.
func (w *Watcher) tell(name string, changes map[string]ChangeKind, resync bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.mu.followed[name]
	if p == nil {
		return
	}
	p.add(changes, resync)
	select {
	case w.c <- struct{}{}:
	default: // it will look anyway
	}
}

func (p *pending) add(changes map[string]ChangeKind, resync bool) {
	if p.changes == nil {
		p.changes = map[string]ChangeKind{}
	}
	for path, kind := range changes {
		p.changes[path] = merge(p.changes[path], kind)
	}
	if p.resync = p.resync || resync || len(p.changes) > maxChanges; p.resync {
		p.changes = nil
	}
}

// merge is what two changes of one path come to.
func merge(first, then ChangeKind) ChangeKind {
	switch {
	case first == Created && then == Changed:
		return Created
	case first == Removed && then == Created:
		return Changed
	}
	return then
}

// watching is who watches what: one lookout for each workspace that is followed.
type watching struct {
	// mu is taken after a Watcher's.
	mu       sync.Mutex
	lookouts map[string]*lookout
	budget   budget
}

func (ws *watching) follow(s *Set, name string, w *Watcher) error {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	l := ws.lookouts[name]
	if l == nil {
		files, err := s.Files(name)
		if err != nil {
			return err
		}
		if ws.lookouts == nil {
			ws.lookouts = map[string]*lookout{}
		}
		ws.lookouts[name] = newLookout(files, &ws.budget, openNotifier, w)
		return nil
	}
	l.join(w)
	return nil
}

func (ws *watching) unfollow(name string, w *Watcher) {
	ws.mu.Lock()
	l := ws.lookouts[name]
	last := l != nil && l.leave(w)
	if last {
		delete(ws.lookouts, name)
	}
	ws.mu.Unlock()
	if last {
		l.stop()
	}
}

// poke tells who watches a workspace that it was made or deleted.
func (ws *watching) poke(name string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if l := ws.lookouts[name]; l != nil {
		select {
		case l.poke <- struct{}{}:
		default: // it will look anyway
		}
	}
}

// budget is how many more folders may be watched in all.
type budget struct {
	mu   sync.Mutex
	used int
}

func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.used >= maxWatchedAll {
		return false
	}
	b.used++
	return true
}

func (b *budget) giveBack(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
}
