package session

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"
)

// Keep stores a value under a name, for whoever has something to remember that is not large: it is written
// and read whole.
func (s *Store) Keep(name string, value any) error {
	err := s.ready(false)
	if err == nil {
		err = s.keep(name, value)
	}
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return nil
}

func (s *Store) keep(name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	parts, err := split(raw)
	if err != nil {
		return err
	}
	key := keptKey(name)
	b := s.db.NewBatch()
	errs := []error{b.DeleteRange(keptPart(key, 0), keptPart(key, maxParts), nil), b.Set(key, parts[0], nil)}
	for i, part := range parts[1:] {
		errs = append(errs, b.Set(keptPart(key, i+1), part, nil))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return s.commit(b)
}

// keptPart is the key of a further part of what is kept. Names hold no zero byte.
func keptPart(key []byte, part int) []byte {
	return partKey(append(key[:len(key):len(key)], 0), part)
}

// Kept reads what was stored under a name, ErrNotFound when there is nothing.
func (s *Store) Kept(name string, into any) error {
	raw, err := keptIn(s.db, keptKey(name))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("read what was kept as %s: %w", name, s.noticed(err))
	}
	return nil
}

func keptIn(src readSource, key []byte) ([]byte, error) {
	it, err := src.NewIter(&pebble.IterOptions{LowerBound: key, UpperBound: keptPart(key, maxParts)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = it.Close() }()
	if !it.First() || len(it.Key()) != len(key) {
		if err := it.Error(); err != nil {
			return nil, err
		}
		return nil, ErrNotFound
	}
	total, raw, inParts := beginParts(it.Value())
	if !inParts {
		return append([]byte(nil), it.Value()...), nil
	}
	raw = append([]byte(nil), raw...)
	for len(raw) < total && it.Next() {
		raw = append(raw, it.Value()...)
	}
	if err := it.Error(); err != nil {
		return nil, err
	}
	if len(raw) != total {
		return nil, errParts
	}
	return raw, nil
}

// MemoryBytes is what the database has outside of Go's heap: its block cache and tables being written.
func (s *Store) MemoryBytes() int64 { return s.db.memory() }
