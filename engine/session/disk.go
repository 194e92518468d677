package session

// reserve is the room that must be left on disk for a write to be accepted: enough for Pebble to write
// its log, flush its tables and compact, so that the disk is never full under it.
const reserve = 32 << 20

// room refuses a write that might fill the disk. Prompts that are refused were never acknowledged.
func (s *Store) room() error {
	usage, err := s.options.FS.GetDiskUsage(s.options.Dir)
	if err == nil && usage.AvailBytes < reserve {
		return ErrDiskFull
	}
	return nil // a file system that does not say is taken at its word when it is full
}

// Room is ErrDiskFull when there is so little room on disk that nothing should be added to it.
func (s *Store) Room() error { return s.room() }
