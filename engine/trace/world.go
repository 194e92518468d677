package trace

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
)

// World is a machine on a virtual clock: it carries out what a governor decides, has processes use memory as
// their models say, and tells the governor what happens, as the engine would. It dies when more is pinned
// than the hard limit allows.
type World struct {
	Plan
	State *governor.State
	Now   time.Duration
	Dead  bool

	agents   []*actor
	commands []*actor
	turns    []*playing
	due      []appointment // in order of time
	tick     time.Duration // when the next one is
	sample   time.Duration
	sampled  []governor.Group
	failed   time.Duration // when a failure to measure is told again
	named    int           // commands that were begun
}

// Plan is what a World is made of.
type Plan struct {
	Hard  int64                                                    // bytes; 0 for no limit
	Base  func(at time.Duration) Base                              // memory beside the processes
	Turn  func(prompt string) Turn                                 // what a prompt's turn does
	Start func(agent string, turn governor.StartTurn) Start        // what it takes to get a process ready for a turn
	Watch func(time.Duration, governor.Event, []governor.Decision) // sees every step; may be nil

	// What it takes to run a command beside what the command uses, in bytes: the wrapper, which counts as its
	// agent's, and the shell.
	Wrapper, Shell int64

	// Faults. Each may be nil.
	Stored   func(at time.Duration) bool // whether a prompt can be written to disk
	Measured func(at time.Duration) bool // whether memory can be measured
	Blind    bool                        // nobody measures memory
	Patient  bool                        // turns wait for commands that never end by themselves, too
	Often    bool                        // measure as often as the engine does, also where nothing can be news
}

// actor is an agent process or a command, at its age.
type actor struct {
	group   string
	process int
	name    string
	kind    governor.Kind
	uses    Shape
	leaves  time.Duration // what it takes an agent to be gone; 0 for the usual
	gained  int64         // by an agent in turns that are over
	age     time.Duration
	ends    time.Duration // age
	still   bool
	gone    bool
	turn    *playing // of a command: that waits for it
	index   int      // in the turn's commands
}

// playing is a turn that runs, at its age.
type playing struct {
	Turn
	prompt    string
	process   int
	age       time.Duration
	ready     bool // the agent has the prompt
	responded bool
	asked     int              // so many commands were asked for
	open      map[int]struct{} // of them have not ended
	patient   bool             // see Plan
}

// appointment is something that happens at a time.
type appointment struct {
	at time.Duration
	do func()
}

// What carrying out takes, as measured: see the notes in engine/governor/emergency.go.
const (
	freezeTakes    = 8 * time.Millisecond
	killTakes      = 60 * time.Millisecond
	leaveTakes     = 300 * time.Millisecond // an agent that is asked to go
	interruptTakes = 50 * time.Millisecond
	storeTakes     = 5 * time.Millisecond
	diskPause      = time.Second // from one try to write to the next: engine/turn.go
	reclaimTakes   = 5 * time.Millisecond
)

// NewWorld makes a World in which nothing runs yet.
func NewWorld(state *governor.State, at time.Duration, plan Plan) *World {
	return &World{Plan: plan, State: state, Now: at, tick: at + time.Second, sample: at}
}

// Input lets something happen that comes from outside.
func (w *World) Input(ev governor.Event) {
	if !w.Dead {
		w.step(ev)
	}
}

// Crash has an agent process be killed by something else: the oldest in a turn, or where there is none the oldest.
func (w *World) Crash() {
	if w.Dead || len(w.agents) == 0 {
		return
	}
	works := func(a *actor) bool {
		return slices.ContainsFunc(w.turns, func(t *playing) bool { return t.process == a.process })
	}
	w.exit(w.agents[max(0, slices.IndexFunc(w.agents, works))].process, governor.Killed, "was killed")
}

// RunUntil lets time pass.
func (w *World) RunUntil(end time.Duration) {
	for !w.Dead && w.Now < end {
		next := min(end, w.tick, w.sample, w.nextOfTurns(), w.nextOfCommands())
		if len(w.due) > 0 {
			next = min(next, w.due[0].at)
		}
		w.pass(max(0, next-w.Now))
		w.happen()
	}
}

// pass lets everything that runs get older.
func (w *World) pass(d time.Duration) {
	w.Now += d
	for _, a := range w.agents {
		if !a.still {
			a.age += d
		}
	}
	for _, c := range w.commands {
		if !c.still {
			c.age += d
		}
	}
	for _, t := range w.turns {
		if w.moves(t) {
			t.age = min(t.age+d, t.limit())
		}
	}
}

