package session

import (
	"encoding/json"
	"fmt"
)

// Keep stores a value under a name, for whoever has something small to remember.
func (s *Store) Keep(name string, value any) error {
	b := s.db.NewBatch()
	defer b.Close()
	if err := put(b, keptKey(name), value); err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return s.commit(b)
}

// Kept reads what was stored under a name, ErrNotFound when there is nothing.
func (s *Store) Kept(name string, into any) error {
	raw, err := s.get(keptKey(name))
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("read what was kept as %s: %w", name, err)
	}
	return nil
}

// MemoryBytes is what the database has outside of Go's heap: its block cache and tables being written.
func (s *Store) MemoryBytes() int64 {
	m := s.db.Metrics()
	return m.BlockCache.Size + int64(m.MemTable.Size) + int64(m.MemTable.ZombieSize)
}
