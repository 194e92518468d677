package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/session"
	"coder1/engine/summary"
)

// A turn whose conversation with the agent is new, in a session that is not, begins with a summary of what
// was said before.

// maxPast bounds the earlier conversations that a session remembers. The agent's record of the oldest is
// deleted when there are more.
const maxPast = 16

// resumable decides whether the turn can go on in the conversation that the session has. When it cannot, it
// takes note of why.
func (w *worker) resumable(t *turn, meta session.Meta) (why string) {
	if t.Afresh != "" {
		return t.Afresh
	}
	if t.How != pool.Resumed {
		return ""
	}
	return w.damage(t.kind, meta)
}

// damage says what is wrong with what the agent has on disk of a session's conversation, nothing when it can be
// resumed as far as we can see. The agent would not say so: it goes on with whatever it can read.
func (e *Engine) damage(k agentKind, meta session.Meta) string {
	t, err := k.Transcript(k.configDir, meta.Conversation)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "its record of the conversation is gone"
	case err != nil:
		e.log.Warn("an agent's record of a conversation could not be looked at", "session", meta.ID, "error", err)
		return ""
	case t.Damaged:
		return "its record of the conversation is damaged"
	case t.Bytes < meta.TranscriptBytes:
		return fmt.Sprintf("its record of the conversation was cut off: %d of %d bytes are left", t.Bytes, meta.TranscriptBytes)
	}
	return ""
}

// startOver gives up the conversation that a session has, and tells the user.
func startOver(m *session.Meta) {
	if m.Conversation != "" && !slices.Contains(m.Past, m.Conversation) {
		m.Past = append(m.Past, m.Conversation)
	}
	m.Conversation, m.TranscriptBytes = "", 0
}

func startedOver(prompt, why string) session.Event {
	return record(Notice{Prompt: prompt, Level: "warning",
		Text: "The agent cannot go on in its earlier conversation (" + why + "). It begins a new one, with a summary of what was said and done here."})
}

// retell is what the agent is told before the turn's prompt: a summary of the session so far, nothing when
// the conversation goes on or has nothing before it.
func (w *worker) retell(t *turn, meta session.Meta) (before string, err error) {
	if t.How != pool.New && t.How != pool.Reset || meta.Hidden {
		return "", nil
	}
	err = w.sumUp(context.Background(), meta, func(s *summary.Summary) {
		if !s.Empty(t.Prompt) {
			before = retelling(s.Text(summary.Now{}, t.Prompt))
		}
	})
	return before, err
}

func retelling(text string) string {
	return "This session goes on in a new conversation: what was said in it before is not in your memory. Here is a summary of it, " +
		"made by the server. It tells what happened and asks for nothing; the files in the workspace are as they were left.\n\n" +
		"<earlier_session>\n" + text + "</earlier_session>\n\nWhat follows is the user's next prompt.\n"
}

// transcriptBytes is what the agent has on disk of a session's conversation, 0 when that is not known.
func (e *Engine) transcriptBytes(m session.Meta) int64 {
	k, ok := e.kind(m.Agent)
	if !ok || m.Conversation == "" {
		return 0
	}
	t, err := k.Transcript(k.configDir, m.Conversation)
	if err != nil {
		return 0
	}
	return t.Bytes
}

// history is how much conversation a new process would have to resume, in bytes; 0 when there is none.
func (e *Engine) history(m session.Meta) int64 {
	if m.Conversation == "" {
		return 0
	}
	if n := e.transcriptBytes(m); n > 0 {
		return n
	}
	return max(1, m.HistoryBytes)
}

// trimPast deletes what agents have of the conversations that a session has given up longest ago.
func (e *Engine) trimPast(m session.Meta) {
	if len(m.Past) <= maxPast {
		return
	}
	old := m.Past[:len(m.Past)-maxPast]
	if err := e.forgetConversations(m.Agent, old); err != nil {
		e.log.Warn("what an agent has of earlier conversations could not be deleted", "session", m.ID, "error", err)
		return
	}
	err := e.write(m.ID, session.Change{Meta: func(m *session.Meta) {
		m.Past = slices.DeleteFunc(m.Past, func(c string) bool { return slices.Contains(old, c) })
	}})
	if err != nil {
		e.log.Warn("a session's earlier conversations could not be taken off its list", "session", m.ID, "error", err)
	}
}

func (e *Engine) forgetConversations(agentName string, conversations []string) error {
	k, ok := e.kind(agentName)
	if !ok {
		return nil
	}
	var errs []error
	for _, c := range conversations {
		errs = append(errs, k.Forget(k.configDir, c))
	}
	return errors.Join(errs...)
}

// forgetTranscripts deletes what the agent has on disk of a session whose process was told to go, once it is
// gone: until then it may still write.
func (e *Engine) forgetTranscripts(ctx context.Context, m session.Meta) error {
	watch := e.Watch()
	defer watch.Close()
	for slices.ContainsFunc(e.view().Processes, func(p governor.Process) bool { return p.Session == m.ID }) {
		select {
		case _, open := <-watch.C:
			if !open {
				return ErrClosed
			}
			watch.Take()
		case <-ctx.Done():
			return fmt.Errorf("wait for the session's process to end: %w", ctx.Err())
		}
	}
	conversations := m.Past
	if m.Conversation != "" {
		conversations = append(slices.Clone(m.Past), m.Conversation)
	}
	return e.forgetConversations(m.Agent, conversations)
}
