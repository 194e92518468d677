package memory

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Notifier wakes whoever watches memory before its timer does. Nothing is lost without one but time.
//
//	cgroup v1     usage crosses one of the thresholds, up or down; the kernel finds little to reclaim
//	              (memory.pressure_level, "medium": it has begun to take pages that are in use)
//	cgroup v2     the group hit its limit or memory.high, or somebody in it was killed (memory.events);
//	              processes wait for memory (memory.pressure). There are no thresholds.
//	process tree  processes of the machine wait for memory (/proc/pressure/memory)
//
// A wake says: measure now. It may come for nothing.
type Notifier struct {
	c       chan struct{}
	over    chan struct{} // closed when the goroutine has ended
	epoll   int
	stop    int // an eventfd that ends the goroutine
	sources []source
}

// source is one thing in the kernel that wakes us.
type source struct {
	name   string
	fd     int
	events uint32 // to poll for
	clear  func() // makes it silent until the next event; nil where reporting it does
	close  func()
}

// quiet is the pause after a wake. While the kernel reclaims at full speed, events come by the thousand,
// and one measurement answers them all.
const quiet = 5 * time.Millisecond

// OpenNotifier makes a notifier for what the meter measures. Thresholds are bytes charged, page cache
// included, so what a reading calls Used may be less when one is crossed. The error says why the kernel
// does not notify here (a container's cgroup is mostly read-only); it is errors.ErrUnsupported where it never does.
func OpenNotifier(m Meter, thresholds ...int64) (*Notifier, error) {
	sources, err := openSources(m, thresholds)
	if len(sources) == 0 {
		return nil, fmt.Errorf("no notification of memory: %w", errors.Join(err, errors.ErrUnsupported))
	}
	return startNotifier(sources)
}

// C receives at most one value for all that happened since the last was taken.
func (n *Notifier) C() <-chan struct{} { return n.c }

// Source says in words what it listens to.
func (n *Notifier) Source() string {
	var names []string
	for _, s := range n.sources {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}
