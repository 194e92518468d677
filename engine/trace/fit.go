package trace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
)

// Work is what a recording shows of the work that was done: what every prompt's turn took, what it takes to
// start processes, and what the server itself used.
type Work struct {
	turns    map[string]*seenTurn // prompt -> the last turn that was begun for it
	starts   map[startKey][]Start
	stretch  map[string][]basePoint // run -> memory beside processes
	commands map[string]*seenCommand
	lives    []Life
	typical  Turn
	Cut      int // commands that were killed: how they would have gone on is guessed
}

type startKey struct {
	agent string
	how   governor.How
}

type basePoint struct {
	at time.Duration
	Base
}

// seenTurn is a turn as it was recorded. Commands are in the order in which they were asked for.
type seenTurn struct {
	Turn
	prompt  string
	process int
	began   time.Duration // the agent was given the prompt
	paused  time.Duration // for commands that stood still or waited, until now
	held    time.Duration // since when it is paused
	holding int           // commands that hold it up
	start   int64         // bytes of the agent when it began
	fresh   bool          // on a process that was started for it
	runs    bool
	ended   bool
	stopped bool // it was asked to end
	list    []*seenCommand
}

// seenCommand is a command as it was recorded.
type seenCommand struct {
	Command
	group  string
	turn   *seenTurn
	began  time.Duration // 0 until it may begin
	still  time.Duration // how long it stood still
	froze  time.Duration
	frozen bool
	bytes  int64
	begun  bool
	killed bool
	done   bool
}

// seenProcess is an agent process as it was recorded.
type seenProcess struct {
	agent string
	how   governor.How
	began time.Duration
	ready bool
	uses  Shape
	bytes int64
	turn  *seenTurn
	going bool // it was killed, or asked to leave
}

// fitter goes through a recording.
type fitter struct {
	*Work
	run       string
	at        time.Duration
	bare      int64             // used beside processes when there were few files in memory
	agents    map[string]string // prompt -> agent kind
	processes map[int]*seenProcess
}

// Fit takes the Work from a recording.
func Fit(f *File) *Work {
	w := newWork()
	fit := fitter{Work: w}
	for it := range f.Items() {
		switch it := it.(type) {
		case Head:
			fit.head(it)
		case Step:
			fit.step(&it)
		case End:
			fit.life().Died = it.How == Died
			fit.life().closed = it.How == Closed
		}
	}
	fit.breakOff()
	w.settle()
	return w
}

func newWork() *Work {
	return &Work{turns: map[string]*seenTurn{}, starts: map[startKey][]Start{}, stretch: map[string][]basePoint{}, commands: map[string]*seenCommand{}}
}

func (f *fitter) head(h Head) {
	if f.run == h.Run && h.Lost == 0 {
		return
	}
	f.begins(h)
	f.run, f.agents, f.processes = h.Run, map[string]string{}, map[int]*seenProcess{}
	for _, p := range h.State.Prompts {
		f.agents[p.Prompt] = p.Agent
		f.offered(h.At, p.PromptOffered)
	}
	for _, p := range h.State.Pool.Processes {
		f.processes[p.ID] = &seenProcess{agent: p.Agent, ready: true, began: p.Since}
	}
	for _, z := range h.State.Memory.Sizes {
		if p := f.processes[z.Process]; p != nil {
			p.bytes = z.Bytes
		}
	}
	for _, p := range h.State.Prompts {
		if p.Phase == 2 && f.processes[p.Process] != nil {
			f.begin(p.Prompt, p.Process, p.Since)
		}
	}
}

func (f *fitter) step(s *Step) {
	f.hear(s)
	for _, d := range s.Decisions {
		f.decided(d)
	}
}

