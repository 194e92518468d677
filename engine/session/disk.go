package session

// reserve is the room that must be left on disk for a write to be accepted: enough for Pebble to write
// its log, flush its tables and compact, so that the disk is never full under it.
const reserve = 32 << 20

// room refuses a write that might fill the disk. Prompts that are refused were never acknowledged.
func (s *Store) room() error {
	if s.options.InMemory || s.options.Dir == "" {
		return nil
	}
	free, err := freeBytes(s.options.Dir)
	if err == nil && free < reserve {
		return ErrDiskFull
	}
	return nil
}
