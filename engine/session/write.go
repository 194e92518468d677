package session

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble"
)

// Change is what Write does to one session, all or nothing.
type Change struct {
	Events []Event     // to append; Seq is assigned, and Time where it is zero
	Meta   func(*Meta) // changes the session's Meta
	Put    []Prompt    // to store; one that is there keeps its place in line, and without a Text also its text
	Remove []string    // prompts to delete
}

// Create stores a new session, ErrExists when it is there. Created and Updated are set to now where they
// are zero.
func (s *Store) Create(m Meta) (Meta, error) {
	now := s.options.Now().UTC()
	if m.Created.IsZero() {
		m.Created = now
	}
	if m.Updated.IsZero() {
		m.Updated = now
	}
	unlock := s.writers.lock(m.ID)
	defer unlock()
	if _, err := s.Get(m.ID); !errors.Is(err, ErrNotFound) {
		return Meta{}, cmp.Or(err, fmt.Errorf("session %s: %w", m.ID, ErrExists))
	}
	if err := s.ready(true); err != nil {
		return Meta{}, err
	}
	b := s.db.NewBatch()
	if err := errors.Join(index(b, nil, &m), putMeta(b, &m, true)); err != nil {
		return Meta{}, err
	}
	if err := s.commit(b); err != nil {
		return Meta{}, err
	}
	s.metas.set(m)
	s.counts.change(nil, &m)
	return m, nil
}

// Write makes a change, durable before it returns, and returns the events with their sequence numbers.
// Writers of different sessions go in parallel and share the wait for the disk. Readers see an event only
// once it is durable.
func (s *Store) Write(id string, c Change) ([]Event, error) {
	unlock := s.writers.lock(id)
	defer unlock()
	if err := s.ready(len(c.Events)+len(c.Put) > 0); err != nil {
		return nil, err
	}
	m, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	b := batches.Get().(*pebble.Batch)
	old := m
	events, err := s.fill(b, &m, c)
	if err != nil {
		return nil, fmt.Errorf("write to session %s: %w", id, err)
	}
	if err := errors.Join(index(b, &old, &m), putMeta(b, &m, c.Meta != nil)); err != nil {
		return nil, fmt.Errorf("write to session %s: %w", id, err)
	}
	if err := s.commit(b); err != nil {
		s.metas.drop(id)
		return nil, err
	}
	reuse(b)
	s.metas.set(m)
	s.counts.change(&old, &m)
	s.active.append(id, events)
	return events, nil
}

// batches are those that Write has had acknowledged: another may be in the hands of an instance that was given up.
var batches = sync.Pool{New: func() any { return new(pebble.Batch) }}

// maxReused is the length of the largest batch that is kept to be used again.
const maxReused = 16 << 10

func reuse(b *pebble.Batch) {
	if b.Len() <= maxReused {
		b.Reset()
		batches.Put(b)
	}
}

func (s *Store) fill(b *pebble.Batch, m *Meta, c Change) ([]Event, error) {
	now := s.options.Now().UTC()
	if id := m.ID; c.Meta != nil {
		c.Meta(m)
		m.ID = id
	}
	events := make([]Event, len(c.Events))
	var value []byte
	for i, e := range c.Events {
		m.LastSeq++
		e.Seq = m.LastSeq
		if e.Time.IsZero() {
			e.Time = now
		}
		events[i] = e
		m.HistoryBytes += int64(len(e.Data))
		var err error
		if value, err = appendValue(value[:0], e); err != nil {
			return nil, err
		}
		if err := setEvent(b, eventKey(m.ID, e.Seq), value); err != nil {
			return nil, err
		}
	}
	if len(events) > 0 {
		m.Updated = events[len(events)-1].Time
	}
	for _, p := range c.Put {
		if err := s.putPrompt(b, p); err != nil {
			return nil, err
		}
	}
	for _, p := range c.Remove {
		if err := s.removePrompt(b, p); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// setEvent stores an event's value, in parts when it is long.
func setEvent(b *pebble.Batch, key, value []byte) error {
	parts, err := split(value)
	if err != nil {
		return err
	}
	for i, part := range parts {
		at := key
		if i > 0 {
			at = partKey(key, i)
		}
		if err := b.Set(at, part, nil); err != nil {
			return err
		}
	}
	return nil
}

func put(b *pebble.Batch, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return b.Set(key, raw, nil)
}

// ready sees to it that the store can be written, and, where something is added, that there is room for it.
func (s *Store) ready(adds bool) error {
	if err := s.db.heal(); err != nil {
		return err
	}
	if adds {
		return s.room()
	}
	return nil
}

// commit writes a batch, durable before it returns.
func (s *Store) commit(b *pebble.Batch) error {
	if err := s.db.commit(b, pebble.Sync); err != nil {
		return fmt.Errorf("write to the store: %w", err)
	}
	return nil
}

// Delete removes a session with its log and its prompts. Its room on disk is given back soon after.
func (s *Store) Delete(id string) error {
	unlock := s.writers.lock(id)
	defer unlock()
	if err := s.ready(false); err != nil {
		return err
	}
	m, err := s.Get(id)
	if err != nil {
		return err
	}
	prompts, err := s.Prompts()
	if err != nil {
		return err
	}
	b := s.db.NewBatch()
	prefix := eventPrefix(id)
	errs := []error{b.DeleteRange(prefix, after(prefix), nil), index(b, &m, nil), b.Delete(metaKey(id), nil), b.Delete(countKey(id), nil)}
	for _, p := range prompts {
		if p.Session == id {
			errs = append(errs, s.removePrompt(b, p.ID))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete session %s: %w", id, err)
	}
	s.metas.drop(id)
	if err := s.commit(b); err != nil {
		return err
	}
	s.active.drop(id)
	s.shared.drop(id)
	s.counts.change(&m, nil)
	s.giveBack(prefix)
	return nil
}
