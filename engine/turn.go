package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"coder1/engine/agent"
	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/session"
)

// turn is one prompt's turn on a worker.
type turn struct {
	governor.StartTurn
	live      *live
	kind      agentKind
	dir       string // of the workspace
	workspace string
	text      string

	conversation string // as stored; what a new process resumes
	before       string // what the agent is told before the prompt
	hidden       bool   // nobody sees the session, or could answer in it
	prompted     bool   // the agent has the prompt
	responded    bool   // the agent has said something
	broken       error  // the turn could not be written down
}

// begin makes the turn the worker's, and writes down that it has begun. What another turn of the session
// still has to write comes first.
func (w *worker) begin(d governor.StartTurn) {
	t := &turn{StartTurn: d, live: w.lives.hold(d.Session)}
	w.turn = t
	t.live.turn.Lock()
	t.broken = w.open(t)
	for told := false; w.awaitsDisk(t); told = true {
		if !told {
			w.log.Warn("a turn waits until it can be written down", "session", t.Session, "prompt", t.Prompt, "reason", t.broken)
		}
		w.pause()
		t.broken = w.open(t)
	}
	if t.broken != nil {
		w.log.Error("a turn could not be begun", "session", t.Session, "prompt", t.Prompt, "error", t.broken)
	}
}

// diskPause is how often a turn tries again that could not be written down.
const diskPause = time.Second

// awaitsDisk reports whether a turn cannot begin because nothing can be written, and is to try again: not when
// nobody wants it any more, or the process has to go.
func (w *worker) awaitsDisk(t *turn) bool {
	full := errors.Is(t.broken, session.ErrDiskFull) || errors.Is(t.broken, session.ErrBroken)
	return full && w.unwanted != t.Prompt && !w.leaves()
}

// pause waits a moment, or until a turn is not wanted.
func (w *worker) pause() {
	select {
	case w.unwanted = <-w.interrupts:
	case <-time.After(diskPause):
	}
}

func (w *worker) open(t *turn) error {
	meta, err := w.store.Get(t.Session)
	if err != nil {
		return fmt.Errorf("read the session: %w", err)
	}
	kind, ok := w.kind(meta.Agent)
	if !ok {
		return fmt.Errorf("there is no agent named %q", meta.Agent)
	}
	ws, err := w.workspaces.Get(meta.Workspace)
	if err != nil {
		return fmt.Errorf("workspace %s: %w", meta.Workspace, err)
	}
	t.kind, t.dir, t.workspace, t.hidden = kind, ws.Path, ws.Name, meta.Hidden
	change := session.Change{}
	if why := w.resumable(t, meta); why != "" {
		if t.How == pool.Resumed {
			t.How = pool.New
		}
		startOver(&meta)
		change = session.Change{Meta: startOver, Events: []session.Event{startedOver(t.Prompt, why)}}
	}
	t.conversation = meta.Conversation
	if t.before, err = w.retell(t, meta); err != nil {
		return fmt.Errorf("sum the session up: %w", err)
	}
	t.live.edit.Lock()
	defer t.live.edit.Unlock()
	p, err := w.store.Prompt(t.Prompt)
	if err != nil {
		return fmt.Errorf("read the prompt: %w", err)
	}
	t.text, p.Text = p.Text, "" // stored as it is
	p.Running, p.Attempts = true, p.Attempts+1
	change.Put = []session.Prompt{p}
	change.Events = append(change.Events, record(TurnStarted{Prompt: t.Prompt, How: t.How, Process: t.Process, Reason: t.Reason}))
	return w.write(t.Session, change)
}

// proceed takes the turn as far as it can go now: a process that is to be cleared is cleared first, one
// that is not ready yet is waited for, and then the agent gets the prompt.
func (w *worker) proceed() {
	t := w.turn
	if t == nil {
		return
	}
	if t.broken != nil {
		w.abandon(t.broken)
		return
	}
	if t.How == pool.Reset && w.ready {
		w.ready, w.conversation = false, ""
		t.How = pool.Warm // once it has been cleared
		if err := w.agent.Reset(); err != nil {
			w.giveUp("could not be cleared", err)
		}
		return
	}
	if !w.ready || t.prompted {
		return
	}
	w.keepConversation(t)
	t.prompted = true
	if err := w.agent.PromptAfter(t.before, t.text); err != nil {
		w.giveUp("took no prompt", err)
	}
}

