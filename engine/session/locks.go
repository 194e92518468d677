package session

import "sync"

// locks is a mutex for each session that is being written; it is there only while somebody holds or
// waits for it.
type locks struct {
	mu  sync.Mutex
	all map[string]*lock
}

type lock struct {
	sync.Mutex
	users int // guarded by locks.mu
}

// lock waits for the session's mutex and returns what gives it back.
func (ls *locks) lock(id string) (unlock func()) {
	ls.mu.Lock()
	if ls.all == nil {
		ls.all = map[string]*lock{}
	}
	l := ls.all[id]
	if l == nil {
		l = &lock{}
		ls.all[id] = l
	}
	l.users++
	ls.mu.Unlock()
	l.Lock()
	return func() {
		l.Unlock()
		ls.mu.Lock()
		defer ls.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(ls.all, id)
		}
	}
}
