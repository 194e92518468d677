package scenario

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/trace"
)

// Options say under which settings a scenario is played.
type Options struct {
	Settings governor.Config
	Blind    bool      // memory is not measured (ENABLE_MEMORY_MONITORING=false)
	Build    string    // version of the program, for the recording
	Record   io.Writer // where a recording goes; may be nil
}

// Sim names the simulator among the targets of a run.
const Sim = "sim"

// Run plays a scenario on a virtual clock. The error is that of Options.Record.
func (s *Scenario) Run(seed uint64, o Options) (*Result, error) { return s.Play(s.Script(seed), o) }

// Play plays a script, which may be a part of one that was drawn.
func (s *Scenario) Play(script *Script, o Options) (result *Result, err error) {
	p := newPlayer(s, script, o)
	var record *trace.Writer
	if o.Record != nil {
		if record, err = trace.NewWriter(o.Record, p.head); err != nil {
			return nil, err
		}
	}
	p.world.Watch = func(at time.Duration, ev governor.Event, out []governor.Decision) {
		p.hear(ev)
		p.watch.Step(at, ev, out)
		if record != nil {
			record.Step(at, ev, out)
		}
	}
	p.run()
	if record != nil {
		how := trace.Closed
		if p.world.Dead {
			how = trace.Died
		}
		err = record.Close(how)
	}
	result = p.watch.Result(p.world.Dead)
	result.Scenario, result.Seed, result.Target = s.Name, script.Seed, Sim
	return result, err
}

// player plays a script.
type player struct {
	scenario *Scenario
	script   *Script
	head     trace.Head
	world    *trace.World
	watch    *Watch
	turns    map[string]*Prompt
	history  map[string]int64 // session -> bytes of its conversation
	boots    int
}

// begins is a wall clock's time, for recordings of what never was: always the same.
var begins = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func newPlayer(s *Scenario, script *Script, o Options) *player {
	state := governor.New(o.Settings)
	p := &player{scenario: s, script: script, turns: map[string]*Prompt{}, history: map[string]int64{}}
	for i := range script.Prompts {
		p.turns[script.Prompts[i].Offer.Prompt] = &script.Prompts[i]
	}
	p.head = trace.Head{Trace: trace.FormatVersion, Run: fmt.Sprintf("%s-%d", s.Name, script.Seed), Build: o.Build, Platform: "simulated",
		Time: begins, Settings: o.Settings, State: state.Snapshot()}
	p.watch = NewWatch(p.head, s.Expect)
	p.watch.worded = true
	p.world = trace.NewWorld(state, 0, trace.Plan{
		Hard: o.Settings.Hard, Blind: o.Blind,
		Base: p.base, Turn: p.turn, Start: p.start, Wrapper: wrapperWeighs, Shell: shellWeighs, Patient: true,
		Stored:   func(at time.Duration) bool { return !within(script.DiskFull, at) },
		Measured: func(at time.Duration) bool { return !within(script.NoMeter, at) },
	})
	return p
}

func (p *player) base(time.Duration) trace.Base { return trace.Base{Used: p.scenario.Server.Max << 20} }

// turn is what a prompt does, after which its session's conversation is longer.
func (p *player) turn(prompt string) trace.Turn {
	t := p.turns[prompt].Turn
	t.History = p.history[p.turns[prompt].Offer.Session] + historyOfTurn
	return t
}

func (p *player) start(agent string, turn governor.StartTurn) trace.Start {
	w := Weights(agent)
	if turn.How == pool.Reset {
		return trace.Start{Ready: w.Clear}
	}
	p.boots++
	takes := cmp.Or(p.script.Boot(p.boots), w.Boot)
	if turn.How == pool.Resumed {
		w.Private += w.Resume * p.history[turn.Session]
	}
	return trace.Start{Ready: takes, Uses: trace.Ramp(w.Private, takes), Leaves: w.Leave}
}

// hear follows what sessions have said.
func (p *player) hear(ev governor.Event) {
	if e, ok := ev.(governor.TurnEnded); ok {
		p.history[p.turns[e.Prompt].Offer.Session] = e.History
	}
}

// input is something that comes from outside.
type input struct {
	at time.Duration
	do func()
}

func (p *player) inputs() []input {
	var all []input
	for i := range p.script.Prompts {
		prompt := &p.script.Prompts[i]
		all = append(all, input{prompt.At, func() {
			offer := prompt.Offer
			offer.History = p.history[offer.Session]
			p.world.Input(offer)
		}})
	}
	for _, at := range p.script.Crashes {
		all = append(all, input{at, p.world.Crash})
	}
	slices.SortStableFunc(all, func(a, b input) int { return cmp.Compare(a.at, b.at) })
	return all
}

// patience is how long a line may take to be worked off, beside what the turns in it take.
const patience = 10 * time.Minute

// run plays until the script is over and everybody who was given a place has had his turn.
func (p *player) run() {
	defer func() {
		if cause := recover(); cause != nil {
			p.watch.broke(ruleGoesOn, "it panicked: %v", cause)
		}
	}()
	for _, in := range p.inputs() {
		p.world.RunUntil(in.at)
		in.do()
	}
	p.world.RunUntil(p.script.Length)
	for end := p.world.Now + p.rest(); p.watch.Open() > 0 && p.world.Now < end && !p.world.Dead; {
		p.world.RunUntil(p.world.Now + time.Second)
	}
}

// rest is by when the line must have been worked off: twice what its turns take, should each be cut short once.
func (p *player) rest() time.Duration {
	rest := patience
	for _, prompt := range p.watch.open() {
		rest += 2 * p.turns[prompt].Turn.Length
	}
	return rest
}
