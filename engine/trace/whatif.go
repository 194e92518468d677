package trace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
)

// Outcome is a recording beside what it would have been with other settings.
type Outcome struct {
	Settings    governor.Config
	Recorded    Tally
	Here        Tally
	Divergences []Divergence // one for each life of the server in which something was different
	Unknown     int          // lives of the server that broke off for want of memory and would not have here
	Guessed     int          // commands that were killed in the recording: here they go on growing as they did
	Damage      []Damage
	Lost        int
}

// Divergence is the first decision that was another one. From there on processes are simulated.
type Divergence struct {
	Time     time.Time `json:"time"`
	Input    string    `json:"input"`
	Recorded []string  `json:"recorded"`
	Here     []string  `json:"here"`
}

// Observer sees the steps of a recording and of what is played beside it, at the times of the wall clock. Its
// functions may be nil.
type Observer struct {
	Recorded, Here func(time.Time, governor.Event, []governor.Decision)
	Settings       func(recorded, here governor.Config)
}

// WhatIf plays a recording under other settings: change makes them of the recorded ones. Up to the first
// decision that matters to a process and is another one, the recording says what happened; from there on
// processes are simulated, with the work that Fit found.
func WhatIf(f *File, work *Work, change func(*governor.Config), watch Observer) (Outcome, error) {
	g := game{work: work, change: change, watch: watch, settled: fitter{Work: newWork()}}
	for it := range f.Items() {
		if err := g.take(it); err != nil {
			return g.Outcome, err
		}
	}
	g.finish(g.died)
	if g.died {
		g.Recorded.Die()
	}
	if !g.began {
		return g.Outcome, fmt.Errorf("%s has no head, so that there is nothing to begin from", f.Name)
	}
	g.Guessed = work.Cut
	return g.Outcome, nil
}

// game plays a recording under other settings.
type game struct {
	Outcome
	work    *Work
	change  func(*governor.Config)
	watch   Observer
	settled fitter // knows of the recording as much as has been played

	head  Head
	began bool
	ended bool // the recorded server was stopped
	died  bool // it was killed for want of memory, and the recording says so
	state *governor.State
	world *World // nil until something is different
	at    time.Duration
	full  bool // as of the last sample the recorded server had hardly any memory left
}

func (g *game) take(it Item) error {
	switch it := it.(type) {
	case Head:
		return g.begin(it)
	case Step:
		g.step(&it)
	case End:
		g.ended, g.died = it.How == Closed, it.How == Died
	case Damage:
		g.Damage = append(g.Damage, it)
	}
	return nil
}

func (g *game) begin(h Head) error {
	sameLife := g.began && h.Run == g.head.Run
	g.Lost += h.Lost
	g.settled.head(h)
	if sameLife && (h.Lost == 0 || g.world != nil) {
		return nil // it goes on
	}
	if g.began && !sameLife {
		g.finish(!g.ended)
		if !g.ended {
			g.Recorded.Die()
		}
	}
	cfg := h.Settings
	g.change(&cfg)
	state, err := governor.Restore(cfg, h.State)
	if err != nil {
		return fmt.Errorf("begin from the head of %s: %w", h.Time.Format(time.DateTime), err)
	}
	g.head, g.began, g.ended, g.died, g.full, g.state, g.world, g.at, g.Settings = h, true, false, false, false, state, nil, h.At, cfg
	if g.watch.Settings != nil {
		g.watch.Settings(h.Settings, cfg)
	}
	g.Recorded.Begin(h)
	h.Settings = cfg
	g.Here.Begin(h)
	return nil
}

// wall is a time of the governor's by the wall clock.
func (g *game) wall(at time.Duration) time.Time { return g.head.Time.Add(at - g.head.At) }

func (g *game) step(s *Step) {
	if !g.began || s.Event == nil {
		return
	}
	g.at = s.At
	g.Recorded.Step(s.At, s.Event, s.Decisions)
	if g.watch.Recorded != nil {
		g.watch.Recorded(g.wall(s.At), s.Event, s.Decisions)
	}
	if g.world != nil {
		g.world.RunUntil(s.At)
		if outside(s.Event) {
			g.world.Input(s.Event)
		}
		return
	}
	g.settled.hear(s)
	out := slices.Clone(g.state.Step(s.At, s.Event))
	g.here(s.At, s.Event, out)
	if a, b := matters(s.Decisions), matters(out); !slices.Equal(a, b) && !s.Cut {
		g.Divergences = append(g.Divergences, Divergence{g.wall(s.At), describe(s.Event), a, b})
		g.world = g.takeOver(s.At)
		g.world.carryOut(out)
		return
	}
	for _, d := range s.Decisions {
		g.settled.decided(d)
	}
	if sample, ok := s.Event.(governor.Sample); ok {
		g.fill(&sample)
	}
}

