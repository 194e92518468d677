package governor

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// world carries out decisions the way an engine does, in a random order and at random times, and holds
// the governor to its promises: never more processes than allowed, one owner per session, no prompt lost
// or run twice, first come first served within a session.
type world struct {
	*testing.T
	seed uint64
	rng  *rand.Rand
	s    *State
	now  time.Duration
	max  int

	pending   []Event           // what will happen, in any order
	processes map[int]string    // live process -> session
	turns     map[string]int    // running prompt -> process
	accepted  map[string]string // prompt -> session, until it has ended
	line      map[string][]string
	history   map[string]int64
	commands  map[string]int  // command -> process that runs it
	waiting   map[string]int  // the same for those that have not begun
	terminals map[string]bool // open terminal -> watched
	frozen    map[string]bool // groups
	asked     int
	ended     int

	watch func(now time.Duration, e Event, out []Decision) // is shown every step; may be nil
}

func newWorld(t *testing.T, seed uint64) *world {
	cfg := testConfig()
	rng := rand.New(rand.NewPCG(seed, 7))
	cfg.MaxAgents, cfg.MaxProcesses = 1+rng.IntN(3), 1+rng.IntN(3)
	return &world{
		T: t, seed: seed, rng: rng, s: New(cfg), max: cfg.MaxProcesses,
		processes: map[int]string{}, turns: map[string]int{}, accepted: map[string]string{},
		line: map[string][]string{}, history: map[string]int64{},
		commands: map[string]int{}, waiting: map[string]int{}, terminals: map[string]bool{}, frozen: map[string]bool{},
	}
}

func (w *world) fail(format string, args ...any) {
	w.Helper()
	w.Fatalf("seed %d at %v: %s", w.seed, w.now, fmt.Sprintf(format, args...))
}

func (w *world) step(e Event) {
	for _, d := range w.decide(e) {
		w.carryOut(d)
	}
}

func (w *world) decide(e Event) []Decision {
	out := slices.Clone(w.s.Step(w.now, e))
	if w.watch != nil {
		w.watch(w.now, e, out)
	}
	return out
}

func (w *world) carryOut(d Decision) {
	switch d := d.(type) {
	case StartTurn:
		w.startTurn(d)
	case EndTurn:
		w.endTurn(d)
	case Cancelled:
		w.end(d.Prompt)
	case Interrupt:
		w.pending = append(w.pending, TurnEnded{Prompt: d.Prompt, Interrupted: true, History: 1})
	case Evict:
		if _, alive := w.processes[d.Process]; !alive {
			w.fail("evicts process %d, which is not there", d.Process)
		}
		w.pending = append(w.pending, ProcessExited{Process: d.Process, Failure: Killed, Cause: "was stopped"})
	case StartCommand:
		process, asked := w.waiting[d.Group]
		if !asked {
			w.fail("starts %s, which did not ask", d.Group)
		}
		delete(w.waiting, d.Group)
		w.commands[d.Group] = process
	case OpenTerminal:
		w.terminals[d.Terminal] = false
	case Freeze:
		if w.frozen[d.Group] {
			w.fail("freezes %s twice", d.Group)
		}
		w.frozen[d.Group] = true
	case Thaw:
		if !w.frozen[d.Group] {
			w.fail("thaws %s, which is not frozen", d.Group)
		}
		delete(w.frozen, d.Group)
	case Kill:
		w.kill(d)
	}
}

func (w *world) kill(d Kill) {
	var process int
	if _, isTerminal := w.terminals[d.Group]; isTerminal {
		// What runs in it is ended, or all of it.
		w.pending = append(w.pending, pickOf[Event](w.rng, TerminalCleared{d.Group}, TerminalClosed{d.Group}))
	} else if _, isCommand := w.commands[d.Group]; isCommand {
		w.pending = append(w.pending, CommandEnded{d.Group})
	} else if n, _ := fmt.Sscanf(d.Group, "process/%d", &process); n == 1 && w.processes[process] != "" {
		w.pending = append(w.pending, ProcessExited{Process: process, Failure: Killed, Cause: "was killed"})
	} else {
		w.fail("kills %s, which is not there", d.Group)
	}
}

