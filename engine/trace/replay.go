package trace

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"time"

	"coder1/engine/governor"
)

// Result says what came of a replay.
type Result struct {
	Steps      int         `json:"steps"`      // inputs that were given to the governor
	Decisions  int         `json:"decisions"`  // that were the same
	Stretches  int         `json:"stretches"`  // of the recording: each begins with a head
	Lost       int         `json:"lost"`       // steps that the recorder could not keep
	Unknown    int         `json:"unknown"`    // inputs and decisions that this build does not know
	Damage     []Damage    `json:"damage"`     // parts that could not be read
	Difference *Difference `json:"difference"` // the first one; nil when there is none
	Builds     []string    `json:"builds"`     // that made the recording
}

// Difference is where this build's governor did not do what the recorded one did.
type Difference struct {
	Line     int           `json:"line"` // of the input in the unpacked file
	At       time.Duration `json:"at"`
	Time     time.Time     `json:"time"`   // the same by the wall clock
	Before   []string      `json:"before"` // the inputs before it, and what was decided
	State    governor.View `json:"state"`
	Input    string        `json:"input"`
	Recorded []string      `json:"recorded"`
	Replayed []string      `json:"replayed"`
}

// Replay gives this build's governor what the recorded one was given, and compares every decision and, where
// the recording has it, the state. Words do not count: they are not recorded. It stops at the first difference.
func Replay(f *File) Result {
	p := player{}
	for it := range f.Items() {
		if p.take(it); p.Difference != nil {
			p.explain(f)
			break
		}
	}
	return p.Result
}

// player replays items.
type player struct {
	Result
	state *governor.State // nil until the next head
	head  Head
	at    time.Duration
	line  int
	out   []governor.Decision // what this build decided on the last step
	same  Encoder
	a, b  []byte
}

func (p *player) take(it Item) {
	switch it := it.(type) {
	case Head:
		p.begin(it)
	case Step:
		p.step(&it)
	case Damage:
		p.Damage = append(p.Damage, it)
		p.state = nil
	case End:
	}
}

func (p *player) begin(h Head) {
	if p.state != nil && h.Run == p.head.Run && h.Lost == 0 {
		p.compareStates(h)
	}
	p.Stretches++
	p.Lost += h.Lost
	p.Builds = with(p.Builds, h.Build)
	p.head, p.at = h, h.At
	state, err := governor.Restore(h.Settings, h.State)
	if err != nil {
		p.Damage = append(p.Damage, Damage{Reason: "the state in a head cannot be: " + err.Error()})
	}
	p.state = state
}

func (p *player) compareStates(h Head) {
	a, b := reflect.ValueOf(h.State), reflect.ValueOf(p.state.Snapshot())
	var recorded, replayed []string
	for _, f := range statePlan.fields {
		one := func(v reflect.Value) string {
			return string(p.same.fields(nil, &plan{fields: []fieldPlan{f}}, v, false))
		}
		if x, y := one(a), one(b); x != y {
			recorded, replayed = append(recorded, x), append(replayed, y)
		}
	}
	if recorded != nil {
		p.Difference = &Difference{Line: p.line, At: h.At, Input: "nothing: after the last input the state is a different one",
			Recorded: recorded, Replayed: replayed}
	}
}

var statePlan = planOf(reflect.TypeFor[governor.Snapshot]())

func (p *player) step(s *Step) {
	p.at, p.line, p.out = s.At, s.Line, nil
	if s.Event == nil {
		p.state = nil // what it did to the recorded state nobody knows
	}
	if p.Unknown += s.Unknown; s.Event == nil {
		p.Unknown++
	}
	if p.state == nil {
		return
	}
	p.Steps++
	failure := p.decide(s)
	if s.Cut || s.Unknown > 0 {
		return
	}
	p.a, p.b = p.lines(p.a[:0], s.Decisions), p.lines(p.b[:0], p.out)
	if failure == "" && bytes.Equal(p.a, p.b) {
		p.Decisions += len(p.out)
		return
	}
	p.Difference = &Difference{Line: s.Line, At: s.At, Input: describe(s.Event)}
	p.Difference.Recorded, p.Difference.Replayed = describeAll(s.Decisions), describeAll(p.out)
	if failure != "" {
		p.Difference.Replayed = append(p.Difference.Replayed, failure)
	}
}

// decide has this build's governor decide; failure is what it panicked with.
func (p *player) decide(s *Step) (failure string) {
	defer func() {
		if r := recover(); r != nil {
			failure = fmt.Sprintf("the governor of this build fails: %v", r)
			p.state = nil
		}
	}()
	p.out = p.state.Step(s.At, s.Event)
	return ""
}

// lines are decisions in the one form in which they are compared.
func (p *player) lines(dst []byte, all []governor.Decision) []byte {
	for _, d := range all {
		dst = p.same.named(dst, "", decisions, d)
	}
	return dst
}

// explain goes through the file once more, to see how it was before the difference.
func (p *player) explain(f *File) {
	const before = 12 // inputs that are shown
	d := p.Difference
	again := player{}
	for it := range f.Items() {
		s, ok := it.(Step)
		if ok && s.Line >= d.Line {
			break
		}
		again.take(it)
		if ok {
			d.Before = append(d.Before[max(0, len(d.Before)-before+1):], fmt.Sprintf("%s  %s%s",
				again.clock(), describe(s.Event), arrows(describeAll(s.Decisions))))
		}
	}
	d.Time = again.head.Time.Add(d.At - again.head.At)
	if again.state != nil {
		d.State = again.state.View(d.At)
	}
}

func arrows(decisions []string) string {
	if len(decisions) == 0 {
		return ""
	}
	return "  →  " + strings.Join(decisions, "; ")
}

// clock is the time of the last step by the wall clock.
func (p *player) clock() string { return p.wall().Format("15:04:05.000") }

func (p *player) wall() time.Time { return p.head.Time.Add(p.at - p.head.At) }
