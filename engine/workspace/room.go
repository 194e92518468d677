package workspace

import "fmt"

// reserve is the room on disk that uploads and imports leave to the sessions' log, in bytes.
const reserve = 64 << 20

// room reports that the disk has no room for so many bytes more. Where the system does not tell how much is
// left, a write that does not fit fails by itself.
func (s *Set) room(bytes int64) error { return s.roomIn(s.dir, bytes) }

// room is the same for a workspace, which may be on a disk of its own.
func (f *Files) room(bytes int64) error { return f.set.roomIn(f.Path, bytes) }

func (s *Set) roomIn(dir string, bytes int64) error {
	free, err := s.free(dir)
	if err == nil && bytes > free-reserve {
		return fmt.Errorf("%d MB do not fit: %w", (bytes+1<<20-1)>>20, ErrFull)
	}
	return nil
}
