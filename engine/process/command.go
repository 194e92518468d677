package process

import (
	"context"
	"sync"
	"time"
)

// A Broker lets commands start. Its methods are called from a goroutine of each command's own, and not any
// more once the supervisor is closed.
type Broker interface {
	// Begin is asked before a command starts, and may take its time. The context ends when whoever wanted
	// the command is gone. An error refuses it: its text is all that the command prints.
	Begin(ctx context.Context, c *Command) (Grant, error)
	// Ended follows every Begin once: when the command is done, or will not run after all.
	Ended(c *Command)
}

// A Grant says on which terms a command runs. None of them raises it above the agent that it belongs to.
type Grant struct {
	DataLimit   int64 // most bytes of private memory for each of its processes; 0 for no limit
	Nice        int   // 0 to 19: how readily it yields the CPU
	OOMScoreAdj int   // 0 to 1000: how much rather than others the kernel kills it when memory is out
}

// A Command is what an agent runs through our wrapper, such as a tool's shell command: a tree of its own
// within the agent's. What the command leaves running in the background stays part of it. Methods may be
// called from any goroutine.
type Command struct {
	Tree
	id     int
	name   string
	helper bool

	branded    bool          // all of it has its brand
	background chan struct{} // closed when the root has ended, and the wrapper knows
	kill       chan struct{} // closed by Kill
	done       chan struct{}

	mu struct {
		sync.Mutex
		started time.Time
		killed  bool
		verdict string
	}
}

// ID is a number that no other command of the same supervisor has.
func (c *Command) ID() int { return c.id }

// Name is what to call the command among people, such as "npm test". It is what the command says of itself.
func (c *Command) Name() string { return c.name }

// Helper reports that the command is not the model's: the agent's program needs it itself, a hook or an MCP
// server, which may be waited for only briefly and may live long. It is what the command says of itself.
func (c *Command) Helper() bool { return c.helper }

// Started is when the command began to run; zero before.
func (c *Command) Started() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.started
}

// Background reports that the root has ended, and what it left behind goes on.
func (c *Command) Background() bool {
	select {
	case <-c.background:
		return true
	default:
		return false
	}
}

// Done is closed when the root is gone and nothing of its tree is left.
func (c *Command) Done() <-chan struct{} { return c.done }

// Kill ends the command, whose output then ends with the verdict, one line; without one it just ends. It
// returns at once, with the groups that are known killed. Only the first call counts.
func (c *Command) Kill(verdict string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.killed {
		return
	}
	c.mu.killed, c.mu.verdict = true, verdict
	c.stopGroups()
	c.killGroups()
	close(c.kill)
}

// sentence is whether the command was killed, and why.
func (c *Command) sentence() (verdict string, killed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.verdict, c.mu.killed
}
