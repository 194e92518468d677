package engine

import (
	"time"

	"coder1/engine/governor"
	"coder1/engine/memory"
)

// sampler measures memory and feeds it to the governor, the more often the less room is left, and sooner
// when the system says that something happened.
type sampler struct {
	*Engine
	reading    memory.Reading
	hits       int64     // of the limit, as of the last sample
	measured   bool      // there was one
	attributed time.Time // when groups were last measured
	pinned     int64     // what was pinned then
	failed     bool      // the last measurement
	notifier   *memory.Notifier
}

func (e *Engine) sampler() {
	if !e.settings.MemoryMonitoring {
		return
	}
	s := &sampler{Engine: e}
	alarm := s.alarm()
	if s.notifier != nil {
		defer func() { _ = s.notifier.Close() }()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-alarm:
		case <-e.stir:
		case <-e.quit:
			return
		}
		timer.Reset(s.sample())
	}
}

// alarm receives when the system notices that memory is getting short. Where it does not tell, it never
// receives, and the timer has to do.
func (s *sampler) alarm() <-chan struct{} {
	n, err := memory.OpenNotifier(s.meter, s.settings.MemoryWarningMB*governor.MB, s.settings.MemoryPanicMB*governor.MB,
		s.hardLimit*3/4, s.hardLimit*7/8)
	if err != nil {
		s.log.Info("the system does not tell when memory gets short; measuring often has to do", "reason", err)
		return nil
	}
	s.notifier = n
	return n.C()
}

// sample takes one measurement, and returns when the next is due.
func (s *sampler) sample() time.Duration {
	s.tellCleared()
	r := &s.reading
	if err := s.meter.Read(r); err != nil {
		if !s.failed {
			s.log.Warn("memory could not be measured", "error", err)
		}
		s.failed = true
		s.ask(governor.SampleFailed{Cause: err.Error()})
		return maxInterval
	}
	s.failed = false
	sample := governor.Sample{Used: r.Needed(), Pinned: r.Pinned, Shared: r.Shmem, Squeezed: r.Hits > s.hits && s.measured}
	s.hits, s.measured = r.Hits, true
	if s.due() {
		groups, err := s.attribution.measure(r)
		if err != nil {
			s.log.Warn("memory could not be attributed", "error", err)
		}
		s.attributed, s.pinned = time.Now(), r.Pinned
		sample.Attributed, sample.Groups = err == nil, groups
	}
	s.ask(sample)
	return s.interval()
}

// due reports whether it is time to look whose memory it is: once a second, and when it has grown.
func (s *sampler) due() bool {
	grown := s.reading.Pinned - s.pinned
	near := s.reading.Pinned > s.hardLimit*3/4
	return time.Since(s.attributed) >= maxInterval || grown > 8*governor.MB || near && grown > governor.MB
}

// Bounds of the sampling interval.
const (
	maxInterval = time.Second
	minInterval = 5 * time.Millisecond
)

// fillRate is how fast memory can fill at most: bytes per millisecond. One core of this decade's machines
// zeroes and touches pages at 2 to 4 GB/s.
const fillRate = 4 << 30 / 1000

// interval is the time in which the room below the hard limit could fill, between the bounds.
func (s *sampler) interval() time.Duration {
	if s.supervisor.Idle() {
		return maxInterval // nobody is there who could fill it
	}
	room := s.hardLimit - s.reading.Pinned
	return min(max(time.Duration(room/fillRate)*time.Millisecond, minInterval), maxInterval)
}