// hear takes in what happened, without what was decided.
func (f *fitter) hear(s *Step) {
	f.at = s.At
	switch e := s.Event.(type) {
	case governor.PromptOffered:
		f.agents[e.Prompt] = e.Agent
		f.offered(s.At, e)
	case governor.PromptRestored:
		f.agents[e.Prompt] = e.Agent
		f.offered(s.At, e.PromptOffered)
	case governor.Sample:
		f.sees(true)
		f.sample(&e)
	case governor.SampleFailed:
		f.sees(false)
	case governor.ProcessReady:
		f.ready(e.Process)
	case governor.TurnResponded:
		if t := f.turns[e.Prompt]; t != nil {
			t.Responds = t.age(f.at)
		}
	case governor.TurnEnded:
		f.ended(e)
	case governor.CommandAsked:
		f.asked(e)
	case governor.CommandEnded:
		f.commandEnded(e.Group)
	case governor.ProcessExited:
		f.left(e)
		delete(f.processes, e.Process)
	}
}

func (f *fitter) decided(d governor.Decision) {
	switch d := d.(type) {
	case governor.StartTurn:
		f.start(d)
	case governor.StartCommand:
		if c := f.commands[f.key(d.Group)]; c != nil && !c.begun {
			c.begun, c.began = true, f.at
			c.turn.hold(f.at, -1)
		}
	case governor.Freeze:
		if c := f.commands[f.key(d.Group)]; c != nil && !c.frozen {
			c.frozen, c.froze = true, f.at
			c.turn.hold(f.at, +1)
		}
	case governor.Thaw:
		if c := f.commands[f.key(d.Group)]; c != nil {
			f.thaw(c)
		}
	case governor.Kill:
		if c := f.commands[f.key(d.Group)]; c != nil {
			c.killed = true
		}
		for id, p := range f.processes {
			p.going = p.going || d.Group == agentGroup(id)
		}
	case governor.Evict:
		if p := f.processes[d.Process]; p != nil {
			p.going = true
		}
	case governor.EndTurn:
		if t := f.turns[d.Prompt]; t != nil {
			f.over(t)
		}
	case governor.Interrupt:
		if t := f.turns[d.Prompt]; t != nil {
			t.stopped = true
		}
	}
}

func agentGroup(process int) string { return fmt.Sprintf("process/%d", process) }

func (f *fitter) thaw(c *seenCommand) {
	if c.frozen {
		c.frozen = false
		c.still += f.at - c.froze
		c.turn.hold(f.at, -1)
	}
}

// key tells apart groups of different lives of the server.
func (f *fitter) key(group string) string { return f.run + " " + group }

func (f *fitter) start(d governor.StartTurn) {
	p := f.processes[d.Process]
	if p == nil || d.How == pool.New || d.How == pool.Resumed {
		p = &seenProcess{agent: f.agents[d.Prompt], uses: Flat(0)}
		f.processes[d.Process] = p
	}
	p.how, p.began, p.ready = d.How, f.at, d.How == governor.Warm
	f.begin(d.Prompt, d.Process, f.at)
}

func (f *fitter) begin(prompt string, process int, at time.Duration) {
	p := f.processes[process]
	t := &seenTurn{prompt: prompt, process: process, began: at, start: p.bytes, runs: p.ready, fresh: !p.ready && p.how != pool.Reset}
	f.turns[prompt], p.turn = t, t
}

func (f *fitter) ready(process int) {
	p := f.processes[process]
	if p == nil || p.ready {
		return
	}
	p.ready = true
	key := startKey{p.agent, p.how}
	f.starts[key] = append(f.starts[key], Start{Ready: f.at - p.began, Uses: p.uses})
	if t := p.turn; t != nil {
		t.began, t.start, t.runs = f.at, p.bytes, true
	}
}

func (f *fitter) ended(e governor.TurnEnded) {
	t := f.turns[e.Prompt]
	if t == nil || !t.runs {
		return
	}
	t.Length, t.History, t.Tied, t.ended = t.age(f.at), e.History, e.Tied, !e.Interrupted
	if t.Responds == 0 {
		t.Responds = t.Length
	}
	f.over(t)
}

