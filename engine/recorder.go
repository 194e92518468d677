package engine

import (
	"io"
	"path/filepath"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

// openRecorder starts the flight recorder, which watches everything that the governor is told and decides.
func (e *Engine) openRecorder(version string) {
	e.recorder = trace.Open(trace.Options{Dir: filepath.Join(e.settings.Data, "trace"), Build: version, Log: e.log})
}

// step tells the governor what happened, and records it. Time is told in whole milliseconds, which is how it is
// recorded.
func (h *hands) step(ev governor.Event) []governor.Decision {
	now := h.now().Truncate(time.Millisecond)
	if _, tick := ev.(governor.Tick); tick {
		h.checkpoint(now)
	}
	decisions := h.state.Step(now, ev)
	h.recorder.Step(now, ev, decisions)
	return decisions
}

// checkpoint records all that the governor knows when the recorder needs that to go on. It is not done in the
// middle of an emergency unless that is a second: only ticks lead here.
func (h *hands) checkpoint(now time.Duration) {
	if h.recorder.Wants() {
		h.recorder.Begin(now, h.config, h.state.Snapshot())
	}
}

// Trace writes the flight recording since a time to w, or a little more; the zero time stands for all there is.
func (e *Engine) Trace(w io.Writer, since time.Time) error { return e.recorder.Copy(w, since) }