// moves reports whether a turn goes on.
func (w *World) moves(t *playing) bool {
	a := w.agent(t.process)
	return t.ready && a != nil && !a.still
}

// limit is the age that a turn cannot pass before its commands have ended.
func (t *playing) limit() time.Duration {
	limit := t.Length
	for i := range t.open {
		switch c := &t.Commands[i]; {
		case c.Length < t.Length-c.After:
			limit = min(limit, c.After+c.Length)
		case c.Length == Never && t.patient:
			limit = min(limit, t.Length-1)
		}
	}
	return max(limit, t.age)
}

// nextOfTurns is when the next thing happens in a turn.
func (w *World) nextOfTurns() time.Duration {
	next := Never
	for _, t := range w.turns {
		if !w.moves(t) {
			continue
		}
		at := t.Length
		if !t.responded {
			at = min(at, t.Responds)
		}
		if t.asked < len(t.Commands) {
			at = min(at, t.Commands[t.asked].After)
		}
		if at <= t.limit() {
			next = min(next, w.Now+max(0, at-t.age))
		}
	}
	return next
}

func (w *World) nextOfCommands() time.Duration {
	next := Never
	for _, c := range w.commands {
		if !c.still && c.ends != Never {
			next = min(next, w.Now+max(0, c.ends-c.age))
		}
	}
	return next
}

// happen lets happen what is due.
func (w *World) happen() {
	for len(w.due) > 0 && w.due[0].at <= w.Now && !w.Dead {
		a := w.due[0]
		w.due = w.due[1:]
		a.do()
	}
	for _, c := range slices.Clone(w.commands) {
		if !c.gone && !c.still && c.age >= c.ends {
			w.end(c)
		}
	}
	for _, t := range slices.Clone(w.turns) {
		w.play(t)
	}
	if w.Now >= w.tick {
		w.tick += time.Second
		w.step(governor.Tick{})
	}
	if w.Now >= w.sample {
		w.measure()
	}
}

// play lets happen what is due in a turn.
func (w *World) play(t *playing) {
	if !w.moves(t) {
		return
	}
	if !t.responded && t.age >= t.Responds {
		t.responded = true
		w.step(governor.TurnResponded{Prompt: t.prompt})
	}
	for t.asked < len(t.Commands) && t.age >= t.Commands[t.asked].After && w.current(t) {
		t.open[t.asked] = struct{}{}
		t.asked++
		w.ask(t, t.asked-1)
	}
	if t.age >= t.Length && t.limit() >= t.Length && w.current(t) {
		w.finish(t, false)
	}
}

// current reports whether a turn still runs.
func (w *World) current(t *playing) bool { return slices.Contains(w.turns, t) }

func (w *World) finish(t *playing, interrupted bool) {
	if a := w.agent(t.process); a != nil {
		a.gained += t.Grows.At(t.age)
	}
	w.drop(t)
	w.step(governor.TurnEnded{Prompt: t.prompt, Interrupted: interrupted, History: t.History, Tied: t.Tied})
}

func (w *World) drop(t *playing) {
	w.turns = slices.DeleteFunc(w.turns, func(o *playing) bool { return o == t })
}

// ask has an agent ask for its turn's next command.
func (w *World) ask(t *playing, i int) {
	w.named++
	c := &t.Commands[i]
	a := &actor{group: fmt.Sprintf("%s/command/s%d", agentGroup(t.process), w.named), process: t.process, name: c.Name,
		kind: governor.KindTool, uses: c.Uses, ends: c.Length, still: true, turn: t, index: i}
	w.commands = append(w.commands, a)
	w.step(governor.CommandAsked{Group: a.group, Process: t.process, Name: c.Name, Helper: c.Helper})
}

// end takes a command off the machine.
func (w *World) end(c *actor) {
	if c.gone {
		return
	}
	w.remove(c)
	w.step(governor.CommandEnded{Group: c.group})
}

func (w *World) remove(c *actor) {
	c.gone = true
	if c.turn != nil {
		delete(c.turn.open, c.index)
	}
	w.commands = slices.DeleteFunc(w.commands, func(o *actor) bool { return o == c })
}

func (w *World) agent(process int) *actor {
	for _, a := range w.agents {
		if a.process == process {
			return a
		}
	}
	return nil
}

func (w *World) find(group string) *actor {
	for _, all := range [][]*actor{w.agents, w.commands} {
		for _, a := range all {
			if a.group == group {
				return a
			}
		}
	}
	return nil
}

