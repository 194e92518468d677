package session

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble"
)

// Get reads a session's Meta.
func (s *Store) Get(id string) (Meta, error) {
	var m Meta
	raw, err := s.get(metaKey(id))
	if err != nil {
		return m, fmt.Errorf("session %s: %w", id, err)
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("session %s: %w", id, err)
	}
	return m, nil
}

// List reads the sessions of a user, or all when the user is empty, the latest used first.
func (s *Store) List(user string) ([]Meta, error) {
	var all []Meta
	err := scan(s, []byte("s/"), func(_ []byte, m Meta) bool {
		if user == "" || m.User == user {
			all = append(all, m)
		}
		return true
	})
	slices.SortStableFunc(all, func(a, b Meta) int { return b.Updated.Compare(a.Updated) })
	return all, err
}

// Prompt reads a prompt that waits or runs.
func (s *Store) Prompt(id string) (Prompt, error) {
	var p Prompt
	raw, err := s.get(promptKey(id))
	if err != nil {
		return p, fmt.Errorf("prompt %s: %w", id, err)
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, fmt.Errorf("prompt %s: %w", id, err)
	}
	return p, nil
}

// Prompts reads all prompts that wait or run, in the order of the line.
func (s *Store) Prompts() ([]Prompt, error) {
	var all []Prompt
	err := scan(s, []byte("p/"), func(_ []byte, p Prompt) bool {
		all = append(all, p)
		return true
	})
	slices.SortFunc(all, func(a, b Prompt) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return all, err
}

// Events reads the events after a sequence number, oldest first: at most limit, and no more than maxBytes
// of data, but at least one.
func (s *Store) Events(id string, after int64, limit, maxBytes int) ([]Event, error) {
	if events, ok := s.active.after(id, after, limit, maxBytes); ok {
		return events, nil
	}
	if _, err := s.Get(id); err != nil {
		return nil, err
	}
	page := page{limit: limit, bytes: maxBytes}
	err := s.scanEvents(id, after, page.add)
	return page.events, err
}

// Before reads the last events before a sequence number, oldest first, within the bounds of Events.
func (s *Store) Before(id string, before int64, limit, maxBytes int) ([]Event, error) {
	if _, err := s.Get(id); err != nil {
		return nil, err
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: eventPrefix(id), UpperBound: eventKey(id, before)})
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", id, err)
	}
	defer it.Close()
	page := page{limit: limit, bytes: maxBytes}
	for ok := it.Last(); ok; ok = it.Prev() {
		e, err := decode(it.Key(), it.Value())
		if err != nil {
			return nil, err
		}
		if !page.add(e) {
			break
		}
	}
	slices.Reverse(page.events)
	return page.events, it.Error()
}

// Stream reads all events after a sequence number, oldest first, one at a time, until fn fails or the
// context ends. However long the log, it takes the memory of one event.
func (s *Store) Stream(ctx context.Context, id string, after int64, fn func(Event) error) error {
	if _, err := s.Get(id); err != nil {
		return err
	}
	var stopped error
	err := s.scanEvents(id, after, func(e Event) bool {
		if stopped = ctx.Err(); stopped == nil {
			stopped = fn(e)
		}
		return stopped == nil
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// page collects events within bounds.
type page struct {
	limit, bytes int
	events       []Event
}

// add takes an event, and reports whether there may be room for another.
func (p *page) add(e Event) bool {
	if len(p.events) >= p.limit || len(p.events) > 0 && p.bytes < len(e.Data) {
		return false
	}
	p.bytes -= len(e.Data)
	p.events = append(p.events, e)
	return true
}

func (s *Store) scanEvents(id string, seq int64, each func(Event) bool) error {
	prefix := eventPrefix(id)
	return scanRange(s, eventKey(id, seq+1), after(prefix), func(key []byte, v stored) bool {
		return each(Event{seqOf(key), v.Time, v.Type, v.Data})
	})
}

func decode(key, value []byte) (Event, error) {
	var v stored
	if err := json.Unmarshal(value, &v); err != nil {
		return Event{}, fmt.Errorf("event %q: %w", key, err)
	}
	return Event{seqOf(key), v.Time, v.Type, v.Data}, nil
}

func scan[T any](s *Store, prefix []byte, each func(key []byte, value T) bool) error {
	return scanRange(s, prefix, after(prefix), each)
}

// scanRange reads the values from a key up to another until each returns false.
func scanRange[T any](s *Store, from, to []byte, each func(key []byte, value T) bool) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		var v T
		if err := json.Unmarshal(it.Value(), &v); err != nil {
			return fmt.Errorf("read %q: %w", it.Key(), err)
		}
		if !each(it.Key(), v) {
			break
		}
	}
	return it.Error()
}
