package trace

import (
	"slices"
	"time"

	"coder1/engine/governor"
)

// Tally says what came of some time with a governor. Sizes are bytes.
type Tally struct {
	Span        time.Duration
	Peak        int64         // most that was used
	PeakPinned  int64         // most that only its owners could give back
	OverWarning time.Duration // at or above the warning threshold
	OverPanic   time.Duration
	OverHard    time.Duration // at or above the hard limit, where the system takes memory back
	Prompts     int           // accepted
	Refused     int
	Finished    int // turns that came to their end
	Requeued    int // turns that were cut short, and ran again or will
	Failed      int // turns that were given up
	Evictions   int
	Freezes     int
	Killed      int // commands
	KilledAgent int
	Waits       []time.Duration // of the prompts that began, from their place in line to their first turn; sorted
	Died        int             // times that the server was gone
	DiedAt      time.Duration   // since the beginning, the first time

	settings governor.Config
	used     int64
	known    bool
	last     time.Duration
	waiting  map[string]time.Duration
	running  map[string]bool
}

// Begin begins a stretch at a head, with its settings.
func (t *Tally) Begin(h Head) {
	t.settings, t.last, t.known = h.Settings, h.At, false
	t.waiting, t.running = map[string]time.Duration{}, map[string]bool{}
	for _, p := range h.State.Prompts {
		t.waiting[p.Prompt] = -1 // since when is not known
		if p.Phase == 2 {
			t.running[p.Prompt] = true
		}
	}
}

// Pass counts the time until now.
func (t *Tally) Pass(at time.Duration) {
	d := max(0, at-t.last)
	t.last = max(t.last, at)
	t.Span += d
	if !t.known {
		return
	}
	if t.used >= t.settings.Warning {
		t.OverWarning += d
	}
	if t.used >= t.settings.Panic {
		t.OverPanic += d
	}
	if t.settings.Hard > 0 && t.used >= t.settings.Hard {
		t.OverHard += d
	}
}

// Step counts what a step brings.
func (t *Tally) Step(at time.Duration, ev governor.Event, out []governor.Decision) {
	t.Pass(at)
	switch e := ev.(type) {
	case governor.Sample:
		t.known, t.used = true, e.Used
		t.Peak, t.PeakPinned = max(t.Peak, e.Used), max(t.PeakPinned, e.Pinned)
	case governor.PromptStored:
		t.queue(e.Prompt)
	case governor.PromptRestored:
		t.queue(e.Prompt)
	case governor.TurnEnded:
		if t.running[e.Prompt] && !e.Interrupted {
			t.Finished++
		}
		delete(t.running, e.Prompt)
	}
	for _, d := range out {
		t.decided(d)
	}
}

func (t *Tally) queue(prompt string) {
	if _, twice := t.waiting[prompt]; !twice && !t.running[prompt] {
		t.waiting[prompt] = t.last
		t.Prompts++
	}
}

func (t *Tally) decided(d governor.Decision) {
	switch d := d.(type) {
	case governor.Refuse:
		t.Refused++
	case governor.Cancelled:
		delete(t.waiting, d.Prompt)
	case governor.StartTurn:
		if since, first := t.waiting[d.Prompt]; first && since >= 0 {
			t.wait(t.last - since)
		}
		t.waiting[d.Prompt], t.running[d.Prompt] = -1, true
	case governor.EndTurn:
		delete(t.running, d.Prompt)
		if d.Outcome == governor.Requeued {
			t.Requeued++
		} else {
			t.Failed++
		}
	case governor.Evict:
		t.Evictions++
	case governor.Freeze:
		t.Freezes++
	case governor.Kill:
		if isAgent(d.Group) {
			t.KilledAgent++
		} else {
			t.Killed++
		}
	}
}

func (t *Tally) wait(d time.Duration) {
	i, _ := slices.BinarySearch(t.Waits, d)
	t.Waits = slices.Insert(t.Waits, i, d)
}

// Die counts an end that nobody wanted.
func (t *Tally) Die() {
	if t.Died++; t.Died == 1 {
		t.DiedAt = t.Span
	}
}

// Wait is a quantile of the waits: 0.5 for the median.
func (t *Tally) Wait(quantile float64) time.Duration {
	if len(t.Waits) == 0 {
		return 0
	}
	return t.Waits[min(int(quantile*float64(len(t.Waits))), len(t.Waits)-1)]
}

// Figures are a Tally as JSON.
type Figures struct {
	SpanMS         int64 `json:"spanMs"`
	PeakBytes      int64 `json:"peakBytes"`
	PinnedBytes    int64 `json:"pinnedBytes"`
	OverWarningMS  int64 `json:"overWarningMs"`
	OverPanicMS    int64 `json:"overPanicMs"`
	OverHardMS     int64 `json:"overHardMs"`
	Prompts        int   `json:"prompts"`
	Refused        int   `json:"refused"`
	Finished       int   `json:"finished"`
	Requeued       int   `json:"requeued"`
	Failed         int   `json:"failed"`
	Evictions      int   `json:"evictions"`
	Freezes        int   `json:"freezes"`
	KilledCommands int   `json:"killedCommands"`
	KilledAgents   int   `json:"killedAgents"`
	WaitP50MS      int64 `json:"waitP50Ms"`
	WaitP99MS      int64 `json:"waitP99Ms"`
	WaitMaxMS      int64 `json:"waitMaxMs"`
	Died           int   `json:"died"`
	DiedAfterMS    int64 `json:"diedAfterMs,omitempty"`
}

// Figures returns the tally as JSON has it.
func (t *Tally) Figures() Figures {
	return Figures{
		SpanMS: t.Span.Milliseconds(), PeakBytes: t.Peak, PinnedBytes: t.PeakPinned, OverWarningMS: t.OverWarning.Milliseconds(),
		OverPanicMS: t.OverPanic.Milliseconds(), OverHardMS: t.OverHard.Milliseconds(), Prompts: t.Prompts, Refused: t.Refused, Finished: t.Finished, Requeued: t.Requeued,
		Failed: t.Failed, Evictions: t.Evictions, Freezes: t.Freezes, KilledCommands: t.Killed, KilledAgents: t.KilledAgent,
		WaitP50MS: t.Wait(0.5).Milliseconds(), WaitP99MS: t.Wait(0.99).Milliseconds(), WaitMaxMS: t.Wait(1).Milliseconds(),
		Died: t.Died, DiedAfterMS: t.DiedAt.Milliseconds(),
	}
}
