package agent

import (
	"os"
	"os/signal"
	"runtime/debug"
	"time"
)

// held is memory that is really taken.
type held struct {
	blocks [][]byte
	kept   int64 // by turns that are over
	itself int64 // what the process has without it
}

// blockSize is how finely memory is taken: that of a page would make books larger than what is in them.
const blockSize = 256 << 10

// begin has the program's own memory count as the first of what it takes.
func (h *held) begin() { h.itself = private() }

// resize takes memory, or gives it back, until the process has so many bytes in all.
func (h *held) resize(bytes int64) {
	want := max(0, int(bytes-h.itself)) / blockSize
	for len(h.blocks) < want {
		b := make([]byte, blockSize)
		for at := 0; at < len(b); at += os.Getpagesize() {
			b[at] = 1 // or the system does not give it
		}
		h.blocks = append(h.blocks, b)
	}
	const worth = 1 << 20
	if (len(h.blocks)-want)*blockSize >= worth {
		clear(h.blocks[want:])
		h.blocks = h.blocks[:want]
		debug.FreeOSMemory()
	}
}

// grow takes so many bytes beside what is kept.
func (h *held) grow(bytes int64) { h.resize(h.kept + bytes) }

// keep keeps so many bytes more for good.
func (h *held) keep(bytes int64) { h.kept += bytes }

// stopwatch counts for how long this process has run. While it is frozen it does not get older.
type stopwatch struct {
	ticker *time.Ticker
	thawed chan os.Signal // receives when it goes on after it was frozen
	last   time.Time
	age    time.Duration
	owed   time.Duration // for which it had no CPU, and is not that old yet
}

const (
	tick = 10 * time.Millisecond
	// haste is by how much it gets older in a tick at most: who had no CPU does not do all at once afterwards.
	haste = 3 * tick
	// doubt is a pause in which the process may have been frozen, or have had no CPU.
	doubt = 50 * time.Millisecond
	// delivery is how long the news of a thaw may take after the process goes on.
	delivery = 5 * time.Millisecond
)

func (s *stopwatch) start() {
	s.ticker, s.last, s.thawed = time.NewTicker(tick), time.Now(), make(chan os.Signal, 1)
	notifyThaw(s.thawed)
}

func (s *stopwatch) stop() {
	s.ticker.Stop()
	signal.Stop(s.thawed)
}

// read is the age by now, and no more than limit.
func (s *stopwatch) read(limit time.Duration) time.Duration {
	passed := time.Since(s.last)
	if passed > doubt && s.stood() {
		passed = tick
	}
	s.last = time.Now()
	s.owed += passed
	grown := min(s.owed, haste)
	if s.owed -= grown; s.age+grown >= limit {
		s.owed = 0 // it waits
	}
	s.age = max(s.age, min(s.age+grown, limit))
	return s.age
}

// stood reports whether the process was frozen since the last reading.
func (s *stopwatch) stood() bool {
	select {
	case <-s.thawed:
		return true
	case <-time.After(delivery):
		return false
	}
}
