package session

import (
	"slices"
	"sync"
)

// shared lets those who read the same page of a log at about the same time share one reading of it: who
// follows a session asks for what all its followers ask for.
type shared struct {
	mu    sync.Mutex
	pages []*sharedPage // the latest asked for last
}

// pageKey names a page. The log's end at the time is part of it, so that nobody is given a page from before
// something that he has been told of.
type pageKey struct {
	session         string
	after           int64
	limit, maxBytes int
	end             int64
}

type sharedPage struct {
	key    pageKey
	ready  chan struct{} // closed when the rest is there
	events []Event
	err    error
}

// Bounds of what is kept of pages that have been read.
const (
	sharedPages = 4
	sharedBytes = 256 << 10 // of each; larger ones are shared only while they are being read
)

// read returns a page, reading it if nobody else does or just did.
func (s *shared) read(key pageKey, read func() ([]Event, error)) ([]Event, error) {
	s.mu.Lock()
	if i := slices.IndexFunc(s.pages, func(p *sharedPage) bool { return p.key == key }); i >= 0 {
		p := s.pages[i]
		s.pages = append(slices.Delete(s.pages, i, i+1), p)
		s.mu.Unlock()
		<-p.ready
		return slices.Clone(p.events), p.err
	}
	p := &sharedPage{key: key, ready: make(chan struct{})}
	s.pages = append(s.pages, p)
	if len(s.pages) > sharedPages {
		s.pages = slices.Delete(s.pages, 0, len(s.pages)-sharedPages)
	}
	s.mu.Unlock()
	func() {
		defer close(p.ready)
		p.events, p.err = read()
	}()
	bytes := int64(0)
	for _, e := range p.events {
		bytes += eventBytes(e)
	}
	if p.err != nil || bytes > sharedBytes {
		s.forget(func(other *sharedPage) bool { return other == p })
	}
	return slices.Clone(p.events), p.err
}

// drop forgets the pages of a session whose stored events have changed, and dropAll those of all.
func (s *shared) drop(id string) {
	s.forget(func(p *sharedPage) bool { return p.key.session == id })
}

func (s *shared) dropAll() { s.forget(func(*sharedPage) bool { return true }) }

func (s *shared) forget(which func(*sharedPage) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages = slices.DeleteFunc(s.pages, which)
}