// gone ends what a process ran, and then forgets it.
func (w *world) gone(process int) {
	defer func() {
		delete(w.processes, process)
		delete(w.frozen, agentGroup(process))
	}()
	for _, set := range []map[string]int{w.commands, w.waiting} {
		for _, id := range slices.Sorted(maps.Keys(set)) {
			if set[id] == process {
				delete(set, id)
				delete(w.frozen, id)
				w.step(CommandEnded{id})
			}
		}
	}
}

func (w *world) startTurn(d StartTurn) {
	session, ok := w.accepted[d.Prompt]
	if !ok {
		w.fail("starts %s, which was not accepted or has ended", d.Prompt)
	}
	if _, twice := w.turns[d.Prompt]; twice {
		w.fail("starts %s twice", d.Prompt)
	}
	if w.line[session][0] != d.Prompt {
		w.fail("starts %s of %s before %s", d.Prompt, session, w.line[session][0])
	}
	owner, alive := w.processes[d.Process]
	switch fresh := d.How.String() == "new" || d.How.String() == "resumed"; {
	case fresh && alive:
		w.fail("gives a new process the ID %d of a living one", d.Process)
	case !fresh && !alive:
		w.fail("leases process %d, which is gone", d.Process)
	case d.How == Warm && owner != session:
		w.fail("calls process %d of %s warm for %s", d.Process, owner, session)
	case fresh:
		w.pending = append(w.pending, ProcessReady{d.Process})
	}
	for id, s := range w.processes {
		if s == session && id != d.Process {
			w.fail("session %s has processes %d and %d", session, id, d.Process)
		}
	}
	for p, id := range w.turns {
		if id == d.Process || w.accepted[p] == session {
			w.fail("%s runs beside %s", d.Prompt, p)
		}
	}
	w.processes[d.Process] = session
	if len(w.processes) > w.max {
		w.fail("%d processes, %d allowed", len(w.processes), w.max)
	}
	w.turns[d.Prompt] = d.Process
	w.pending = append(w.pending, TurnEnded{Prompt: d.Prompt, History: 1})
}

func (w *world) endTurn(d EndTurn) {
	if _, running := w.turns[d.Prompt]; !running {
		w.fail("ends the turn of %s, which does not run", d.Prompt)
	}
	delete(w.turns, d.Prompt)
	if d.Outcome != Requeued {
		w.end(d.Prompt)
	}
}

func (w *world) end(prompt string) {
	session, ok := w.accepted[prompt]
	if !ok {
		w.fail("%s ends a second time", prompt)
	}
	delete(w.accepted, prompt)
	w.line[session] = slices.DeleteFunc(w.line[session], func(p string) bool { return p == prompt })
	w.ended++
}

// happen lets one pending event come true, unless the world has moved on meanwhile.
func (w *world) happen() {
	if len(w.pending) == 0 {
		return
	}
	i := w.rng.IntN(len(w.pending))
	e := w.pending[i]
	w.pending = slices.Delete(w.pending, i, i+1)
	switch e := e.(type) {
	case TurnEnded:
		if _, running := w.turns[e.Prompt]; running {
			delete(w.turns, e.Prompt)
			w.turnEnded(e)
		}
	case ProcessExited:
		if _, alive := w.processes[e.Process]; alive {
			w.gone(e.Process)
			w.step(e)
		}
	case CommandEnded:
		if _, alive := w.commands[e.Group]; alive {
			delete(w.commands, e.Group)
			delete(w.frozen, e.Group)
			w.step(e)
		}
	case TerminalCleared:
		delete(w.frozen, e.Terminal)
		w.step(e)
	case TerminalClosed:
		delete(w.terminals, e.Terminal)
		delete(w.frozen, e.Terminal)
		w.step(e)
	default:
		w.step(e)
	}
}

