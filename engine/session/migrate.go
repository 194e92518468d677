package session

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/cockroachdb/pebble"
)

// migrations bring a store from the version of their place in the list, beginning with 1, to the next. One
// that was cut short is run again from its beginning, so each leaves alone what it finds done.
var migrations = []func(*Store) error{
	splitUp, // 1 to 2
}

// migrate makes the store one of the current version.
func (s *Store) migrate() error {
	v, err := s.version()
	if err != nil {
		return err
	}
	if v == 0 {
		v = formatVersion
		if err := s.setVersion(v); err != nil {
			return err
		}
	}
	if v > formatVersion {
		return fmt.Errorf("%w (version %d in %s; this one knows %d)", ErrFormat, v, s.options.Dir, formatVersion)
	}
	for ; v < formatVersion; v++ {
		s.options.Log.Info("the store is brought up to date", "from", v, "to", v+1)
		if err := migrations[v-1](s); err != nil {
			return fmt.Errorf("bring the store from version %d to %d: %w", v, v+1, err)
		}
		if err := s.setVersion(v + 1); err != nil {
			return err
		}
	}
	return nil
}

// setVersion is durable, and so is all that was written before.
func (s *Store) setVersion(v int) error {
	if err := s.db.Set([]byte(formatKey), []byte(strconv.Itoa(v)), pebble.Sync); err != nil {
		return fmt.Errorf("write the store's version: %w", err)
	}
	return nil
}

// splitUp is for version 2: prompts give their texts and places away, sessions are listed by use, and what
// is long is stored in parts.
func splitUp(s *Store) error {
	if err := s.rewrite([]byte("p/"), splitPrompt); err != nil {
		return err
	}
	if err := s.rewrite([]byte("s/"), func(b *pebble.Batch, _, value []byte) error {
		var m Meta
		if err := json.Unmarshal(value, &m); err != nil {
			return err
		}
		return index(b, nil, &m)
	}); err != nil {
		return err
	}
	return s.rewrite([]byte("e/"), func(b *pebble.Batch, key, value []byte) error {
		if len(value) <= maxValue {
			return nil
		}
		return setEvent(b, key, value)
	})
}

func splitPrompt(b *pebble.Batch, _, value []byte) error {
	var p Prompt
	if err := json.Unmarshal(value, &p); err != nil {
		return err
	}
	if p.TextParts > 0 {
		return nil // done before
	}
	err := setPlace(b, p.ID, p.Order)
	if err != nil {
		return err
	}
	if p.TextParts, err = putText(b, p.ID, p.Text, 0); err != nil {
		return err
	}
	p.Text, p.Order = "", 0
	return put(b, promptKey(p.ID), p)
}

// rewrite goes through all below a prefix and has each value written anew as change sees fit, in batches of
// moderate size.
func (s *Store) rewrite(prefix []byte, change func(b *pebble.Batch, key, value []byte) error) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	b := s.db.NewBatch()
	for ok := it.First(); ok; ok = it.Next() {
		if err := change(b, it.Key(), it.Value()); err != nil {
			return fmt.Errorf("%w: %q cannot be read: %w", errDamaged, it.Key(), err)
		}
		if b.Len() < maxValue {
			continue
		}
		if err := s.db.commit(b, pebble.NoSync); err != nil {
			return err
		}
		b = s.db.NewBatch()
	}
	if err := it.Error(); err != nil {
		return err
	}
	return s.db.commit(b, pebble.NoSync)
}
