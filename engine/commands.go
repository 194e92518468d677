package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"coder1/engine/governor"
	"coder1/engine/process"
)

// broker lets the commands that agents run begin when the governor says so, and knows those that run.
type broker struct {
	engine *Engine

	mu struct {
		sync.Mutex
		waiting map[string]chan process.Grant // owner -> where it waits
		running map[string]*process.Command   // owner -> command
	}
}

// How commands rank beside the server: the kernel takes them first when memory is out, and they leave it
// the CPU, so that the governor gets to act in time (60 processes at the same priority kept a watcher from
// running for more than half a second; at a low one they did not).
const (
	commandOOMScore = 1000
	commandNice     = 15
)

var errNoRoom = errors.New("Coder1 is shutting down: this command was not started")

// Begin implements process.Broker: it returns when the command may begin.
func (b *broker) Begin(ctx context.Context, c *process.Command) (process.Grant, error) {
	granted := b.enter(c)
	var id int
	if _, err := fmt.Sscanf(c.Owner(), "process/%d/", &id); err != nil {
		return process.Grant{}, fmt.Errorf("%s runs commands, and is no agent", c.Owner())
	}
	b.engine.ask(governor.CommandAsked{Group: c.Owner(), Process: id, Name: c.Name(), Helper: c.Helper()})
	select {
	case g := <-granted:
		return g, nil
	case <-ctx.Done():
		return process.Grant{}, ctx.Err()
	case <-b.engine.quit:
		return process.Grant{}, errNoRoom
	}
}

func (b *broker) enter(c *process.Command) <-chan process.Grant {
	granted := b.await(c.Owner())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.running[c.Owner()] = c
	return granted
}

// await is where a group receives the leave that it is going to ask for.
func (b *broker) await(group string) <-chan process.Grant {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.waiting == nil {
		b.mu.waiting, b.mu.running = map[string]chan process.Grant{}, map[string]*process.Command{}
	}
	granted := make(chan process.Grant, 1)
	b.mu.waiting[group] = granted
	return granted
}

// start carries out the governor's leave to begin. It does not wait.
func (b *broker) start(d governor.StartCommand) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if granted, ok := b.mu.waiting[d.Group]; ok {
		delete(b.mu.waiting, d.Group)
		granted <- process.Grant{DataLimit: d.DataLimit, Nice: commandNice, OOMScoreAdj: commandOOMScore}
	}
}

// Ended implements process.Broker.
func (b *broker) Ended(c *process.Command) { b.ended(c.Owner()) }

func (b *broker) ended(group string) {
	b.mu.Lock()
	delete(b.mu.waiting, group)
	delete(b.mu.running, group)
	b.mu.Unlock()
	b.engine.ask(governor.CommandEnded{Group: group})
}

// name is what to call a command, "" when it has ended.
func (b *broker) name(owner string) string {
	if c := b.command(owner); c != nil {
		return c.Name()
	}
	return ""
}

// command finds a command that was begun, nil when it has ended.
func (b *broker) command(owner string) *process.Command {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mu.running[owner]
}

func (h *hands) workerOf(group string) *worker {
	var id int
	if n, _ := fmt.Sscanf(group, "process/%d", &id); n == 1 && owner(id) == group {
		return h.crew[id]
	}
	return nil
}

// freeze stops a group, or lets it go on. It does not wait: its process groups stand still when this returns,
// the rest of its tree is looked for by somebody else.
func (h *hands) freeze(group string, still bool) {
	c := h.broker.command(group)
	w := h.workerOf(group)
	t := h.terminal(group)
	switch {
	case t != nil:
		freezeTerminal(t, still)
	case c != nil && still:
		c.FreezeNow()
	case c != nil:
		c.ThawNow()
	case w != nil:
		w.freeze(still)
	default:
		h.git.Freeze(group, still)
	}
}

// kill ends a group at once, and tells its user.
func (h *hands) kill(d governor.Kill) {
	if c := h.broker.command(d.Group); c != nil {
		c.Kill(d.Verdict)
		h.tell(d.Session, d.Reason+"; the agent was told")
		return
	}
	if w := h.workerOf(d.Group); w != nil {
		w.kill()
	}
	if t := h.terminal(d.Group); t != nil {
		h.killTerminal(t, d.Verdict)
	}
	h.git.Kill(d.Group, d.Reason)
}

// tell writes into a session what was done that concerns its user.
func (h *hands) tell(session, text string) {
	if session != "" {
		h.workers.Go(func() { h.note(session, Notice{Level: "warning", Text: text}) })
	}
}
