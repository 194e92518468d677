package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"coder1/engine/process"
)

// conversation drives a process that speaks stream-json.
type conversation struct {
	process *process.Process
	events  chan Event
	outbox  chan []byte // lines for its standard input; nobody waits for them to be written

	mu struct {
		sync.Mutex
		*protocol
	}
}

// converse takes over a process that was just started.
func converse(p *process.Process, id string, resumed bool) *conversation {
	c := &conversation{process: p, events: make(chan Event), outbox: make(chan []byte, 64)}
	c.mu.protocol = newProtocol(id, resumed)
	_ = c.sendLocked() // nobody else has it yet, and the outbox is empty
	go c.write()
	go c.listen()
	return c
}

func (c *conversation) Process() *process.Process { return c.process }

func (c *conversation) Events() <-chan Event { return c.events }

func (c *conversation) Prompt(text string) error {
	return c.do(func(p *protocol) error { return p.prompt(text) })
}

func (c *conversation) PromptAfter(before, text string) error {
	return c.do(func(p *protocol) error { return p.promptAfter(before, text) })
}

func (c *conversation) Interrupt() error {
	return c.do(func(p *protocol) error { p.interrupt(); return nil })
}

func (c *conversation) Reset() error {
	return c.do((*protocol).reset)
}

func (c *conversation) Tied() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.changed != ""
}

func (c *conversation) Decide(requestID string, d Decision) error {
	return c.do(func(p *protocol) error { return p.decide(requestID, d) })
}

var (
	errGone = errors.New("the agent is gone")
	errDeaf = errors.New("the agent does not take in what it is sent")
)

// do lets the protocol act, and sends what it has to say. Whoever reads the events may call it: it does not
// wait for an agent that is busy writing.
func (c *conversation) do(act func(*protocol) error) error {
	select {
	case <-c.process.Done():
		return errGone
	default:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := act(c.mu.protocol); err != nil {
		return err
	}
	return c.sendLocked()
}

func (c *conversation) sendLocked() error {
	for _, line := range c.mu.take() {
		raw, err := json.Marshal(line)
		if err != nil {
			return fmt.Errorf("write to the agent: %w", err)
		}
		select {
		case c.outbox <- append(raw, '\n'):
		default:
			return errDeaf
		}
	}
	return nil
}

// write sends lines until the process is gone.
func (c *conversation) write() {
	for {
		select {
		case line := <-c.outbox:
			_, _ = c.process.Stdin().Write(line) // fails only when it is ending, which its exit tells better
		case <-c.process.Done():
			return
		}
	}
}

// listen delivers what the agent says until all is said.
func (c *conversation) listen() {
	defer close(c.events)
	lines := newLineReader(c.process.Stdout())
	for {
		line, skipped, err := lines.next()
		if err != nil {
			break // its end, of whatever kind
		}
		switch {
		case skipped > 0:
			c.events <- oversized(line, skipped)
		case len(line) > 0:
			c.hear(line)
		}
	}
	select {
	case <-c.process.Done():
	case <-time.After(muteGrace): // it goes on living and cannot say anything any more
		c.process.Stop(stopGrace)
		<-c.process.Done()
	}
}

func (c *conversation) hear(line []byte) {
	c.mu.Lock()
	events := c.mu.hear(line)
	stuck := c.mu.stuck
	_ = c.sendLocked() // an agent that takes nothing in may still have something to say
	c.mu.Unlock()
	for _, e := range events {
		c.events <- e
	}
	if stuck {
		c.process.Stop(stopGrace)
	}
}

const (
	// stopGrace is how long an agent that cannot go on may take to exit.
	stopGrace = 5 * time.Second
	// muteGrace is how long one that has closed its output may take, which it does when it exits.
	muteGrace = 3 * time.Second
)
