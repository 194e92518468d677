package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble"
)

// Change is what Write does to one session, all or nothing.
type Change struct {
	Events []Event     // to append; Seq is assigned, and Time where it is zero
	Meta   func(*Meta) // changes the session's Meta
	Put    []Prompt    // to store, new or changed
	Remove []string    // prompts to delete
}

// stored is an Event's value; its sequence number is in the key.
type stored struct {
	Type string          `json:"type"`
	Time time.Time       `json:"time"`
	Data json.RawMessage `json:"data"`
}

// Create stores a new session. Created and Updated are set to now where they are zero.
func (s *Store) Create(m Meta) (Meta, error) {
	now := s.options.Now().UTC()
	if m.Created.IsZero() {
		m.Created = now
	}
	if m.Updated.IsZero() {
		m.Updated = now
	}
	if err := s.room(); err != nil {
		return Meta{}, err
	}
	b := s.db.NewBatch()
	defer b.Close()
	if err := put(b, metaKey(m.ID), m); err != nil {
		return Meta{}, err
	}
	return m, s.commit(b)
}

// Write makes a change, durable before it returns, and returns the events with their sequence numbers.
// Writers of different sessions go in parallel and share the wait for the disk. Readers see an event only
// once it is durable.
func (s *Store) Write(id string, c Change) ([]Event, error) {
	unlock := s.writers.lock(id)
	defer unlock()
	m, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	if len(c.Events)+len(c.Put) > 0 {
		if err := s.room(); err != nil {
			return nil, err
		}
	}
	b := s.db.NewBatch()
	defer b.Close()
	events, err := s.fill(b, &m, c)
	if err != nil {
		return nil, fmt.Errorf("write to session %s: %w", id, err)
	}
	if err := s.commit(b); err != nil {
		return nil, err
	}
	s.active.append(id, events)
	return events, nil
}

func (s *Store) fill(b *pebble.Batch, m *Meta, c Change) ([]Event, error) {
	now := s.options.Now().UTC()
	if c.Meta != nil {
		c.Meta(m)
	}
	events := make([]Event, len(c.Events))
	for i, e := range c.Events {
		m.LastSeq++
		e.Seq = m.LastSeq
		if e.Time.IsZero() {
			e.Time = now
		}
		events[i] = e
		m.HistoryBytes += int64(len(e.Data))
		if err := put(b, eventKey(m.ID, e.Seq), stored{e.Type, e.Time, e.Data}); err != nil {
			return nil, err
		}
	}
	if len(events) > 0 {
		m.Updated = events[len(events)-1].Time
	}
	for _, p := range c.Put {
		if p.Order == 0 {
			p.Order = s.nextOrder()
		}
		if err := put(b, promptKey(p.ID), p); err != nil {
			return nil, err
		}
	}
	for _, p := range c.Remove {
		if err := b.Delete(promptKey(p), nil); err != nil {
			return nil, err
		}
	}
	return events, put(b, metaKey(m.ID), *m)
}

func put(b *pebble.Batch, key []byte, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return b.Set(key, raw, nil)
}

func (s *Store) commit(b *pebble.Batch) error {
	if err := b.Commit(pebble.Sync); err != nil {
		return fmt.Errorf("write to the store: %w", err)
	}
	return nil
}

// Delete removes a session with its log and its prompts.
func (s *Store) Delete(id string) error {
	unlock := s.writers.lock(id)
	defer unlock()
	if _, err := s.Get(id); err != nil {
		return err
	}
	prompts, err := s.Prompts()
	if err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	prefix := eventPrefix(id)
	errs := []error{b.DeleteRange(prefix, after(prefix), nil), b.Delete(metaKey(id), nil)}
	for _, p := range prompts {
		if p.Session == id {
			errs = append(errs, b.Delete(promptKey(p.ID), nil))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete session %s: %w", id, err)
	}
	s.active.drop(id)
	return s.commit(b)
}

func (s *Store) nextOrder() int64 {
	s.order.Lock()
	defer s.order.Unlock()
	s.order.last += orderStep
	return s.order.last
}

// orderStep leaves room between prompts for others to be moved in.
const orderStep = 1 << 20

// Reorder moves a prompt before another of the same user, or to the end of the line when before is empty.
func (s *Store) Reorder(id, before string) error {
	moved, err := s.Prompt(id)
	if err != nil {
		return err
	}
	unlock := s.writers.lock(moved.Session)
	defer unlock()
	if moved, err = s.Prompt(id); err != nil {
		return err
	}
	if moved.Order, err = s.orderBefore(moved, before); err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	if err := put(b, promptKey(id), moved); err != nil {
		return err
	}
	return s.commit(b)
}

// orderBefore finds a place in line between a prompt and the one of the same user that stands before it.
func (s *Store) orderBefore(moved Prompt, before string) (int64, error) {
	if before == "" {
		return s.nextOrder(), nil
	}
	all, err := s.Prompts()
	if err != nil {
		return 0, err
	}
	last := int64(0)
	for _, p := range all {
		switch {
		case p.ID == before && p.User == moved.User:
			return last + (p.Order-last)/2, nil
		case p.ID != moved.ID:
			last = p.Order
		}
	}
	return 0, ErrNotFound
}
