package memory

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// segment is a shared memory segment as /proc/sysvipc/shm tells of it.
type segment struct {
	id       int64
	attached int64 // how often
	uid      int64
	created  int64 // or changed by IPC_SET; seconds since 1970
	bytes    int64 // in memory
}

// Columns of /proc/sysvipc/shm (sysvipc(5), and its heading).
const (
	shmID       = 1
	shmAttached = 6
	shmUID      = 7
	shmChanged  = 13
	shmResident = 14
	shmColumns  = 15
)

// readSegments lists the segments of our IPC namespace; none where the kernel has none.
func readSegments() ([]segment, error) {
	data, err := os.ReadFile("/proc/sysvipc/shm")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list shared memory segments: %w", err)
	}
	var all []segment
	for line := range bytes.Lines(data) {
		if s, ok := parseSegment(line); ok {
			all = append(all, s)
		}
	}
	return all, nil
}

// parseSegment reads one line; false for the heading.
func parseSegment(line []byte) (segment, bool) {
	var n [shmColumns]int64
	for i := range n {
		var field []byte
		field, line = nextField(line)
		var ok bool
		if n[i], ok = number(field); !ok {
			n[i] = -1 // a key or a size may be beyond what we read
		}
	}
	s := segment{n[shmID], n[shmAttached], n[shmUID], n[shmChanged], n[shmResident]}
	return s, min(s.id, s.attached, s.uid, s.created, s.bytes) >= 0
}

// abandonedSegments lists the segments that somebody has used and nobody is attached to. One that is just
// being made has no memory yet.
func abandonedSegments(since time.Time) ([]Leftover, error) {
	all, err := readSegments()
	var found []Leftover
	for _, s := range all {
		if s.attached == 0 && s.bytes > 0 && s.uid == int64(os.Geteuid()) && s.created >= since.Unix() {
			found = append(found, Leftover{
				Path: "sysv:" + strconv.FormatInt(s.id, 10), Bytes: s.bytes, segment: int(s.id), created: s.created,
			})
		}
	}
	return found, err
}

// removeSegment removes a segment. The kernel keeps the memory until the last one detaches, so a process
// that attaches in between loses nothing.
func (l Leftover) removeSegment() error {
	all, err := readSegments()
	if err != nil {
		return err
	}
	for _, s := range all {
		switch {
		case s.id != int64(l.segment):
		case s.attached != 0 || s.created != l.created:
			return errUsed
		default:
			return shmRemove(l.segment)
		}
	}
	return nil // gone already
}
