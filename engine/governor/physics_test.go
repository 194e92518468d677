package governor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// physics is a machine on a virtual clock: programs that grow, a meter that may lie, and decisions that
// take their time to have an effect. It dies when what is pinned exceeds the hard limit.
type physics struct {
	*testing.T
	s        *State
	rng      *rand.Rand
	now      time.Duration
	programs []*program
	base     float64 // of the server, MB
	cache    float64 // page cache that the kernel takes back before it kills
	peak     float64

	meter     float64       // what the meter shows of the truth
	noise     float64       // MB by which it is off, either way
	drop      float64       // share of samples that fail
	interval  time.Duration // between samples
	toFreeze  time.Duration // from the decision to its effect
	toDie     time.Duration
	decisions []string
}

// program is a group that grows: grow gives MB per second by its age.
type program struct {
	id, name string
	kind     Kind
	process  int
	mb       float64
	grow     func(age time.Duration) float64
	born     time.Duration
	age      time.Duration // time that it ran
	freezeAt time.Duration // 0 for not
	thawAt   time.Duration
	dieAt    time.Duration
	done     bool // it ended by itself
	ends     time.Duration
}

func newPhysics(t *testing.T, seed uint64) *physics {
	p := &physics{T: t, s: New(testConfig()), rng: rand.New(rand.NewPCG(seed, 1)), base: 25, cache: 60,
		meter: 1, interval: 10 * time.Millisecond, toFreeze: 8 * time.Millisecond, toDie: 60 * time.Millisecond}
	p.step(Sample{Used: 25 * MB, Attributed: true})
	return p
}

// turn starts a prompt of a user whose agent takes 105 MB.
func (p *physics) turn(user string) int {
	for _, e := range arrive("p-"+user, user+"1", 0) {
		p.step(e)
	}
	id := 0
	for _, q := range p.s.View(p.now).Processes {
		if q.Session == user+"1" {
			id = q.ID
		}
	}
	if id == 0 {
		p.Fatalf("the turn of %s did not start", user)
	}
	p.programs = append(p.programs, agentProgram(id))
	p.step(ProcessReady{id})
	return id
}

// agentProgram takes 105 MB within 0.3 seconds, as Claude Code does.
func agentProgram(process int) *program {
	return &program{id: agentGroup(process), kind: KindAgent, process: process, grow: func(age time.Duration) float64 {
		if age > 300*time.Millisecond {
			return 0
		}
		return 350
	}}
}

// run starts a command of an agent.
func (p *physics) run(process int, name string, mb float64, grow func(time.Duration) float64) *program {
	g := &program{id: fmt.Sprintf("process/%d/command/%d", process, len(p.programs)), name: name, kind: KindTool,
		process: process, mb: mb, grow: grow, born: p.now}
	p.step(CommandAsked{Group: g.id, Process: process, Name: name})
	p.programs = append(p.programs, g)
	return g
}

func (p *physics) step(e Event) {
	for _, d := range slices.Clone(p.s.Step(p.now, e)) {
		switch d := d.(type) {
		case Freeze:
			p.note("freeze", d.Group)
			p.find(d.Group).freezeAt = p.now + p.toFreeze
		case Thaw:
			p.note("thaw", d.Group)
			p.find(d.Group).thawAt = p.now + p.toFreeze
		case Kill:
			p.note("kill", d.Group)
			p.find(d.Group).dieAt = p.now + p.toDie
			p.find(d.Group).freezeAt = p.now + p.toFreeze // kill freezes first
		case Evict:
			p.find(agentGroup(d.Process)).dieAt = p.now + p.toDie
		case EndTurn:
			p.note(string(d.Outcome), d.Prompt)
		}
	}
}

func (p *physics) note(what, id string) {
	if g := p.find(id); g != nil && g.name != "" {
		id = g.name
	}
	p.decisions = append(p.decisions, what+" "+id)
}

func (p *physics) find(id string) *program {
	for _, g := range p.programs {
		if g.id == id {
			return g
		}
	}
	return nil
}

