package governor

import (
	"strings"
	"testing"
	"time"
)

// answer is what the governor says to somebody who wants a terminal.
func (c *script) answer(terminal string) Decision {
	c.Helper()
	for _, d := range c.s.Step(c.now, TerminalOpened{Terminal: terminal, User: "a"}) {
		switch d.(type) {
		case OpenTerminal, RefuseTerminal:
			return d
		}
	}
	c.Fatal("no answer")
	return nil
}

func TestATerminalOpensBelowThePanicThreshold(t *testing.T) {
	c := start(t, nil)
	if d, ok := c.answer("terminal/1").(OpenTerminal); !ok || d.DataLimit != 0 {
		t.Errorf("before memory was measured: %+v", d)
	}
	c.do(used(379))
	d, ok := c.answer("terminal/2").(OpenTerminal)
	if !ok {
		t.Fatal("refused at 379 MB")
	}
	if d.DataLimit != (448-379)*MB+reserved { // nobody who could make room: it is all the server's here
		t.Errorf("its data limit is %d MB", d.DataLimit/MB)
	}
	c.do(used(380))
	r, ok := c.answer("terminal/3").(RefuseTerminal)
	if !ok || r.RetryAfter == 0 || !strings.Contains(r.Reason, "380 MB are in use, and nothing new starts from 380 MB on") {
		t.Errorf("at 380 MB: %+v", r)
	}
	c.now += time.Minute
	c.do(used(200))
	c.now += time.Minute
	c.do(used(200))
	if _, ok := c.answer("terminal/3").(OpenTerminal); !ok {
		t.Error("refused when there is room again")
	}
	c.do(Draining{})
	if r, ok := c.answer("terminal/4").(RefuseTerminal); !ok || !r.Draining {
		t.Errorf("at the end: %+v", r)
	}
}

func TestWithoutCleanUpTerminalsAlwaysOpen(t *testing.T) {
	c := start(t, func(c *Config) { c.NoAggression = true })
	c.do(used(500))
	if _, ok := c.answer("terminal/1").(OpenTerminal); !ok {
		t.Error("refused")
	}
}

// terminal opens a terminal in which something grows.
func (p *physics) terminal(id, name string, mb float64, watched bool, grow func(time.Duration) float64) *program {
	p.step(TerminalOpened{Terminal: id, User: "a"})
	p.step(TerminalWatched{Terminal: id, Watched: watched})
	g := &program{id: id, name: name, kind: KindTerminal, mb: mb, grow: grow, born: p.now}
	p.programs = append(p.programs, g)
	return g
}

func TestWhatGrowsInATerminalIsStopped(t *testing.T) {
	p := newPhysics(t, 1)
	agent := p.turn("a")
	p.pass(time.Second)
	p.terminal("terminal/1", "hog", 5, true, steadily(400))
	p.terminal("terminal/2", "shell", 5, true, nil)
	p.pass(20 * time.Second)
	if p.find("terminal/1") != nil {
		t.Error("what grows is still there")
	}
	if p.find("terminal/2") == nil || p.find(agentGroup(agent)) == nil {
		t.Errorf("the innocent were stopped: %s", strings.Join(p.decisions, ", "))
	}
	p.never("freeze shell")
}

// A shell that does nothing is left alone, however near the end is: there is nothing to be had from it.
func TestAnIdleShellIsLeftAlone(t *testing.T) {
	c := start(t, nil)
	c.answer("terminal/1")
	c.do(used(100))
	s := Sample{Used: 490 * MB, Attributed: true, Groups: []Group{{ID: "terminal/1", Kind: KindTerminal, Name: "terminal 1: bash", Bytes: 3 * MB}}}
	for range 100 {
		c.now += 10 * time.Millisecond
		for _, d := range c.s.Step(c.now, s) {
			switch d.(type) {
			case Freeze, Kill:
				c.Fatalf("%+v", d)
			}
		}
	}
}

// When nothing grows any more and there is still too much, what nobody looks at goes before what somebody does,
// and both before a running agent.
func TestOrphanedTerminalsGoFirst(t *testing.T) {
	p := newPhysics(t, 1)
	agent := p.turn("a")
	p.pass(time.Second)
	slowly := func(to float64) func(time.Duration) float64 {
		return func(age time.Duration) float64 {
			if age.Seconds() > to/50 {
				return 0
			}
			return 50
		}
	}
	p.terminal("terminal/1", "watched", 0, true, slowly(150))
	p.terminal("terminal/2", "orphan", 0, false, slowly(120))
	p.pass(6 * time.Second) // growth is forgotten
	for range 60 {          // the server itself grows, or files in memory
		p.base++
		p.pass(100 * time.Millisecond)
	}
	p.pass(20 * time.Second)
	if p.find("terminal/2") != nil {
		t.Errorf("the orphan is still there: %s", strings.Join(p.decisions, ", "))
	}
	if p.find("terminal/1") == nil || p.find(agentGroup(agent)) == nil {
		t.Errorf("somebody else went: %s", strings.Join(p.decisions, ", "))
	}
}

func TestAClosedTerminalIsOffTheBooks(t *testing.T) {
	c := start(t, nil)
	c.answer("terminal/1")
	s := used(300)
	s.Groups = append(s.Groups, Group{ID: "terminal/1", Kind: KindTerminal, Name: "terminal 1: bash", Bytes: 100 * MB})
	c.do(s)
	c.do(TerminalCleared{"terminal/1"})
	if v := c.s.View(c.now); v.Used != 200*MB {
		t.Errorf("when what ran in it is gone, %d MB are in use", v.Used/MB)
	}
	if len(c.s.terminals) != 1 {
		t.Error("it was forgotten")
	}
	c.do(s, TerminalClosed{"terminal/1"}, TerminalWatched{"terminal/1", true})
	if v := c.s.View(c.now); v.Used != 200*MB || len(c.s.terminals) != 0 {
		t.Errorf("when it is closed, %d MB are in use, and %d terminals are known", v.Used/MB, len(c.s.terminals))
	}
}