// over has the process of a turn be in none.
func (f *fitter) over(t *seenTurn) {
	if p := f.processes[t.process]; p != nil && p.turn == t {
		p.turn = nil
	}
}

// age is how long a turn has run, without the time for which its commands held it up.
func (t *seenTurn) age(now time.Duration) time.Duration {
	paused := t.paused
	if t.holding > 0 {
		paused += now - t.held
	}
	return max(0, now-t.began-paused)
}

// hold counts who holds a turn up.
func (t *seenTurn) hold(now time.Duration, by int) {
	if t.holding > 0 {
		t.paused += now - t.held
	}
	t.holding, t.held = max(0, t.holding+by), now
}

func (f *fitter) asked(e governor.CommandAsked) {
	p := f.processes[e.Process]
	if p == nil || p.turn == nil || !p.turn.runs {
		return
	}
	c := &seenCommand{group: e.Group, turn: p.turn, Command: Command{Name: e.Name, Helper: e.Helper, After: p.turn.age(f.at), Length: Never}}
	f.commands[f.key(e.Group)] = c
	p.turn.list = append(p.turn.list, c)
	p.turn.hold(f.at, +1)
}

func (c *seenCommand) age(now time.Duration) time.Duration {
	still := c.still
	if c.frozen {
		still += now - c.froze
	}
	return max(0, now-c.began-still)
}

func (f *fitter) commandEnded(group string) {
	c := f.commands[f.key(group)]
	if c == nil {
		return
	}
	f.thaw(c)
	c.done = true
	if !c.begun {
		c.turn.hold(f.at, -1)
	}
	if c.Length = c.age(f.at); c.killed {
		f.Cut++
		c.Length, c.Uses.Then = Never, c.Uses.slope()
	}
}

// slope is by how many bytes a second something grew of late.
func (s Shape) slope() int64 {
	const late = 2 * time.Second
	n := len(s.Points)
	if n < 2 {
		return 0
	}
	last := s.Points[n-1]
	i := sort.Search(n-1, func(i int) bool { return s.Points[i].Age >= last.Age-late })
	i = min(i, n-2)
	first := s.Points[i]
	if last.Age <= first.Age {
		return 0
	}
	return min(max(0, int64(float64(last.Bytes-first.Bytes)/(last.Age-first.Age).Seconds())), fastest)
}

// fastest is how many bytes a second one process can take: what a core of this decade's machines zeroes.
const fastest = 4 << 30

func (f *fitter) sample(s *governor.Sample) {
	if !s.Attributed {
		return
	}
	base := basePoint{f.at, Base{Used: s.Used, Files: s.Used - s.Pinned, Shared: s.Shared}}
	for i := range s.Groups {
		g := &s.Groups[i]
		base.Used -= g.Bytes
		if g.Kind == governor.KindAgent {
			f.sized(g)
		} else if c := f.commands[f.key(g.ID)]; c != nil && c.begun {
			f.measured(c, g.Bytes)
		}
	}
	base.Used = max(0, base.Used)
	f.leaveOut(&base)
	f.stretch[f.run] = addBase(f.stretch[f.run], base)
}

// leaveOut takes files in memory off what belongs to nobody, where they are many. While whoever made them lives
// they are counted as his; what is left of them when he was killed must not be counted a second time, beside
// the one who lives on in a simulation.
func (f *fitter) leaveOut(b *basePoint) {
	const many = 16 << 20
	if b.Shared <= many {
		f.bare = b.Used
		return
	}
	b.Used, b.Shared = min(b.Used, f.bare+many), many
}

// measured takes in the size of a command. What grows is not frozen yet, whatever was decided: it takes some
// milliseconds, which count as its age.
func (f *fitter) measured(c *seenCommand, bytes int64) {
	const still = 1 << 20
	if c.frozen && bytes > c.bytes+still {
		c.froze = f.at
	}
	c.bytes = bytes
	c.Uses.add(c.age(f.at), bytes)
}

