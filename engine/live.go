package engine

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

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

// pendingPermission is a question that waits for a person's answer.
type pendingPermission struct {
	prompt    string
	workspace string
	subject   string // see subjectOf
	ask       agent.PermissionRequest
	agent     agent.Agent
	patience  *time.Timer // nil for endless
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

// pending finds a permission request that waits.
func (l *live) pending(id string) (pendingPermission, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.mu.asked[id]
	return p, ok
}

func (p pendingPermission) stop() {
	if p.patience != nil {
		p.patience.Stop()
	}
}

// answer takes a pending permission request off the list.
func (l *live) answer(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.mu.asked[id]
	delete(l.mu.asked, id)
	p.stop()
	return ok
}

// reset takes back what belonged to a turn that is over: what was being said, and the permissions that
// nobody answered.
func (l *live) reset() (unsaid partial, unanswered map[string]pendingPermission) {
	l.mu.Lock()
	defer l.mu.Unlock()
	unsaid, l.mu.partial = l.mu.partial, partial{}
	unanswered, l.mu.asked = l.mu.asked, nil
	for _, p := range unanswered {
		p.stop()
	}
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

// Answer is a person's answer to a permission request.
type Answer struct {
	Allow    bool
	Message  string // told to the agent with a denial
	Remember Scope  // how long it need not ask again, with Allow
	Pattern  string // for what, as in Rule; empty for every use of the tool
}

// Decide answers a permission request of a session's agent.
func (e *Engine) Decide(id, request string, a Answer) error {
	l := e.lives.peek(id)
	if l == nil {
		return ErrNoSuchRequest
	}
	p, ok := l.pending(request)
	if !ok {
		return ErrNoSuchRequest
	}
	decided := PermissionDecided{Prompt: p.prompt, Request: request, Decision: "deny", Message: a.Message}
	if a.Allow {
		decided.Decision = "allow"
	}
	keep := a.Allow && a.Remember != Once
	var rule Rule
	var err error
	if keep {
		if rule, err = p.rule(id, a); err != nil {
			return err
		}
		decided.Rule = rule.String()
	}
	if !l.answer(request) {
		return ErrNoSuchRequest
	}
	if keep {
		if err = e.rules.add(rule); err != nil { // it is allowed once, at least
			decided.Rule = ""
		}
	}
	if err := p.agent.Decide(request, agent.Decision{Allow: a.Allow, Message: a.Message}); err != nil {
		e.log.Warn("an agent did not take an answer", "session", id, "error", err)
		return ErrNoSuchRequest
	}
	return errors.Join(err, e.write(id, session.Change{Events: []session.Event{record(decided)}}))
}

// inquire takes in a question of the agent: a rule answers it, or a person is asked, for as long as he may
// take.
func (w *worker) inquire(t *turn, ask agent.PermissionRequest) {
	asked, _ := recordAgent(t.Prompt, ask)
	p := pendingPermission{prompt: t.Prompt, workspace: t.workspace, subject: subjectOf(ask.Input, t.dir), ask: ask, agent: w.agent}
	if rule, ok := w.rules.find(p, t.Session); ok {
		decided := record(PermissionDecided{Prompt: t.Prompt, Request: ask.ID, Decision: "allow", Rule: rule.String()})
		w.keep(t, session.Change{Events: []session.Event{asked, decided}})
		if err := w.agent.Decide(ask.ID, agent.Decision{Allow: true}); err != nil {
			w.log.Warn("an agent did not take an answer", "session", t.Session, "error", err)
		}
		return
	}
	if patience := w.settings.permissionTimeout(); patience > 0 {
		p.patience = time.AfterFunc(patience, func() { w.giveUpAsking(t.Session, ask.ID, patience) })
	}
	t.live.ask(ask.ID, p)
	w.keep(t, session.Change{Events: []session.Event{asked}})
	w.watchers.changed()
}

// giveUpAsking answers in place of a person who did not.
func (e *Engine) giveUpAsking(id, request string, patience time.Duration) {
	err := e.Decide(id, request, Answer{Message: fmt.Sprintf("Nobody answered within %s, so it was not allowed.", inWords(patience))})
	if err != nil && !errors.Is(err, ErrNoSuchRequest) {
		e.log.Warn("a question that nobody answered could not be denied", "session", id, "error", err)
	}
}

// inWords is a duration as one would say it.
func inWords(d time.Duration) string {
	if d >= time.Minute && d%time.Minute == 0 {
		return plural(int(d/time.Minute), "minute")
	}
	return plural(int(math.Ceil(d.Seconds())), "second")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// withdraw takes back a permission request that the agent no longer waits for.
func (w *worker) withdraw(t *turn, request string) {
	if t.live.answer(request) {
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