func (w *World) later(d time.Duration, do func()) {
	a := appointment{w.Now + d, do}
	i, _ := slices.BinarySearchFunc(w.due, a, func(x, y appointment) int {
		return cmp.Or(cmp.Compare(x.at, y.at), -1) // after those of the same time
	})
	w.due = slices.Insert(w.due, i, a)
}

// step tells the governor something, and carries out what it decides.
func (w *World) step(ev governor.Event) {
	out := slices.Clone(w.State.Step(w.Now, ev))
	if w.Watch != nil {
		w.Watch(w.Now, ev, out)
	}
	w.carryOut(out)
}

func (w *World) carryOut(out []governor.Decision) {
	for _, d := range out {
		switch d := d.(type) {
		case governor.Accept:
			w.later(storeTakes, func() { w.store(d.Prompt) })
		case governor.StartTurn:
			w.begin(d)
		case governor.EndTurn:
			w.forget(d.Prompt)
		case governor.Interrupt:
			w.interrupt(d)
		case governor.Evict:
			leaves := time.Duration(0)
			if a := w.agent(d.Process); a != nil {
				leaves = a.leaves
			}
			w.later(cmp.Or(leaves, leaveTakes), func() { w.exit(d.Process, governor.Exited, "was stopped") })
		case governor.StartCommand:
			if c := w.find(d.Group); c != nil {
				c.still = false
				w.look()
			}
		case governor.Freeze:
			w.freeze(d.Group, true)
		case governor.Thaw:
			w.freeze(d.Group, false)
		case governor.Kill:
			w.kill(d.Group)
		case governor.ReleaseMemory:
			w.later(reclaimTakes, func() { w.step(governor.Reclaimed{What: "a simulation has nothing to give"}) })
		}
	}
	if len(out) > 0 {
		w.stir()
	}
}

// store ends the writing of a prompt. One that cannot be written is withdrawn, as the engine does.
func (w *World) store(prompt string) {
	if w.Stored != nil && !w.Stored(w.Now) {
		w.step(governor.PromptCancelled{Prompt: prompt})
		return
	}
	w.step(governor.PromptStored{Prompt: prompt})
}

func (w *World) begin(d governor.StartTurn) {
	t := &playing{Turn: w.Turn(d.Prompt), prompt: d.Prompt, process: d.Process, open: map[int]struct{}{}, patient: w.Patient}
	w.turns = append(w.turns, t)
	w.write(t, d)
}

// write begins a turn once that can be written down.
func (w *World) write(t *playing, d governor.StartTurn) {
	if !w.current(t) {
		return
	}
	if w.Stored != nil && !w.Stored(w.Now) {
		w.later(diskPause, func() { w.write(t, d) })
		return
	}
	if d.How == governor.Warm {
		t.ready = true
		return
	}
	agent := ""
	for _, p := range w.State.View(w.Now).Processes {
		if p.ID == d.Process {
			agent = p.Agent
		}
	}
	start := w.Start(agent, d)
	if d.How != pool.Reset {
		w.agents = append(w.agents, &actor{group: agentGroup(d.Process), process: d.Process, name: agent, uses: start.Uses, leaves: start.Leaves, ends: Never})
	}
	w.later(start.Ready, func() { w.ready(d.Process) })
}

// ready has an agent process be ready for the turn that it was started or cleared for.
func (w *World) ready(process int) {
	if w.agent(process) == nil {
		return
	}
	for _, t := range w.turns {
		t.ready = t.ready || t.process == process
	}
	w.stir()
	w.step(governor.ProcessReady{Process: process})
}

// forget drops the turn of a prompt that the governor has closed.
func (w *World) forget(prompt string) {
	for _, t := range slices.Clone(w.turns) {
		if t.prompt == prompt {
			w.drop(t)
		}
	}
}

func (w *World) interrupt(d governor.Interrupt) {
	w.later(interruptTakes, func() {
		for _, t := range slices.Clone(w.turns) {
			if t.prompt == d.Prompt && w.agent(t.process) != nil {
				w.finish(t, true)
			}
		}
	})
}

func (w *World) freeze(group string, still bool) {
	a := w.find(group)
	if a == nil {
		return
	}
	w.later(freezeTakes, func() {
		a.still = still
		w.look()
	})
}

// look has memory be measured when something begins to move, or stands still. Before that there may have been no
// sample for a while, where the engine has one every interval: growth is judged by the last one.
func (w *World) look() {
	if w.sample > w.Now {
		w.sample = w.Now
	}
}

// stir has memory be measured as soon as something that now moves could be dangerous.
func (w *World) stir() { w.sample = min(w.sample, w.Now+w.interval()) }