func (p *physics) pinned() float64 {
	sum := p.base
	for _, g := range p.programs {
		sum += g.mb
	}
	return sum
}

// pass lets time pass, a millisecond at a time, and fails when the machine dies.
func (p *physics) pass(d time.Duration) {
	p.Helper()
	const tick = time.Millisecond
	for end := p.now + d; p.now < end; {
		p.now += tick
		for _, g := range slices.Clone(p.programs) {
			p.live(g, tick)
		}
		p.peak = max(p.peak, p.pinned())
		if p.pinned() > 512 {
			p.Fatalf("dead at %v: %.0f MB; %s", p.now, p.pinned(), strings.Join(p.decisions, ", "))
		}
		if p.now%p.interval == 0 {
			p.measure()
		}
		if p.now%time.Second == 0 {
			p.step(Tick{})
		}
	}
}

func (p *physics) live(g *program, tick time.Duration) {
	if g.thawAt != 0 && p.now >= g.thawAt {
		g.freezeAt, g.thawAt = 0, 0
	}
	if g.dieAt != 0 && p.now >= g.dieAt || g.ends != 0 && g.age >= g.ends {
		g.done = g.dieAt == 0
		p.programs = slices.DeleteFunc(p.programs, func(o *program) bool { return o == g })
		switch g.kind {
		case KindTerminal:
			p.step(TerminalCleared{g.id})
		case KindAgent:
			p.step(ProcessExited{Process: g.process, Failure: Killed, Cause: "was killed"})
		default:
			p.step(CommandEnded{g.id})
		}
		return
	}
	if g.grow != nil && (g.freezeAt == 0 || p.now < g.freezeAt) {
		g.age += tick
		g.mb = max(0, g.mb+g.grow(g.age)*tick.Seconds())
	}
}

func (p *physics) measure() {
	if p.rng.Float64() < p.drop {
		p.step(SampleFailed{Cause: "as the test wants it"})
		return
	}
	show := func(mb float64) int64 {
		return int64((mb*p.meter + (p.rng.Float64()*2-1)*p.noise) * MB)
	}
	s := Sample{Pinned: show(p.pinned()), Squeezed: p.pinned()+p.cache > 512, Attributed: true}
	s.Used = s.Pinned
	for _, g := range p.programs {
		s.Groups = append(s.Groups, Group{ID: g.id, Kind: g.kind, Process: g.process, Name: g.name, Bytes: int64(g.mb * MB)})
	}
	p.step(s)
}

func (p *physics) expect(want string) {
	p.Helper()
	if got := strings.Join(p.decisions, ", "); got != want {
		p.Errorf("decided %q, want %q", got, want)
	}
}

func (p *physics) never(what string) {
	p.Helper()
	if slices.Contains(p.decisions, what) {
		p.Errorf("%s; all: %s", what, strings.Join(p.decisions, ", "))
	}
}

func steadily(mbPerSecond float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return mbPerSecond }
}

// Whatever grows is stopped in time, and whoever does not grow is left alone.
func TestTheGuiltyIsStoppedAndTheInnocentIsNot(t *testing.T) {
	kinds := map[string]func(p *physics){
		"honest meter":        func(*physics) {},
		"noise of 8 MB":       func(p *physics) { p.noise = 8 },
		"a third is missing":  func(p *physics) { p.drop = 0.34 },
		"meter 20 % too low":  func(p *physics) { p.meter = 0.8 },
		"meter 20 % too high": func(p *physics) { p.meter = 1.2 },
		"ten seconds to die":  func(p *physics) { p.toDie = 10 * time.Second },
		"slow to freeze":      func(p *physics) { p.toFreeze = 25 * time.Millisecond },
	}
	for kind, change := range kinds {
		for _, rate := range []float64{5, 50, 400, 1500} {
			t.Run(fmt.Sprintf("%s, %v MB a second", kind, rate), func(t *testing.T) {
				for seed := range uint64(5) {
					p := newPhysics(t, seed)
					change(p)
					a, b := p.turn("a"), p.turn("b")
					p.run(b, "innocent", 40, nil)
					p.pass(5 * time.Second)
					guilty := p.run(a, "guilty", 0, steadily(rate))
					p.pass(60*time.Second + p.toDie)
					if slices.Contains(p.programs, guilty) {
						t.Errorf("the guilty lives, with %.0f MB", guilty.mb)
					}
					p.never("kill innocent")
					p.never("requeued p-a")
					p.never("requeued p-b")
				}
			})
		}
	}
}

