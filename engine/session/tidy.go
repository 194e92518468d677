package session

import (
	"context"
	"sync/atomic"
)

// What is deleted from Pebble only leaves the disk when the tables that hold it are written anew. Pebble
// does so in its own time; after a deletion that may be never, so it is asked to.

// tidier has ranges of keys compacted, one at a time, beside everything else.
type tidier struct {
	ranges chan [2][]byte
	done   chan struct{}
	idle   atomic.Value // func() called when nothing is left to do; for tests
}

// maxRanges are waiting at most; more are left to Pebble.
const maxRanges = 256

func (s *Store) startTidying() {
	s.tidy.ranges, s.tidy.done = make(chan [2][]byte, maxRanges), make(chan struct{})
	go func() {
		defer close(s.tidy.done)
		for r := range s.tidy.ranges {
			if s.closing.Err() != nil {
				continue
			}
			if err := s.db.Compact(r[0], r[1]); err != nil {
				s.options.Log.Warn("room on disk was not given back", "error", err)
			}
			if idle, ok := s.tidy.idle.Load().(func()); ok && len(s.tidy.ranges) == 0 {
				idle()
			}
		}
	}()
}

// giveBack has the room of what was deleted below a prefix given back.
func (s *Store) giveBack(prefix []byte) {
	select {
	case s.tidy.ranges <- [2][]byte{prefix, after(prefix)}:
	default:
	}
}

// stopTidying waits for a compaction that runs, and leaves out those that wait.
func (s *Store) stopTidying(stop context.CancelFunc) {
	stop()
	close(s.tidy.ranges)
	<-s.tidy.done
}