func (w *World) kill(group string) {
	a := w.find(group)
	if a == nil {
		return
	}
	w.freeze(group, true) // which is the first thing that a kill does
	w.later(killTakes, func() {
		if a.kind == governor.KindAgent {
			w.exit(a.process, governor.Killed, "was killed")
		} else {
			w.end(a)
		}
	})
}

// exit ends an agent process and all that it runs.
func (w *World) exit(process int, how governor.Failure, cause string) {
	a := w.agent(process)
	if a == nil {
		return
	}
	a.gone = true
	w.agents = slices.DeleteFunc(w.agents, func(o *actor) bool { return o == a })
	w.turns = slices.DeleteFunc(w.turns, func(t *playing) bool { return t.process == process })
	for _, c := range slices.Clone(w.commands) {
		if c.process == process {
			w.end(c)
		}
	}
	w.step(governor.ProcessExited{Process: process, Failure: how, Cause: cause})
}

// bytes is what an actor has.
func (w *World) bytes(a *actor) int64 {
	if a.kind != governor.KindAgent {
		if a.still && a.age == 0 {
			return 0 // waits to begin
		}
		return max(0, a.uses.At(a.age)) + w.Shell
	}
	sum := a.uses.At(a.age) + a.gained
	for _, c := range w.commands {
		if c.process == a.process {
			sum += w.Wrapper
		}
	}
	for _, t := range w.turns {
		if t.process == a.process {
			sum += t.Grows.At(t.age)
		}
	}
	return max(0, sum)
}

// measure looks at memory, and tells the governor what is used, and whose it is.
func (w *World) measure() {
	base := w.Base(w.Now)
	s := governor.Sample{Used: base.Used, Shared: base.Shared, Attributed: true}
	w.sampled = w.sampled[:0]
	for _, all := range [][]*actor{w.agents, w.commands} {
		for _, a := range all {
			g := governor.Group{ID: a.group, Kind: a.kind, Process: a.process, Name: a.name, Bytes: w.bytes(a)}
			s.Used += g.Bytes
			w.sampled = append(w.sampled, g)
		}
	}
	slices.SortFunc(w.sampled, func(a, b governor.Group) int {
		return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	s.Pinned, s.Groups = s.Used-min(base.Files, s.Used), w.sampled
	if w.Hard > 0 && s.Used >= w.Hard {
		s.Squeezed, s.Used = true, max(w.Hard, s.Pinned) // the system drops files
		w.Dead = s.Pinned >= w.Hard
	}
	w.sample = Never
	w.tell(s)
	w.sample = w.Now + w.pause(s.Pinned)
}

// tell gives the governor a sample, or what it gets instead where memory cannot be measured.
func (w *World) tell(s governor.Sample) {
	switch {
	case w.Blind:
	case w.Measured == nil || w.Measured(w.Now):
		w.failed = 0
		w.step(s)
	case w.Now >= w.failed:
		w.failed = w.Now + seldom
		w.step(governor.SampleFailed{Cause: "simulated"})
	}
}

// Sampling as the engine does it: the time in which the room below the hard limit could fill; see
// engine/sampler.go.
const (
	seldom   = time.Second
	often    = 5 * time.Millisecond
	fillRate = 4 << 30 / 1000 // bytes per millisecond
)

// interval is how often the engine would measure now.
func (w *World) interval() time.Duration {
	if len(w.agents) == 0 || w.Hard == 0 {
		return seldom
	}
	base := w.Base(w.Now)
	used := base.Used - base.Files
	for _, all := range [][]*actor{w.agents, w.commands} {
		for _, a := range all {
			used += w.bytes(a)
		}
	}
	return min(max(time.Duration((w.Hard-used)/fillRate)*time.Millisecond, often), seldom)
}

// pause is how long until a measurement says something new: samples in between would all be the same.
func (w *World) pause(pinned int64) time.Duration {
	if w.Often {
		return w.interval()
	}
	const news = 512 << 10
	steady := seldom
	for _, a := range w.agents {
		if !a.still {
			steady = min(steady, a.uses.Steady(a.age, news))
		}
	}
	for _, c := range w.commands {
		if !c.still {
			steady = min(steady, c.uses.Steady(c.age, news))
		}
	}
	for _, t := range w.turns {
		if w.moves(t) {
			steady = min(steady, t.Grows.Steady(t.age, news))
		}
	}
	if w.Hard > 0 && pinned >= w.Hard*3/4 {
		steady = min(steady, 10*often) // decisions wait for the next sample here
	}
	return max(steady, w.interval())
}
