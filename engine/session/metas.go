package session

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble"
)

// What is known of a session is stored in two pieces: what every event changes, small and quick to write, and
// the rest.

// counterBytes is the length of what every event changes: LastSeq, HistoryBytes and Updated.
const counterBytes = 8 + 8 + 8 + 4

func appendCounters(b []byte, m *Meta) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(m.LastSeq))
	b = binary.BigEndian.AppendUint64(b, uint64(m.HistoryBytes))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Updated.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(m.Updated.Nanosecond()))
}

// count puts counters into a Meta. A value that is not theirs changes nothing.
func (m *Meta) count(b []byte) {
	if len(b) != counterBytes {
		return
	}
	m.LastSeq = int64(binary.BigEndian.Uint64(b))
	m.HistoryBytes = int64(binary.BigEndian.Uint64(b[8:]))
	m.Updated = time.Unix(int64(binary.BigEndian.Uint64(b[16:])), int64(binary.BigEndian.Uint32(b[24:]))).UTC()
}

// putMeta stores a Meta, or only its counters where nothing else of it has changed.
func putMeta(b *pebble.Batch, m *Meta, whole bool) error {
	var counters [counterBytes]byte
	err := b.Set(countKey(m.ID), appendCounters(counters[:0], m), nil)
	if whole {
		err = errors.Join(err, put(b, metaKey(m.ID), *m))
	}
	return err
}

// getMeta reads a Meta.
func (s *Store) getMeta(id string) (Meta, error) {
	var m Meta
	raw, err := s.get(metaKey(id))
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, fmt.Errorf("session %s: %w", id, err)
	}
	counters, err := s.get(countKey(id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return m, fmt.Errorf("session %s: %w", id, err)
	}
	m.count(counters)
	return m, nil
}

// eachMeta reads the Metas one by one, in the order of their IDs, until it is told to stop.
func eachMeta(src readSource, visit func(Meta) bool) error {
	metas, err := src.NewIter(&pebble.IterOptions{LowerBound: []byte("s/"), UpperBound: after([]byte("s/"))})
	if err != nil {
		return fmt.Errorf("read the sessions: %w", err)
	}
	defer func() { _ = metas.Close() }()
	counters, err := src.NewIter(&pebble.IterOptions{LowerBound: []byte("c/"), UpperBound: after([]byte("c/"))})
	if err != nil {
		return fmt.Errorf("read the sessions: %w", err)
	}
	defer func() { _ = counters.Close() }()
	counters.First()
	for ok := metas.First(); ok; ok = metas.Next() {
		id := metas.Key()[len("s/"):]
		var m Meta
		if err := json.Unmarshal(metas.Value(), &m); err != nil {
			return fmt.Errorf("%w: what is known of session %s cannot be read: %w", errDamaged, id, err)
		}
		for counters.Valid() && string(counters.Key()[len("c/"):]) < string(id) {
			counters.Next()
		}
		if counters.Valid() && string(counters.Key()[len("c/"):]) == string(id) {
			m.count(counters.Value())
		}
		if !visit(m) {
			break
		}
	}
	return errors.Join(metas.Error(), counters.Error())
}

// metas remembers the Metas of sessions that are being written, for those who write them and those who
// follow them. Only who holds a session's lock puts its Meta here, so that it is never an old one.
type metas struct {
	mu  sync.RWMutex
	all map[string]Meta
}

// maxMetas are remembered: some 500 bytes each.
const maxMetas = 128

func (c *metas) get(id string) (Meta, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	m, ok := c.all[id]
	m.Past = slices.Clone(m.Past)
	return m, ok
}

func (c *metas) set(m Meta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.all[m.ID]; !known && len(c.all) >= maxMetas || c.all == nil {
		c.all = map[string]Meta{}
	}
	c.all[m.ID] = m
}

func (c *metas) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, id)
}

func (c *metas) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = nil
}