// Two honest commands that do not fit beside each other: one stands still until the other's turn is over.
func TestWhatDoesNotFitWaitsInsteadOfDying(t *testing.T) {
	p := newPhysics(t, 1)
	a, b := p.turn("a"), p.turn("b")
	p.pass(3 * time.Second)
	until := func(mb float64) func(time.Duration) float64 {
		return func(age time.Duration) float64 {
			if age > time.Second {
				return 0
			}
			return mb
		}
	}
	p.run(b, "first", 0, until(150)).ends = 4 * time.Second
	p.pass(2 * time.Second)
	second := p.run(a, "second", 0, until(150))
	second.ends = 3 * time.Second
	p.pass(4 * time.Second)
	p.step(TurnEnded{Prompt: "p-b"})
	p.pass(20 * time.Second)
	if !second.done {
		t.Errorf("the second command did not finish")
	}
	p.expect("freeze second, thaw second")
}

func TestABurstThatEndsIsForgiven(t *testing.T) {
	p := newPhysics(t, 1)
	a := p.turn("a")
	p.pass(3 * time.Second)
	burst := p.run(a, "burst", 0, func(age time.Duration) float64 {
		switch {
		case age < 200*time.Millisecond:
			return 1000
		case age < 400*time.Millisecond:
			return -1000
		}
		return 0
	})
	burst.ends = 2 * time.Second
	p.pass(30 * time.Second)
	if !burst.done {
		t.Errorf("the burst was not forgiven: %v", p.decisions)
	}
}

// An agent that leaks is to blame itself: its prompt runs again, and is parked after the third time.
func TestALeakingAgentIsParkedAfterThreeTimes(t *testing.T) {
	p := newPhysics(t, 1)
	b := p.turn("b")
	p.run(b, "innocent", 60, nil)
	p.turn("a")
	for range 3 {
		p.pass(3 * time.Second)
		for _, q := range p.s.View(p.now).Processes {
			if q.Session == "a1" && p.find(agentGroup(q.ID)) == nil { // started again
				p.programs = append(p.programs, agentProgram(q.ID))
				p.step(ProcessReady{q.ID})
			}
			if q.Session == "a1" {
				p.find(agentGroup(q.ID)).grow = steadily(200)
			}
		}
		p.pass(2 * MaxFrozen)
	}
	p.never("kill innocent")
	if n := strings.Count(strings.Join(p.decisions, ","), "requeued p-a"); n != 2 || p.decisions[len(p.decisions)-1] != "parked p-a" {
		t.Errorf("decided %v", p.decisions)
	}
}

// Memory that goes up and down around the brink must not make things stop and go all the time.
func TestNoFlapping(t *testing.T) {
	p := newPhysics(t, 1)
	p.noise = 12
	a, b := p.turn("a"), p.turn("b")
	p.run(b, "other", 100, nil)
	p.pass(3 * time.Second)
	p.run(a, "up and down", 100, func(age time.Duration) float64 {
		if age/time.Second%2 == 0 {
			return 20
		}
		return -20
	})
	p.pass(60 * time.Second)
	levels := 0
	for _, d := range p.decisions {
		if strings.HasPrefix(d, "freeze") || strings.HasPrefix(d, "thaw") {
			levels++
		}
	}
	if levels > 60 {
		t.Errorf("%d times stopped and let go within a minute", levels)
	}
}