// fill has the server die when the recorded one had more than there is here.
func (g *game) fill(s *governor.Sample) {
	pinned := cmp.Or(s.Pinned, s.Used)
	g.full = g.head.Settings.Hard > 0 && pinned >= g.head.Settings.Hard-g.head.Settings.Hard/8
	if g.Settings.Hard > 0 && pinned >= g.Settings.Hard {
		g.Divergences = append(g.Divergences, Divergence{g.wall(g.at), describe(*s), nil, []string{"nothing more: the server dies"}})
		g.world = &World{Dead: true}
	}
}

func (g *game) here(at time.Duration, ev governor.Event, out []governor.Decision) {
	g.Here.Step(at, ev, out)
	if g.watch.Here != nil {
		g.watch.Here(g.wall(at), ev, out)
	}
}

// finish ends a life of the server. Where the recorded one broke off for want of memory, this one does too unless
// it has more.
func (g *game) finish(brokeOff bool) {
	switch {
	case g.world != nil:
		g.world.RunUntil(g.at)
		if g.world.Dead {
			g.Here.Die()
			return
		}
		g.Here.Pass(g.at)
	case brokeOff && g.full && g.Settings.Hard > 0 && g.Settings.Hard <= g.head.Settings.Hard:
		g.Here.Die()
	case brokeOff && g.full:
		g.Unknown++
	}
}

// outside reports whether an input comes from people, and not from what was decided before.
func outside(ev governor.Event) bool {
	switch ev.(type) {
	case governor.PromptOffered, governor.PromptStored, governor.PromptRestored, governor.PromptCancelled, governor.PromptMoved,
		governor.SessionClosed, governor.TerminalOpened, governor.TerminalWatched, governor.TerminalClosed, governor.Draining:
		return true
	}
	return false
}

// matters are the decisions that something happens after, without what is only told.
func matters(all []governor.Decision) []string {
	var list []string
	for _, d := range all {
		switch d := d.(type) {
		case governor.StartTurn, governor.EndTurn, governor.Interrupt, governor.Evict, governor.Freeze, governor.Kill,
			governor.Accept, governor.Cancelled:
			list = append(list, describe(d))
		case governor.Refuse:
			d.RetryAfter = 0
			list = append(list, describe(d))
		case governor.Thaw:
			d.Stood = 0
			list = append(list, describe(d))
		case governor.StartCommand:
			d.DataLimit = 0
			list = append(list, describe(d))
		}
	}
	return list
}

func isAgent(group string) bool { return strings.Count(group, "/") == 1 }

// takeOver makes a World of what the recording says there is.
func (g *game) takeOver(at time.Duration) *World {
	w := NewWorld(g.state, at, Plan{Hard: g.Settings.Hard, Base: g.work.Base(g.head.Run), Turn: g.work.Turn,
		Start: g.work.Start(g.Settings.Costs), Watch: g.here})
	for _, id := range slices.Sorted(maps.Keys(g.settled.processes)) {
		g.putAgent(w, id, g.settled.processes[id])
	}
	for _, key := range slices.Sorted(maps.Keys(g.settled.commands)) {
		if c := g.settled.commands[key]; !c.done && w.agent(c.turn.process) != nil {
			g.putCommand(w, c, g.work.commands[key])
		}
	}
	return w
}

// putAgent puts an agent process where it is in the recording, with its turn.
func (g *game) putAgent(w *World, id int, p *seenProcess) {
	a := &actor{group: agentGroup(id), process: id, name: p.agent, uses: Flat(p.bytes), ends: Never}
	w.agents = append(w.agents, a)
	if p.going {
		w.later(leaveTakes, func() { w.exit(id, governor.Exited, "was stopped") })
	}
	t := p.turn
	if t != nil {
		playing := &playing{Turn: g.work.Turn(t.prompt), prompt: t.prompt, process: id, age: t.age(w.Now), ready: t.runs,
			responded: t.Responds > 0, open: map[int]struct{}{}}
		playing.asked = min(len(t.list), len(playing.Commands))
		a.uses = Flat(p.bytes - playing.Grows.At(playing.age))
		w.turns = append(w.turns, playing)
		if t.stopped {
			w.interrupt(governor.Interrupt{Prompt: t.prompt})
		}
	}
	if p.ready {
		return
	}
	start := w.Start(p.agent, governor.StartTurn{Process: id, How: p.how})
	if p.how != pool.Reset {
		a.uses, a.age = start.Uses, w.Now-p.began
	}
	w.later(max(0, start.Ready-(w.Now-p.began)), func() { w.ready(id) })
}

// putCommand puts a command where it is in the recording; whole is how it went on there.
func (g *game) putCommand(w *World, c, whole *seenCommand) {
	a := &actor{group: c.group, process: c.turn.process, name: c.Name, kind: governor.KindTool, uses: whole.Uses,
		age: c.age(w.Now), ends: whole.Length, still: c.frozen || !c.begun}
	if !c.begun {
		a.age = 0
	}
	for _, t := range w.turns {
		if i := slices.Index(c.turn.list, c); t.prompt == c.turn.prompt && i < t.asked {
			a.turn, a.index = t, i
			t.open[i] = struct{}{}
		}
	}
	w.commands = append(w.commands, a)
	if c.killed {
		w.later(killTakes, func() { w.end(a) })
	}
}
