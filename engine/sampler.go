package engine

import (
	"time"

	"coder1/engine/governor"
	"coder1/engine/memory"
)

// sampler measures memory and feeds it to the governor, the more often the less room is left.
func (e *Engine) sampler() {
	if !e.settings.MemoryMonitoring {
		return
	}
	for {
		wait := e.sample()
		select {
		case <-time.After(wait):
		case <-e.quit:
			return
		}
	}
}

// sample takes one measurement, and returns when the next is due.
func (e *Engine) sample() time.Duration {
	var r memory.Reading
	if err := e.meter.Read(&r); err != nil {
		e.log.Warn("memory could not be measured", "error", err)
		e.ask(governor.SampleFailed{Cause: err.Error()})
		return maxInterval
	}
	groups, err := e.attribution.measure(r)
	if err != nil {
		e.log.Warn("memory could not be attributed", "error", err)
	}
	e.ask(governor.Sample{Used: r.Used, Groups: groups})
	return interval(e.settings.MemoryLimitMB*governor.MB - r.Used)
}

// Bounds of the sampling interval.
const (
	maxInterval = time.Second
	minInterval = 10 * time.Millisecond
)

// fillRate is how fast memory is expected to fill when it does: bytes per millisecond, about 400 MB/s.
// The whole budget is then a second away.
const fillRate = 400 * governor.MB / 1000

// interval is the time in which the room left could fill, between the bounds.
func interval(room int64) time.Duration {
	return min(max(time.Duration(room/fillRate)*time.Millisecond, minInterval), maxInterval)
}
