package session

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble"
)

// Sessions are listed from an index in the store, ordered by the minute they were last used in, so that a
// page of a list costs the same however many there are. In memory there is only how many each workspace has.

// counts is how many sessions there are.
type counts struct {
	mu        sync.Mutex
	total     int
	workspace map[string]int // workspace -> sessions
}

func (c *counts) add(workspace string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.workspace == nil {
		c.workspace = map[string]int{}
	}
	c.total += n
	if c.workspace[workspace] += n; c.workspace[workspace] == 0 {
		delete(c.workspace, workspace)
	}
}

func (c *counts) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total, c.workspace = 0, nil
}

// change counts a session whose Meta changed; old is nil for a new one, and m for one that goes.
func (c *counts) change(old, m *Meta) {
	old, m = shown(old), shown(m)
	if old != nil && m != nil && old.Workspace == m.Workspace {
		return
	}
	if old != nil {
		c.add(old.Workspace, -1)
	}
	if m != nil {
		c.add(m.Workspace, 1)
	}
}

// shown is a Meta, or nil when its session is hidden: that is neither listed nor counted.
func shown(m *Meta) *Meta {
	if m == nil || m.Hidden {
		return nil
	}
	return m
}

// Count is how many sessions there are that are not hidden, in all and by workspace.
func (s *Store) Count() (total int, byWorkspace map[string]int) {
	s.counts.mu.Lock()
	defer s.counts.mu.Unlock()
	return s.counts.total, maps.Clone(s.counts.workspace)
}

// Each reads the sessions one by one, in the order of their IDs, until it is told to stop.
func (s *Store) Each(visit func(Meta) bool) error { return s.noticed(eachMeta(s.db, visit)) }

// List reads the sessions of a user, or all when the user is empty, the latest used first. It takes the
// memory of them all: Page does not.
func (s *Store) List(user string) ([]Meta, error) {
	var all []Meta
	err := s.Each(func(m Meta) bool {
		if user == "" || m.User == user {
			all = append(all, m)
		}
		return true
	})
	slices.SortStableFunc(all, order)
	return all, err
}

// order is that of lists: the latest used first.
func order(a, b Meta) int {
	return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.ID, b.ID))
}

// Query says which sessions a page has.
type Query struct {
	Limit   int    // sessions at most
	After   *Meta  // only those behind it in the list; its ID and Updated count
	Title   string // only those with this in their titles, in whatever case
	Matches func(Meta) bool
}

func (q Query) wants(m Meta) bool {
	return (q.After == nil || order(*q.After, m) < 0) &&
		(q.Title == "" || strings.Contains(strings.ToLower(m.Title), strings.ToLower(q.Title))) &&
		(q.Matches == nil || q.Matches(m))
}

// Page reads a page of the list of sessions, the latest used first. It takes the memory of one page.
func (s *Store) Page(q Query) (found []Meta, err error) {
	from := []byte("u/")
	if q.After != nil {
		from = usedPrefix(q.After.Updated)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: after([]byte("u/"))})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	defer func() { _ = it.Close() }()
	current := uint64(0) // minute whose sessions are being read: within it they are not in order
	for ok := it.First(); ok; ok = it.Next() {
		id, at := usedOf(it.Key())
		if at != current && len(found) >= q.Limit {
			break
		}
		current = at
		m, err := s.Get(id)
		if errors.Is(err, ErrNotFound) {
			continue // deleted since the list was begun
		}
		if err != nil {
			return nil, err
		}
		if !q.wants(m) {
			continue
		}
		i, twice := slices.BinarySearchFunc(found, m, order)
		if i < q.Limit && !twice {
			found = slices.Insert(found, i, m)
			found = found[:min(len(found), q.Limit)]
		}
	}
	return found, s.noticed(it.Error())
}

// Pinned lists the sessions that are pinned, the latest used first.
func (s *Store) Pinned() ([]Meta, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte("n/"), UpperBound: after([]byte("n/"))})
	if err != nil {
		return nil, fmt.Errorf("list pinned sessions: %w", err)
	}
	defer func() { _ = it.Close() }()
	var all []Meta
	for ok := it.First(); ok; ok = it.Next() {
		m, err := s.Get(string(it.Key()[len("n/"):]))
		if err == nil {
			all = append(all, m)
		} else if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	slices.SortFunc(all, order)
	return all, s.noticed(it.Error())
}

// Unused goes through the sessions that were last used before a time, the longest unused first, until it
// is told to stop. Shortened says that nothing is left in it to shorten.
func (s *Store) Unused(before time.Time, visit func(id string, shortened bool) bool) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: usedPrefix(before), UpperBound: after([]byte("u/"))})
	if err != nil {
		return fmt.Errorf("list unused sessions: %w", err)
	}
	defer func() { _ = it.Close() }()
	for ok := it.Last(); ok; ok = it.Prev() {
		if id, _ := usedOf(it.Key()); !visit(id, string(it.Value()) == "1") {
			break
		}
	}
	return s.noticed(it.Error())
}

// index keeps the lists in step with a session's Meta; old is nil for a new one, and m for one that goes.
func index(b *pebble.Batch, old, m *Meta) error {
	old, m = shown(old), shown(m)
	moved := old == nil || m == nil || minute(old.Updated) != minute(m.Updated)
	pinned := m != nil && m.Pinned
	var errs []error
	if old != nil && moved {
		errs = append(errs, b.Delete(usedKey(old.ID, old.Updated), nil))
	}
	if m != nil && moved {
		errs = append(errs, b.Set(usedKey(m.ID, m.Updated), nil, nil))
	}
	switch was := old != nil && old.Pinned; {
	case pinned && !was:
		errs = append(errs, b.Set(pinKey(m.ID), nil, nil))
	case was && !pinned:
		errs = append(errs, b.Delete(pinKey(old.ID), nil))
	}
	return errors.Join(errs...)
}

// countAll counts the sessions. It reads each Meta once, so that one that cannot be read is found at the start.
func (s *Store) countAll() error {
	return eachMeta(s.db, func(m Meta) bool {
		s.counts.change(nil, &m)
		return true
	})
}
