package engine

import (
	"sync"
	"time"

	"coder1/engine/governor"
)

// history remembers how memory was used: the last minutes closely, the last day by the minute. What it takes
// was taken when it was made.
type history struct {
	mu     sync.Mutex
	recent series
	day    series
}

// Bounds of the history: 24 h and 10 min, which together take 170 KB.
const (
	historyMinutes = 24 * 60
	recentStep     = 2 * time.Second
	recentPoints   = int(recentFor / recentStep)
	recentFor      = 10 * time.Minute
)

// OwnerKinds are the kinds of Owned that a History tells apart.
var OwnerKinds = [...]string{"server", processKind: "process", toolKind: "tool", terminalKind: "terminal", "other", "cache"}

// Places in OwnerKinds.
const (
	processKind  = 1
	toolKind     = 2
	terminalKind = 3
)

// ByKind is bytes for each of OwnerKinds.
type ByKind [len(OwnerKinds)]int64

// Spread is what there was of something in a span of time, in MB.
type Spread struct{ Mean, Max float32 }

// Moment is how things were in one span of time.
type Moment struct {
	Time      time.Time // when the span began
	Used      Spread
	Owners    [len(OwnerKinds)]Spread
	Tier      governor.Tier // the lowest
	Waiting   int           // prompts, at most
	Processes int           // of agents, at most
}

// series is one Moment for each span of time, in a ring: a span's place is its number modulo the length. A
// place that holds another span than the one looked for is as good as empty, so that nothing is ever cleared,
// and a clock that is set back or forth does no harm.
type series struct {
	step  time.Duration
	spans []span
}

type span struct {
	number    int32 // since 1970
	figures   int32 // that went into the means
	used      Spread
	owners    [len(OwnerKinds)]Spread
	waiting   int16
	processes int16
	tier      int8
}

func newHistory() *history {
	return &history{
		recent: series{recentStep, make([]span, recentPoints)},
		day:    series{time.Minute, make([]span, historyMinutes)},
	}
}

// sample takes in a measurement. However often it comes, only its peak counts: measurements are the closer the
// less memory is left, and would bend the means.
func (h *history) sample(now time.Time, used int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range []*series{&h.recent, &h.day} {
		p := s.at(now)
		p.used.Max = max(p.used.Max, inMB(used))
	}
}

// figures takes in how things are, about once a second.
func (h *history) figures(now time.Time, f governor.Figures, owners ByKind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range []*series{&h.recent, &h.day} {
		s.at(now).take(f, owners)
	}
}

func (p *span) take(f governor.Figures, owners ByKind) {
	if p.figures == 0 {
		p.tier = int8(f.Tier)
	}
	p.figures++
	p.used.take(f.Used, p.figures)
	for i, bytes := range owners {
		p.owners[i].take(bytes, p.figures)
	}
	p.tier = min(p.tier, int8(f.Tier))
	p.waiting = max(p.waiting, int16(min(f.Waiting, 1<<15-1)))
	p.processes = max(p.processes, int16(min(f.Processes, 1<<15-1)))
}

func (s *Spread) take(bytes int64, n int32) {
	mb := inMB(bytes)
	s.Max = max(s.Max, mb)
	s.Mean += (mb - s.Mean) / float32(n)
}

func inMB(bytes int64) float32 { return float32(bytes) / governor.MB }

// at finds the span that a time is in, empty when it is the first to ask.
func (s *series) at(t time.Time) *span {
	n := s.number(t)
	p := s.place(n)
	if p.number != n {
		*p = span{number: n}
	}
	return p
}

func (s *series) number(t time.Time) int32 { return int32(t.UnixMilli() / s.step.Milliseconds()) }

func (s *series) place(n int32) *span {
	length := int32(len(s.spans))
	return &s.spans[(n%length+length)%length]
}

// since returns what is known from the span that a time is in until now, the oldest first.
func (s *series) since(t, now time.Time) []Moment {
	last := s.number(now)
	first := max(s.number(t), last-int32(len(s.spans))+1)
	var all []Moment
	for n := first; n <= last; n++ {
		if p := s.place(n); p.number == n && p.figures > 0 {
			all = append(all, p.moment(s.step))
		}
	}
	return all
}

func (p *span) moment(step time.Duration) Moment {
	m := Moment{Time: time.UnixMilli(int64(p.number) * step.Milliseconds()).UTC(), Used: p.used, Owners: p.owners,
		Tier: governor.Tier(p.tier), Waiting: int(p.waiting), Processes: int(p.processes)}
	m.Used.Max = max(m.Used.Max, m.Used.Mean)
	return m
}

// History is how memory was used.
type History struct {
	Step    time.Duration // length of each span
	Moments []Moment      // the oldest first; there is none for a span in which nothing was measured
}

// History returns how memory was used in the last so many minutes, closely when they are ten at most.
func (e *Engine) History(last time.Duration) History { return e.past.last(time.Now(), last) }

func (h *history) last(now time.Time, last time.Duration) History {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &h.day
	if last <= recentFor {
		s = &h.recent
	}
	return History{s.step, s.since(now.Add(-last), now)}
}

// remember takes down how things are after an event.
func (h *hands) remember(ev governor.Event) {
	switch ev := ev.(type) {
	case governor.Sample:
		h.past.sample(time.Now(), ev.Used)
	case governor.Tick:
		if f := h.state.Figures(); f.Known {
			h.past.figures(time.Now(), f, h.attribution.byKind())
		}
	}
}

// byKind sums the owners up, as last measured.
func (a *attribution) byKind() (sums ByKind) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.owners {
		for k, kind := range OwnerKinds {
			if a.owners[i].Kind == kind {
				sums[k] += a.owners[i].Bytes
			}
		}
	}
	return sums
}