// When memory cannot be measured any more, nothing is held for ever.
func TestABlindGovernorHoldsNothing(t *testing.T) {
	p := newPhysics(t, 1)
	a, b := p.turn("a"), p.turn("b")
	p.run(b, "other", 100, nil)
	p.pass(3 * time.Second)
	p.run(a, "guilty", 0, steadily(300))
	p.pass(time.Second)
	p.expect("freeze guilty")
	p.drop = 1
	p.find(agentGroup(a)).grow, p.programs[len(p.programs)-1].grow = nil, nil
	p.pass(2 * MaxFrozen)
	p.expect("freeze guilty, thaw guilty")
	if v := p.s.View(p.now); v.Level != LevelNormal || v.Known {
		t.Errorf("blind, and at level %s", v.Level)
	}
}

// What a governor offers that cannot measure memory any more is told, and so is what it offers again.
func TestABlindGovernorSaysWhatItOffers(t *testing.T) {
	c := start(t, nil)
	c.expect("level panic, essential, raise memory critical", used(390))
	c.do(SampleFailed{})
	c.now += MaxFrozen
	c.expect("level normal, premium", Tick{})
	c.expect("", Tick{})
	c.expect("level warning, standard", used(310))
}

func TestACommandWaitsForMemory(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, used(390, 1))
	started := func(e Event) (limit int64, ok bool) {
		for _, d := range c.s.Step(c.now, e) {
			if d, is := d.(StartCommand); is {
				return d.DataLimit, true
			}
		}
		return 0, false
	}
	ask := func(n int) CommandAsked { return CommandAsked{Group: fmt.Sprint("c", n), Process: 1, Name: "npm test"} }
	if _, ok := started(ask(1)); ok {
		t.Error("a command begins while memory is nearly full")
	}
	c.now += commandPatience
	if limit, ok := started(Tick{}); !ok || limit != leastRoom+reserved {
		t.Errorf("after a minute: %v, %d MB", ok, limit/MB)
	}
	c.now += time.Second
	c.do(used(150, 1))
	c.now += calmDown
	c.do(used(150, 1))
	if limit, ok := started(ask(2)); !ok || limit != (448-150)*MB+reserved {
		t.Errorf("with room: %v, %d MB", ok, limit/MB)
	}
	if _, ok := started(CommandEnded{"c2"}); ok {
		t.Error("an end begins something")
	}
	files := used(390, 1)
	files.Pinned = 300 * MB // the rest are programs' files
	c.do(files)
	if _, ok := started(ask(3)); !ok {
		t.Error("a command waits for pages that can be dropped")
	}
}

// The memory of who ends may be missing from a measurement before his end is told. That it is as low in the next is
// no growth: nobody is stopped for it.
func TestWhoEndsLeavesNoGrowthBehind(t *testing.T) {
	for what, end := range map[string]func(p *physics, process int) Event{
		"agent": func(p *physics, process int) Event {
			p.step(TurnEnded{Prompt: "p-a"})
			p.remove(agentGroup(process))
			return ProcessExited{Process: process, Failure: Exited, Cause: "ended by itself"}
		},
		"command": func(p *physics, process int) Event {
			g := p.run(process, "large", 0, steadily(110))
			p.pass(time.Second)
			p.remove(g.id)
			return CommandEnded{g.id}
		},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPhysics(t, 1)
			a, b := p.turn("a"), p.turn("b")
			p.pass(3 * time.Second)
			p.run(b, "innocent", 0, steadily(20))
			p.pass(2 * time.Second)
			ended := end(p, a)
			bare := func() { // without a look at whose it is
				n := int64(p.pinned() * MB)
				p.step(Sample{Used: n, Pinned: n})
			}
			bare()
			p.step(ended)
			for range 3 {
				p.now += 2 * time.Millisecond
				bare()
			}
			p.pass(time.Second)
			p.expect("")
		})
	}
}

// remove takes a program away, of which nobody is told.
func (p *physics) remove(id string) {
	p.programs = slices.DeleteFunc(p.programs, func(g *program) bool { return g.id == id })
}
