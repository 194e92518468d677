package workspace

import (
	"slices"
	"sync"
)

// locks let one at a time change a file. There are as many as changes under way.
type locks struct {
	mu  sync.Mutex
	all map[string]*lock
}

type lock struct {
	sync.Mutex
	holders int // who hold it or wait for it
}

// take locks files by name, in an order that is the same for everyone, and returns what unlocks them.
func (l *locks) take(names ...string) (release func()) {
	slices.Sort(names)
	names = slices.Compact(names)
	for _, n := range names {
		l.mu.Lock()
		if l.all == nil {
			l.all = map[string]*lock{}
		}
		if l.all[n] == nil {
			l.all[n] = &lock{}
		}
		one := l.all[n]
		one.holders++
		l.mu.Unlock()
		one.Lock()
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, n := range names {
			one := l.all[n]
			one.Unlock()
			if one.holders--; one.holders == 0 {
				delete(l.all, n)
			}
		}
	}
}

// lock locks paths of a workspace.
func (f *Files) lock(paths ...string) (release func()) {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = f.Name + "/" + p
	}
	return f.set.locks.take(names...)
}
