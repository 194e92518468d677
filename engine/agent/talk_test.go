package agent

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"coder1/engine/process"
)

// deadMan is how long to wait for what should come at once. No test depends on how soon.
const deadMan = time.Minute

// house is where the agents of a test live.
type house struct {
	t           testing.TB
	kind        Kind
	supervisor  *process.Supervisor
	dir, config string
	started     int
}

func newHouse(t testing.TB, kind Kind) *house {
	t.Helper()
	s, err := process.NewSupervisor(process.Options{ID: fmt.Sprintf("test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &house{t: t, kind: kind, supervisor: s, dir: t.TempDir(), config: t.TempDir()}
}

func (h *house) options(resume string) Options {
	h.started++
	return Options{
		Supervisor: h.supervisor, Owner: fmt.Sprint("process/", h.started),
		Dir: h.dir, ConfigDir: h.config, Resume: resume,
	}
}

// launch starts an agent and does not wait for it. Its prompts and the ends of its turns are counted.
func (h *house) launch(resume string) *talk {
	h.t.Helper()
	a, err := h.kind.Start(context.Background(), h.options(resume))
	if err != nil {
		h.t.Fatal(err)
	}
	c := &talk{Agent: a, t: h.t}
	h.t.Cleanup(func() {
		c.Process().Kill()
		c.drain()
	})
	return c
}

// start starts an agent and waits until it is ready; resume is a conversation to continue.
func (h *house) start(resume string) *talk {
	h.t.Helper()
	c := h.launch(resume)
	c.ready = await[Ready](c)
	return c
}

// talk is a conversation with an agent, as a test leads it.
type talk struct {
	Agent
	t        testing.TB
	ready    Ready
	running  bool // a turn is
	allowing bool // whatever is asked for, in turn
}

// next is the next thing the agent says; it must not be silent or gone.
func (c *talk) next() Event {
	c.t.Helper()
	e, ok := c.hear()
	if !ok {
		c.t.Fatalf("the agent %s; it said last: %s", c.Process().Exit().Text, c.Process().Stderr())
	}
	return e
}

func (c *talk) hear() (Event, bool) {
	c.t.Helper()
	select {
	case e, ok := <-c.Events():
		if _, ended := e.(TurnEnded); ended {
			if !c.running {
				c.t.Errorf("a turn ended that was not running: %+v", e)
			}
			c.running = false
		}
		return e, ok
	case <-time.After(deadMan):
		c.t.Fatal("the agent says nothing")
		return nil, false
	}
}

// drain hears what the agent has to say until it is gone.
func (c *talk) drain() (events []Event) {
	c.t.Helper()
	for {
		e, ok := c.hear()
		if !ok {
			return events
		}
		events = append(events, e)
	}
}

// say prompts the agent.
func (c *talk) say(prompt string) {
	c.t.Helper()
	c.running = true
	c.must(c.Prompt(prompt))
}

func (c *talk) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// turn is all that the agent says until its turn is over.
func (c *talk) turn() turn {
	c.t.Helper()
	var t turn
	for {
		e := c.next()
		if end, ok := e.(TurnEnded); ok {
			t.TurnEnded = end
			return t
		}
		if ask, ok := e.(PermissionRequest); ok && c.allowing {
			c.must(c.Decide(ask.ID, Decision{Allow: true}))
		}
		t.events = append(t.events, e)
	}
}

// answer prompts the agent and hears the whole answer, which must be one.
func (c *talk) answer(prompt string) turn {
	c.t.Helper()
	c.say(prompt)
	t := c.turn()
	if t.Outcome != Done {
		c.t.Fatalf("%q ended with %+v", prompt, t.TurnEnded)
	}
	return t
}
