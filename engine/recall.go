package engine

import (
	"bytes"
	"fmt"
	"iter"
	"runtime/debug"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

// recall fills the history with what the flight recording has of the day before this start. It takes the
// memory of the packed recording, 8 MB at most, until it has been read.
func (e *Engine) recall() {
	defer debug.FreeOSMemory()
	defer func() {
		if r := recover(); r != nil { // what is on disk must not keep a server from running
			e.log.Warn("the recording of the last day could not be read", "error", fmt.Sprint(r))
		}
	}()
	var b bytes.Buffer
	if err := e.recorder.Copy(&b, e.born.Add(-historyMinutes*time.Minute)); err != nil {
		e.log.Warn("the recording of the last day could not be read", "error", err)
		return
	}
	e.past.recall(e.until(trace.Parse(b.Bytes()).Items()), e.born)
}

// until ends a sequence when the engine closes.
func (e *Engine) until(items iter.Seq[trace.Item]) iter.Seq[trace.Item] {
	return func(yield func(trace.Item) bool) {
		for it := range items {
			select {
			case <-e.quit:
				return
			default:
			}
			if !yield(it) {
				return
			}
		}
	}
}

// recall takes in what was recorded before a time. The recorded governor is run again: only it knows how long
// the line was. A recording does not say what the server itself used, nor what programs share; that is left to
// be nobody's.
func (h *history) recall(items iter.Seq[trace.Item], before time.Time) {
	var state *governor.State // nil until the next head
	var head trace.Head
	var owners ByKind
	for it := range items {
		switch it := it.(type) {
		case trace.Head:
			state, owners, head = nil, ByKind{}, it
			if s, err := governor.Restore(it.Settings, it.State); err == nil {
				state = s
			}
		case trace.Damage:
			state = nil
		case trace.Step:
			at := head.Time.Add(it.At - head.At)
			if state == nil || it.Event == nil || !at.Before(before) {
				continue
			}
			state.Step(it.At, it.Event)
			switch ev := it.Event.(type) {
			case governor.Sample:
				h.sample(at, ev.Used)
				if ev.Attributed {
					owners = ofGroups(ev.Groups)
				}
			case governor.Tick:
				if f := state.Figures(); f.Known {
					h.figures(at, f, owners)
				}
			}
		}
	}
}

// ofGroups sums groups up by kind.
func ofGroups(groups []governor.Group) (sums ByKind) {
	for _, g := range groups {
		switch g.Kind {
		case governor.KindAgent:
			sums[processKind] += g.Bytes
		case governor.KindTool:
			sums[toolKind] += g.Bytes
		case governor.KindTerminal:
			sums[terminalKind] += g.Bytes
		}
	}
	return sums
}