// hear takes in one thing the agent said.
func (w *worker) hear(ev agent.Event) {
	switch e := ev.(type) {
	case agent.Ready:
		w.becomeReady(e)
		return
	case agent.Offers:
		if t := w.turn; t != nil {
			w.offers.note(place{t.kind.Name(), t.workspace}, e)
		}
		return
	case agent.TurnEnded:
		if w.turn != nil {
			w.endTurn(e)
		}
		return
	}
	t := w.turn
	if t == nil {
		return
	}
	w.respond(t)
	switch e := ev.(type) {
	case agent.Delta:
		t.live.grow(t.Prompt, e)
		w.watchers.sessionChanged(t.Session)
		return
	case agent.PermissionRequest:
		if t.hidden {
			w.refuse(e)
		} else {
			w.inquire(t, e)
		}
		return
	case agent.PermissionWithdrawn:
		w.withdraw(t, e.ID)
		return
	case agent.Lost:
		w.forget(t, e.Reason)
		return
	}
	if rec, ok := recordAgent(t.Prompt, ev); ok {
		w.keep(t, session.Change{Events: []session.Event{rec}})
	}
}

// refuse answers for a session in which nobody could.
func (w *worker) refuse(r agent.PermissionRequest) {
	if err := w.agent.Decide(r.ID, agent.Decision{Message: "Nobody can allow this here. Answer without it."}); err != nil {
		w.log.Warn("an agent did not take an answer", "process", w.id, "error", err)
	}
}

// forget gives up a conversation that cannot be resumed: the session goes on in a new one.
func (w *worker) forget(t *turn, reason string) {
	w.forgot = true
	w.keep(t, session.Change{Meta: startOver, Events: []session.Event{startedOver(t.Prompt, reason)}})
}

func (w *worker) becomeReady(e agent.Ready) {
	if !w.ready {
		w.ready = true
		w.ask(governor.ProcessReady{Process: w.id})
	}
	if e.Conversation != "" {
		w.conversation = e.Conversation
	}
	if w.turn != nil {
		w.keepConversation(w.turn)
		w.proceed()
	}
}

// keepConversation makes sure that a later process can resume what the turn adds to.
func (w *worker) keepConversation(t *turn) {
	if id := w.conversation; id != "" && id != t.conversation {
		t.conversation = id
		w.keep(t, session.Change{Meta: func(m *session.Meta) {
			startOver(m)
			m.Conversation = id
		}})
	}
}

func (w *worker) respond(t *turn) {
	if !t.responded {
		t.responded = true
		w.ask(governor.TurnResponded{Prompt: t.Prompt})
	}
}

// keep writes part of the turn down. A turn that cannot be written down is interrupted: its prompt stays
// on disk.
func (w *worker) keep(t *turn, c session.Change) {
	if t.broken != nil {
		return
	}
	if err := w.write(t.Session, c); err != nil {
		t.broken = err
		w.log.Error("a turn could not be written down", "session", t.Session, "error", err)
		w.stopTurn()
	}
}

// stopTurn ends the running turn early, whether or not the agent has been given it yet.
func (w *worker) stopTurn() {
	switch {
	case w.turn == nil:
	case !w.turn.prompted:
		w.endTurn(agent.TurnEnded{Outcome: agent.Interrupted})
	default:
		if err := w.agent.Interrupt(); err != nil {
			w.log.Warn("an agent could not be interrupted", "process", w.id, "error", err)
		}
	}
}

// abandon ends a turn that the agent was never given.
func (w *worker) abandon(err error) {
	w.endTurn(agent.TurnEnded{Outcome: agent.Failed, Error: err.Error()})
}

// endTurn tells the governor, which may put the prompt back in line, and writes the end down.
func (w *worker) endTurn(e agent.TurnEnded) {
	t := w.turn
	w.tidy(t)
	decisions := w.ask(governor.TurnEnded{Prompt: t.Prompt, Interrupted: e.Outcome == agent.Interrupted, History: w.historyOf(t.Session), Tied: w.agent != nil && w.agent.Tied()})
	if !w.settle(decisions) {
		if t.broken != nil && e.Outcome != agent.Done {
			e.Outcome, e.Error = agent.Failed, t.broken.Error()
		}
		w.finish(t, e)
	}
	w.leaveTurn()
}