// addBase takes in what was used beside processes; what is as good as the last one is left out.
func addBase(all []basePoint, p basePoint) []basePoint {
	const tolerance = 256 << 10
	if n := len(all); n > 0 {
		last := &all[n-1]
		if abs(last.Used-p.Used) < tolerance && abs(last.Files-p.Files) < tolerance && abs(last.Shared-p.Shared) < tolerance {
			return all
		}
	}
	return append(all, p)
}

func (f *fitter) sized(g *governor.Group) {
	p := f.processes[g.Process]
	if p == nil {
		return
	}
	p.bytes = g.Bytes
	switch {
	case !p.ready:
		if p.how == pool.New || p.how == pool.Resumed {
			p.uses.add(f.at-p.began, g.Bytes)
		}
	case p.turn != nil && p.turn.runs:
		p.turn.Grows.add(p.turn.age(f.at), g.Bytes-p.turn.start)
	}
}

// settle makes models of what was seen.
func (w *Work) settle() {
	var whole []*seenTurn
	for _, prompt := range slices.Sorted(maps.Keys(w.turns)) {
		t := w.turns[prompt]
		for _, c := range t.list {
			t.Commands = append(t.Commands, c.Command)
		}
		if t.ended {
			whole = append(whole, t)
		}
	}
	slices.SortStableFunc(whole, func(a, b *seenTurn) int { return cmp.Compare(a.Length, b.Length) })
	w.typical = Turn{Length: 30 * time.Second, Responds: 2 * time.Second}
	if len(whole) > 0 {
		w.typical = whole[len(whole)/2].Turn
	}
	for run, all := range w.stretch {
		w.stretch[run] = lasting(all)
	}
	for key := range w.starts {
		slices.SortStableFunc(w.starts[key], func(a, b Start) int { return cmp.Compare(a.Ready, b.Ready) })
	}
}

// lasting leaves out what was over within seconds: the memory of what was killed belongs to nobody while the
// system takes it back.
func lasting(all []basePoint) []basePoint {
	const moment = 5 * time.Second
	kept := make([]basePoint, 0, len(all))
	for i, p := range all {
		least := p.Base
		for _, later := range all[i+1:] {
			if later.at-p.at > moment {
				break
			}
			if later.Used < least.Used {
				least = later.Base
			}
		}
		kept = addBase(kept, basePoint{p.at, least})
	}
	return kept
}

// Turn is what a prompt's turn takes: as it was recorded, or as usual for one that never ran to its end.
func (w *Work) Turn(prompt string) Turn {
	if t := w.turns[prompt]; t != nil && t.ended {
		return t.Turn
	}
	return w.typical
}

// Start is what it usually took to get a process ready, or what it takes where that was never seen.
func (w *Work) Start(first map[string]governor.Cost) func(string, governor.StartTurn) Start {
	return func(agent string, turn governor.StartTurn) Start {
		how := turn.How
		if seen := w.starts[startKey{agent, how}]; len(seen) > 0 {
			return seen[len(seen)/2]
		}
		if other := w.starts[startKey{agent, pool.New}]; how == pool.Resumed && len(other) > 0 {
			return other[len(other)/2]
		}
		if how == pool.Reset {
			return Start{Ready: clearTakes}
		}
		return Start{Ready: startTakes, Uses: Ramp(first[agent].Private, startTakes)}
	}
}

// What Claude Code takes to be cleared, and to start, where nothing was recorded.
const (
	clearTakes = 50 * time.Millisecond
	startTakes = 500 * time.Millisecond
)

// Base is what was used beside processes in a life of the server.
func (w *Work) Base(run string) func(time.Duration) Base {
	all := w.stretch[run]
	return func(at time.Duration) Base {
		i := sort.Search(len(all), func(i int) bool { return all[i].at > at })
		if len(all) == 0 {
			return Base{}
		}
		return all[max(0, i-1)].Base
	}
}
