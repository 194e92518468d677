package governor

import (
	"slices"
	"time"
)

// memory is the last sample, corrected by what is known to have happened since.
type memory struct {
	known    bool
	used     int64
	pinned   int64 // what only its owners can give back
	shared   int64
	squeezed bool
	rate     int64 // bytes per second by which pinned grows
	measured time.Duration
	left     int64  // of pinned was taken off since, for processes that are gone
	sizes    []size // of each agent process without the commands it runs
}

type size struct {
	process     int
	bytes, peak int64
}

func (s *State) sample(e Sample) {
	if e.Pinned == 0 {
		e.Pinned = e.Used
	}
	m := &s.memory
	m.follow(s.now, e.Pinned)
	m.known, m.used, m.pinned, m.shared, m.squeezed, m.left = true, e.Used, e.Pinned, e.Shared, e.Squeezed, 0
	if e.Attributed {
		s.attribute(e.Groups)
	}
	s.setLevel()
	s.guard()
	s.reclaim()
}

// rateSpan is the time over which growth is judged: shorter ones show single allocations.
const rateSpan = 20 * time.Millisecond

// maxRate is faster than any memory grows, and keeps the arithmetic within what all machines do alike: a
// float64 that no int64 can hold becomes a different one on each.
const maxRate = 128 << 30

// follow notes how fast memory grows, from one measurement to the next. What was taken off the books in between may
// have been missing from the last one already, and would look like growth.
func (m *memory) follow(now time.Duration, pinned int64) {
	if !m.known {
		m.measured = now
		return
	}
	span := now - m.measured
	if span <= 0 {
		return
	}
	rate := int64(min(max(float64(pinned-m.pinned-m.left)/span.Seconds(), -maxRate), maxRate))
	if span < rateSpan {
		rate = m.rate + (rate-m.rate)*int64(span)/int64(rateSpan)
	}
	m.rate, m.measured = rate, now
}

// fallingFast is a rate at which there is nothing to do but to wait: a quarter of the usual budget a second.
const fallingFast = 100 * MB

func (m *memory) falling() bool { return m.rate < -fallingFast }

func (m *memory) grew(process int, bytes int64) {
	i := m.index(process)
	if i < 0 {
		m.sizes = append(m.sizes, size{process: process})
		i = len(m.sizes) - 1
	}
	m.sizes[i].bytes, m.sizes[i].peak = bytes, max(bytes, m.sizes[i].peak)
}

// of is a process's last known size in bytes, 0 when it was not measured yet.
func (m *memory) of(process int) int64 {
	if i := m.index(process); i >= 0 {
		return m.sizes[i].bytes
	}
	return 0
}

// peak is the largest size seen of a process.
func (m *memory) peak(process int) int64 {
	if i := m.index(process); i >= 0 {
		return m.sizes[i].peak
	}
	return 0
}

// gone takes a process's memory off the books until the next sample tells the truth.
func (m *memory) gone(process int) {
	if i := m.index(process); i >= 0 {
		m.takeOff(m.sizes[i].bytes)
		m.sizes = slices.Delete(m.sizes, i, i+1)
	}
}

// takeOff takes off the books what somebody had who is gone.
func (m *memory) takeOff(bytes int64) {
	m.used -= min(m.used, bytes)
	left := min(m.pinned, bytes)
	m.pinned, m.left = m.pinned-left, m.left+left
}

func (m *memory) index(process int) int {
	return slices.IndexFunc(m.sizes, func(z size) bool { return z.process == process })
}