// turnEnded ends the prompt unless the governor puts it back in line.
func (w *world) turnEnded(e TurnEnded) {
	out := w.decide(e)
	again := slices.ContainsFunc(out, func(d Decision) bool { r, ok := d.(EndTurn); return ok && r.Prompt == e.Prompt })
	if again {
		w.turns[e.Prompt] = 0
	} else {
		w.end(e.Prompt)
	}
	for _, d := range out {
		w.carryOut(d)
	}
}

func (w *world) arrive(n int) {
	session := fmt.Sprintf("%c%d", 'a'+rune(w.rng.IntN(3)), w.rng.IntN(4))
	id := fmt.Sprint("p", n)
	offer := PromptOffered{Prompt: id, Session: session, User: session[:1], Agent: "claude", Profile: session[:1], History: w.history[session]}
	out := w.decide(offer)
	accepted := slices.Contains(out, Decision(Accept{id}))
	for _, d := range out {
		w.carryOut(d)
	}
	if accepted {
		w.accepted[id] = session
		w.line[session] = append(w.line[session], id)
		w.step(PromptStored{id})
	}
}

func (w *world) disturb() {
	switch w.rng.IntN(10) {
	case 0:
		if p, ok := pick(w.rng, w.accepted); ok {
			w.step(PromptCancelled{p})
		}
	case 1:
		if id, ok := pick(w.rng, w.processes); ok {
			w.gone(id)
			w.step(ProcessExited{Process: id, Failure: Failure(w.rng.IntN(5)), Cause: "was killed"})
		}
	case 2:
		if id, ok := pick(w.rng, w.processes); ok {
			w.step(ProcessStopped{id})
		}
	case 3:
		if id, ok := pick(w.rng, w.processes); ok {
			w.asked++
			c := fmt.Sprintf("process/%d/command/%d", id, w.asked)
			w.waiting[c] = id
			w.step(CommandAsked{Group: c, Process: id, Name: "npm test", Helper: w.rng.IntN(5) == 0})
		}
	case 4:
		w.step(SampleFailed{Cause: "as the test wants it"})
	case 5:
		if p, ok := pick(w.rng, w.accepted); ok {
			if before, ok := pick(w.rng, w.accepted); ok {
				w.move(p, before)
			}
		}
	case 6:
		w.terminal()
	default:
		w.step(w.sample())
	}
}

// terminal opens, looks at, leaves or closes a terminal.
func (w *world) terminal() {
	id, ok := pick(w.rng, w.terminals)
	if !ok || w.rng.IntN(3) == 0 {
		w.asked++
		w.step(TerminalOpened{Terminal: fmt.Sprint("terminal/", w.asked), User: "a"})
		return
	}
	if w.rng.IntN(3) == 0 {
		w.pending = append(w.pending, TerminalClosed{id})
		return
	}
	w.terminals[id] = !w.terminals[id]
	w.step(TerminalWatched{Terminal: id, Watched: w.terminals[id]})
}

func pickOf[V any](rng *rand.Rand, all ...V) V { return all[rng.IntN(len(all))] }

// move moves a waiting prompt that is its session's only one: the order within a session is what startTurn
// checks.
func (w *world) move(p, before string) {
	if _, running := w.turns[p]; running || len(w.line[w.accepted[p]]) > 1 {
		return
	}
	w.step(PromptMoved{Prompt: p, Before: before})
}

// pick chooses a key, the same one for the same seed.
func pick[K cmp.Ordered, V any](rng *rand.Rand, m map[K]V) (k K, ok bool) {
	if len(m) == 0 {
		return k, false
	}
	return slices.Sorted(maps.Keys(m))[rng.IntN(len(m))], true
}

