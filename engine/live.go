package engine

import (
	"errors"
	"sync"

	"coder1/engine/agent"
	"coder1/engine/session"
)

// live is what is true of a session only while something happens in it.
type live struct {
	session string
	holders int // guarded by lives.mu

	turn sync.Mutex // held from writing a turn's start to writing its end; taken before edit
	edit sync.Mutex // held while a prompt's text is changed, or read to be run

	mu struct {
		sync.Mutex
		last    int64                        // sequence number of the last event written
		partial partial                      // the message block that the agent is writing; no text when there is none
		asked   map[string]pendingPermission // request ID -> who waits for the answer
	}
}

// partial is a message block as far as it has been written.
type partial struct {
	prompt   string
	message  string
	block    int
	thinking bool
	text     []byte // cut off at agent.MaxOutput
}

type pendingPermission struct {
	prompt string
	agent  agent.Agent
}

// grow adds to the message being written.
func (l *live) grow(prompt string, d agent.Delta) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &l.mu.partial
	if p.message != d.Message || p.block != d.Block {
		*p = partial{prompt: prompt, message: d.Message, block: d.Block, thinking: d.Thinking}
	}
	if len(p.text)+len(d.Text) <= agent.MaxOutput {
		p.text = append(p.text, d.Text...)
	}
}

// wrote notes that events are in the log: what was being said is said.
func (l *live) wrote(events []session.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		l.mu.last = max(l.mu.last, e.Seq)
		if e.Type == "message" || e.Type == "thinking" {
			l.mu.partial = partial{}
		}
	}
}

func (l *live) ask(id string, p pendingPermission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.asked == nil {
		l.mu.asked = map[string]pendingPermission{}
	}
	l.mu.asked[id] = p
}

// answer takes a pending permission request off the list.
func (l *live) answer(id string) (pendingPermission, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.mu.asked[id]
	delete(l.mu.asked, id)
	return p, ok
}

// reset takes back what belonged to a turn that is over: what was being said, and the permissions that
// nobody answered.
func (l *live) reset() (unsaid partial, unanswered map[string]pendingPermission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	unsaid, l.mu.partial = l.mu.partial, partial{}
	unanswered, l.mu.asked = l.mu.asked, nil
	return unsaid, unanswered
}

// lives finds the live part of a session. It exists while somebody holds it.
type lives struct {
	mu  sync.Mutex
	all map[string]*live // session ID -> live
}

func (ls *lives) hold(id string) *live {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.all[id]
	if l == nil {
		if ls.all == nil {
			ls.all = map[string]*live{}
		}
		l = &live{session: id}
		ls.all[id] = l
	}
	l.holders++
	return l
}

func (ls *lives) release(l *live) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if l.holders--; l.holders == 0 {
		delete(ls.all, l.session)
	}
}

// peek returns the live part if there is one.
func (ls *lives) peek(id string) *live {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.all[id]
}

// write makes a change to a session, durable before it returns, and tells whoever follows it.
func (e *Engine) write(id string, c session.Change) error {
	events, err := e.store.Write(id, c)
	if err != nil {
		return err
	}
	if l := e.lives.peek(id); l != nil {
		l.wrote(events)
	}
	e.watchers.sessionChanged(id)
	e.watchers.changed()
	return nil
}

// note writes a notice into a session, as far as that can be done.
func (e *Engine) note(id string, n Notice) {
	if err := e.write(id, session.Change{Events: []session.Event{record(n)}}); err != nil {
		e.log.Warn("a notice could not be written down", "session", id, "error", err)
	}
}

// Errors of Decide.
var (
	ErrNoSuchRequest = errors.New("nobody waits for an answer to this permission request: it was answered, withdrawn, or its turn is over")
)

// Decide answers a permission request of a session's agent.
func (e *Engine) Decide(id, request string, d agent.Decision) error {
	l := e.lives.peek(id)
	if l == nil {
		return ErrNoSuchRequest
	}
	p, ok := l.answer(request)
	if !ok {
		return ErrNoSuchRequest
	}
	decided := PermissionDecided{Prompt: p.prompt, Request: request, Decision: "deny", Remember: d.Remember, Message: d.Message}
	if d.Allow {
		decided.Decision = "allow"
	}
	if err := p.agent.Decide(request, d); err != nil {
		e.log.Warn("an agent did not take an answer", "session", id, "error", err)
		return ErrNoSuchRequest
	}
	return e.write(id, session.Change{Events: []session.Event{record(decided)}})
}

// withdraw takes back a permission request that the agent no longer waits for.
func (w *worker) withdraw(t *turn, request string) {
	if _, ok := t.live.answer(request); ok {
		w.keep(t, session.Change{Events: []session.Event{record(PermissionDecided{Prompt: t.Prompt, Request: request, Decision: "withdrawn"})}})
	}
}

// waiting reports whether a session's agent waits for a permission.
func (ls *lives) waiting(id string) bool {
	l := ls.peek(id)
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.asked) > 0
}
