package session

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"
)

// Bounds of one step of Shorten: for so long a writer of the same session may have to wait.
const (
	stepEvents = 200
	stepBytes  = 1 << 20
)

// Shorten goes a step through a session's events up to a sequence number, from where the last step ended,
// and gives those that shorten makes something shorter of their new data. It reports whether that was the
// last step. Sessions that are pinned are left alone. Other sessions are written meanwhile, and this one
// between steps.
func (s *Store) Shorten(id string, upTo int64, shorten func(Event) (data json.RawMessage, shorter bool)) (done bool, err error) {
	unlock := s.writers.lock(id)
	defer unlock()
	if err := s.ready(true); err != nil {
		return false, err
	}
	m, err := s.Get(id)
	if err != nil {
		return false, err
	}
	b := s.db.NewBatch()
	old := m
	if !m.Pinned {
		m.Shortened, err = s.shortenInto(b, id, m.Shortened, upTo, shorten)
	}
	if err != nil {
		return false, fmt.Errorf("shorten session %s: %w", id, err)
	}
	changed := b.Count() > 0
	if done = m.Pinned || m.Shortened >= upTo; done {
		err = b.Set(usedKey(id, m.Updated), []byte("1"), nil)
	}
	if err := errors.Join(err, putMeta(b, &m, true)); err != nil {
		return false, fmt.Errorf("shorten session %s: %w", id, err)
	}
	// Not waited for: what is lost of it in a crash is done again.
	if err := s.db.commit(b, pebble.NoSync); err != nil {
		s.metas.drop(id)
		return false, fmt.Errorf("write to the store: %w", err)
	}
	s.metas.set(m)
	if changed {
		s.active.drop(id)
		s.shared.drop(id)
	}
	if done && old.Shortened < m.Shortened {
		s.giveBack(eventPrefix(id))
	}
	return done, nil
}

// shortenInto does one step and returns the last sequence number it looked at.
func (s *Store) shortenInto(b *pebble.Batch, id string, from, upTo int64, shorten func(Event) (json.RawMessage, bool)) (last int64, err error) {
	r, err := newReader(s.db, id, from+1, upTo+1)
	if err != nil {
		return from, err
	}
	defer func() { _ = r.close() }()
	read, events := 0, 0
	for ok := r.first(); ok; ok = r.next() {
		if err := shortenOne(b, id, r, shorten); err != nil {
			return from, err
		}
		read, events = read+len(r.value), events+1
		if read >= stepBytes || events == stepEvents {
			return r.seq, nil
		}
	}
	return upTo, s.noticed(r.err())
}

func shortenOne(b *pebble.Batch, id string, r *reader, shorten func(Event) (json.RawMessage, bool)) error {
	e, err := r.event()
	if err != nil {
		return nil //nolint:nilerr // what cannot be read stays as it is
	}
	data, shorter := shorten(e)
	if !shorter {
		return nil
	}
	e.Data = data
	value, err := appendValue(nil, e)
	if err != nil {
		return err
	}
	before, err := split(r.value)
	if err != nil {
		return err
	}
	after, err := split(value)
	if err != nil {
		return err
	}
	key := eventKey(id, r.seq)
	for part := len(after); part < len(before); part++ {
		if err := b.Delete(partKey(key, part), nil); err != nil {
			return err
		}
	}
	return setEvent(b, key, value)
}