func (w *world) sample() Sample {
	s := Sample{Used: int64(w.rng.IntN(520)) * MB, Shared: int64(w.rng.IntN(60)) * MB, Squeezed: w.rng.IntN(9) == 0, Attributed: true}
	for _, id := range slices.Sorted(maps.Keys(w.processes)) {
		s.Groups = append(s.Groups, Group{ID: agentGroup(id), Process: id, Bytes: int64(w.rng.IntN(150)) * MB})
	}
	for _, c := range slices.Sorted(maps.Keys(w.commands)) {
		id := w.commands[c]
		s.Groups = append(s.Groups, Group{ID: c, Kind: KindTool, Process: id, Name: "npm test", Bytes: int64(w.rng.IntN(200)) * MB})
	}
	for _, id := range slices.Sorted(maps.Keys(w.terminals)) {
		s.Groups = append(s.Groups, Group{ID: id, Kind: KindTerminal, Name: "terminal 1: bash", Bytes: int64(w.rng.IntN(100)) * MB})
	}
	return s
}

func TestRandomOperationsKeepThePromises(t *testing.T) {
	for seed := range uint64(300) {
		w := newWorld(t, seed)
		w.live(400)
		w.finish()
	}
}

// live lets so many things happen.
func (w *world) live(steps int) {
	for n := range steps {
		w.now += time.Duration(w.rng.IntN(3000)) * time.Millisecond
		switch w.rng.IntN(5) {
		case 0:
			w.arrive(n)
		case 1:
			w.disturb()
		case 2:
			w.step(Tick{})
		default:
			w.happen()
		}
	}
}

// calm is a sample with memory in plenty.
func (w *world) calm() Sample {
	s := w.sample()
	s.Used, s.Shared, s.Squeezed = 30*MB, 0, false
	return s
}

// finish lets memory be plentiful and everything pending happen: every accepted prompt must then end.
func (w *world) finish() {
	for range 5000 {
		if len(w.accepted)+len(w.frozen)+len(w.waiting) == 0 {
			break
		}
		w.now += time.Second
		w.step(w.calm())
		w.step(Tick{})
		w.happen()
	}
	if len(w.frozen) > 0 || len(w.waiting) > 0 {
		w.fail("frozen for ever: %v; waiting for ever: %v", w.frozen, w.waiting)
	}
	if len(w.accepted) > 0 {
		w.fail("%d prompts never ended: %v; view %+v", len(w.accepted), w.accepted, w.s.View(w.now))
	}
	if len(w.s.prompts) != 0 || w.s.queue.Len() != 0 || len(w.s.running) != 0 {
		w.fail("the books are not empty: %d prompts", len(w.s.prompts))
	}
	if len(w.s.terminals) != len(w.terminals) {
		w.fail("%d terminals are on the books, and %d are open", len(w.s.terminals), len(w.terminals))
	}
	if len(w.s.history) > len(w.processes) {
		w.fail("remembers %d sessions with %d processes", len(w.s.history), len(w.processes))
	}
	if w.ended == 0 {
		w.fail("nothing ran")
	}
}

// Within one user, prompts of different sessions start in the order in which they came when nothing but
// a slot is short.
func TestFirstComeFirstServedWithinAUser(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 3))
		c := start(t, func(c *Config) { c.MaxAgents, c.MaxProcesses = 1, 1 })
		var started []string
		note := func(ds []Decision) {
			for _, d := range ds {
				if st, ok := d.(StartTurn); ok {
					started = append(started, st.Prompt)
				}
			}
		}
		for n := range 60 {
			user := string(rune('a' + rng.IntN(3)))
			for _, e := range arrive(fmt.Sprintf("%s%02d", user, n), fmt.Sprintf("%s%d", user, n), 0) {
				note(c.s.Step(c.now, e))
			}
			if rng.IntN(2) == 0 {
				last := started[len(started)-1]
				note(c.s.Step(c.now, TurnEnded{Prompt: last}))
				for _, q := range c.s.View(c.now).Processes {
					if q.State.String() == "stopping" {
						note(c.s.Step(c.now, ProcessExited{Process: q.ID}))
					}
				}
			}
		}
		lastOf := map[byte]string{}
		for _, p := range started {
			if p < lastOf[p[0]] {
				t.Fatalf("seed %d: %s started after %s", seed, p, lastOf[p[0]])
			}
			lastOf[p[0]] = p
		}
	}
}