func (w *worker) finish(t *turn, e agent.TurnEnded) {
	var meta session.Meta
	err := w.write(t.Session, session.Change{
		Remove: []string{t.Prompt},
		Events: []session.Event{record(TurnEnded{Prompt: t.Prompt, TurnEnded: e})},
		Meta: func(m *session.Meta) {
			m.Turns++
			m.CostUSD += e.CostUSD
			m.TranscriptBytes = w.transcriptBytes(*m)
			meta = *m
		},
	})
	if errors.Is(err, session.ErrDiskFull) { // what is done must not be done again
		err = w.write(t.Session, session.Change{Remove: []string{t.Prompt}})
	}
	if err != nil {
		w.log.Error("the end of a turn could not be written down; it will run again after a restart", "session", t.Session, "error", err)
		return
	}
	w.trimPast(meta)
}

// tidy writes down what a turn that was cut short leaves open: the message the agent was writing, and the
// permissions it was waiting for.
func (w *worker) tidy(t *turn) {
	unsaid, unanswered := t.live.reset()
	var events []session.Event
	if len(unsaid.text) > 0 && !unsaid.thinking {
		rec, _ := recordAgent(t.Prompt, agent.Message{Message: unsaid.message, Block: unsaid.block, Text: string(unsaid.text)})
		events = append(events, rec)
	}
	for _, request := range slices.Sorted(maps.Keys(unanswered)) {
		events = append(events, record(PermissionDecided{Prompt: t.Prompt, Request: request, Decision: "withdrawn"}))
	}
	if len(events) > 0 {
		w.keep(t, session.Change{Events: events})
	}
}

// leaveTurn lets the next turn of the session write.
func (w *worker) leaveTurn() {
	t := w.turn
	if t == nil {
		return
	}
	w.turn = nil
	t.live.turn.Unlock()
	w.lives.release(t.live)
	w.watchers.sessionChanged(t.Session)
	w.watchers.changed()
}

// historyOf is how much conversation a later process would have to resume, in bytes.
func (e *Engine) historyOf(id string) int64 {
	meta, err := e.store.Get(id)
	if err != nil {
		return 0
	}
	return e.history(meta)
}

// settle writes down the ends of turns that the governor decided on, and reports whether there were any.
func (e *Engine) settle(decisions []governor.Decision) bool {
	settled := false
	for _, d := range decisions {
		if end, ok := d.(governor.EndTurn); ok {
			settled = true
			if err := e.writeEnding(end); err != nil {
				e.log.Error("the end of a turn could not be written down; it will run again after a restart", "session", end.Session, "error", err)
			}
		}
	}
	return settled
}

// writeEnding holds off whoever would change the prompt meanwhile.
func (e *Engine) writeEnding(d governor.EndTurn) error {
	l := e.lives.hold(d.Session)
	defer e.lives.release(l)
	l.edit.Lock()
	defer l.edit.Unlock()
	return e.write(d.Session, e.ending(d))
}

func (e *Engine) ending(d governor.EndTurn) session.Change {
	if d.Outcome == governor.Parked {
		return session.Change{
			Remove: []string{d.Prompt},
			Events: []session.Event{record(PromptEnded{Prompt: d.Prompt, Outcome: string(d.Outcome), Reason: d.Reason})},
		}
	}
	ended := TurnEnded{Prompt: d.Prompt, Reason: d.Reason, TurnEnded: agent.TurnEnded{Outcome: agent.Outcome(d.Outcome)}}
	if d.Outcome == governor.Failed {
		ended.Error = d.Reason
	}
	c := session.Change{Events: []session.Event{record(ended)}}
	if d.Outcome != governor.Requeued {
		c.Remove = []string{d.Prompt}
		return c
	}
	if p, err := e.store.Prompt(d.Prompt); err == nil {
		p.Running, p.Attempts, p.Text = false, d.Attempts, "" // stored as it is
		c.Put = []session.Prompt{p}
	}
	return c
}
