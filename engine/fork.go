package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"coder1/engine/session"
)

// ErrForkPoint means that a session has no such event.
var ErrForkPoint = errors.New("seq must be the number of an event of the session")

// Fork makes a session out of another's events up to one of them. At the end of a session that rests it takes
// the agent's conversation along; elsewhere the agent will be told a summary. The title may be empty for one
// made of the other's.
func (e *Engine) Fork(ctx context.Context, id string, seq int64, title string) (Session, error) {
	parent, err := e.Session(id)
	if err != nil {
		return Session{}, err
	}
	if seq < 1 || seq > parent.LastSeq {
		return Session{}, fmt.Errorf("%w: 1 to %d", ErrForkPoint, parent.LastSeq)
	}
	if title == "" {
		title = beginning(parent.Title, maxTitle-len(" (fork)")-1) + " (fork)"
	}
	if err := checkTitle(title); err != nil {
		return Session{}, err
	}
	done, err := waitFor(ctx, e.making)
	if err != nil {
		return Session{}, err
	}
	defer done()
	f := fork{Engine: e, parent: parent, seq: seq}
	one, err := e.build(session.Meta{
		Workspace: parent.Workspace, Agent: parent.Agent, Title: title, ForkedFrom: &session.Origin{Session: id, Seq: seq},
	}, func(add func(session.Event) error) error { return f.copy(ctx, add) }, f.finish)
	if err != nil {
		return Session{}, errors.Join(fmt.Errorf("fork: %w", err), e.forgetConversations(parent.Agent, f.taken))
	}
	if one.Conversation == "" && len(f.taken) > 0 { // it had changed while it was copied
		if err := e.forgetConversations(parent.Agent, f.taken); err != nil {
			e.log.Warn("a copied conversation could not be deleted", "session", one.ID, "error", err)
		}
	}
	e.watchers.changed()
	return one, nil
}

// fork is one being made.
type fork struct {
	*Engine
	parent Session
	seq    int64

	turns int
	cost  float64
	open  unfinished
	after bool     // something was said after seq
	taken []string // the copied conversation
}

// copy hands over the events up to the fork, but those of prompts that were waiting then: they had no part in
// what was said, and their own turns came later.
func (f *fork) copy(ctx context.Context, add func(session.Event) error) error {
	var then unfinished
	upTo := f.parent.Meta
	upTo.LastSeq = f.seq
	err := f.upTo(ctx, upTo, func(ev session.Event) error {
		then.follow(ev)
		return nil
	})
	if err != nil {
		return err
	}
	err = f.store.Stream(ctx, f.parent.ID, 0, func(ev session.Event) error {
		switch {
		case ev.Type == "prompt" && slices.Contains(then.waiting, dataOf[PromptEvent](ev).Prompt),
			ev.Type == "prompt_edited" && slices.Contains(then.waiting, dataOf[PromptEdited](ev).Prompt):
			return nil
		case ev.Seq <= f.seq:
			f.follow(ev)
			return add(ev)
		}
		if f.after = ev.Type != "notice" && ev.Type != "summary"; f.after {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// follow counts what is copied.
func (f *fork) follow(ev session.Event) {
	f.open.follow(ev)
	switch ev.Type {
	case "turn_ended":
		t := dataOf[TurnEnded](ev)
		f.cost += t.CostUSD
		if t.Outcome != requeued {
			f.turns++
		}
	case "summary":
		f.cost += dataOf[SummaryWritten](ev).CostUSD
	}
}

// finish closes what was under way at the fork, decides what the agent will know, and says so.
func (f *fork) finish(m *session.Meta) []session.Event {
	m.Turns, m.CostUSD = f.turns, f.cost
	text := "The agent takes a copy of its conversation along and knows all that was said."
	if why := f.takeAlong(m); why != "" {
		text = "The agent begins a new conversation here, with a summary of what was said and done: " + why + "."
	}
	return append(f.open.endings("the fork begins here"), record(Notice{Level: "info", Text: fmt.Sprintf("This is a fork of “%s”. %s", f.parent.Title, text)}))
}

// takeAlong copies the agent's conversation, or says why it cannot be had as it was at the fork.
func (f *fork) takeAlong(m *session.Meta) (why string) {
	switch {
	case f.after || len(f.open.prompts) > 0:
		return "a conversation can only be taken along at its end"
	case f.parent.State != Idle:
		return "the session was at work"
	case f.parent.Conversation == "":
		return "the agent has no conversation of it"
	}
	kind, ok := f.kind(m.Agent)
	if !ok {
		return "there is no such agent any more"
	}
	if why := f.damage(kind, f.parent.Meta); why != "" {
		return why
	}
	copied, err := kind.Fork(kind.configDir, f.parent.Conversation)
	if err != nil {
		f.log.Warn("an agent's conversation could not be copied", "session", f.parent.ID, "error", err)
		return "its conversation could not be copied"
	}
	f.taken = []string{copied}
	now, err := f.Session(f.parent.ID)
	if err != nil || now.State != Idle || now.LastSeq != f.parent.LastSeq {
		return "the session has gone on meanwhile"
	}
	m.Conversation, m.TranscriptBytes = copied, now.TranscriptBytes
	return ""
}
