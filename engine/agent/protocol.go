package agent

import (
	"errors"
	"fmt"
	"strconv"
)

// protocol is our end of a stream-json conversation, without its I/O: what we are told goes into hear, what
// we are to say collects in out. It is not safe for concurrent use.
type protocol struct {
	ready   Ready // as last announced
	resumed bool
	phase   phase
	stopped bool // the turn was asked to end early
	stuck   bool // a reset failed: the process can only be ended

	position  // in the message being written
	questions map[string]question
	spent     float64 // dollars, since the last turn ended
	total     float64 // dollars, as last told

	mode        string // of permissions, at the start
	modeRequest name   // the request that puts it back
	changed     string // why the process cannot be given to another conversation, if so
	requests    int    // control requests sent so far

	out []any // lines to be sent
}

type phase int

const (
	starting phase = iota
	idle
	running
	resetting
)

// position is a message and the index of the block that comes next in it.
type position struct {
	message string
	block   int
}

// newProtocol begins a conversation by asking the agent to introduce itself.
func newProtocol(conversation string, resumed bool) *protocol {
	p := &protocol{ready: Ready{Conversation: conversation}, resumed: resumed, questions: map[string]question{}}
	p.request(ask{Subtype: "initialize"})
	return p
}

func (p *protocol) say(line any) { p.out = append(p.out, line) }

func (p *protocol) request(a ask) (id name) {
	p.requests++
	id = name("coder1-" + strconv.Itoa(p.requests))
	p.say(controlRequest(id, a))
	return id
}

// take returns what is to be said.
func (p *protocol) take() []any {
	out := p.out
	p.out = nil
	return out
}

var errNotIdle = errors.New("the agent is not waiting for a prompt")

func (p *protocol) prompt(text string) error { return p.promptAfter("", text) }

func (p *protocol) promptAfter(before, text string) error {
	if p.phase != idle {
		return errNotIdle
	}
	p.phase, p.stopped = running, false
	p.say(userLine(before, text))
	return nil
}

// interrupt asks for the turn to end. A request that comes before the agent has begun with the turn is
// lost, so it is repeated at each sign of beginning (see persist).
func (p *protocol) interrupt() {
	if p.phase == running {
		p.stopped = true
		p.request(ask{Subtype: "interrupt"})
	}
}

func (p *protocol) persist() {
	if p.stopped {
		p.interrupt()
	}
}

// reset drops the conversation. What was changed in one conversation must not be true of the next: the
// permission mode can be put back, the rest makes a reset impossible.
func (p *protocol) reset() error {
	if p.phase != idle {
		return errNotIdle
	}
	if p.changed != "" {
		return fmt.Errorf("the process cannot begin another conversation: %s", p.changed)
	}
	p.phase = resetting
	if p.mode != "" {
		p.modeRequest = p.request(ask{Subtype: "set_permission_mode", Mode: p.mode})
	}
	p.say(userLine("", "/clear"))
	return nil
}
