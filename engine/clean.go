package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"coder1/engine/agent"
	"coder1/engine/session"
)

// What is done to sessions that nobody uses: long tool output is shortened after a week, and they are deleted
// after SESSION_RETENTION_DAYS. What was said is kept, and so are the last turns, and what is pinned.
const (
	restsAfter  = 7 * 24 * time.Hour // a session not used for so long is shortened
	keptTurns   = 3                  // the last turns, which stay whole
	longOutput  = 8 << 10            // bytes of output that are shortened
	keptHead    = 2 << 10            // of that, bytes kept of the beginning
	keptTail    = 1 << 10            // and of the end
	cleanPerRun = 100                // sessions looked at in one run
)

// cleanSessions has the cleaner look at the sessions. It does not wait.
func (h *hands) cleanSessions() {
	select {
	case h.clean <- struct{}{}:
	default: // it will look anyway
	}
}

// cleaner cleans up whenever it is woken, beside everything else.
func (e *Engine) cleaner() {
	for {
		select {
		case <-e.clean:
			e.cleanUp(time.Now())
		case <-e.quit:
			return
		}
	}
}

// cleanUp shortens and deletes what is old at a time.
func (e *Engine) cleanUp(now time.Time) {
	ctx, cancel := e.untilQuit()
	defer cancel()
	err := errors.Join(e.deleteOld(ctx, now), e.shortenOld(ctx, now))
	if err != nil && ctx.Err() == nil {
		e.log.Warn("old sessions were not cleaned up", "error", err)
	}
}

// untilQuit is a context that ends when the loops are to.
func (e *Engine) untilQuit() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-e.quit:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// deleteOld deletes what nobody has used for SESSION_RETENTION_DAYS.
func (e *Engine) deleteOld(ctx context.Context, now time.Time) error {
	days := e.settings.RetentionDays
	if days == 0 {
		return nil
	}
	old, err := e.unused(now.AddDate(0, 0, -days), false)
	if err != nil {
		return err
	}
	doing := e.doing()
	for _, m := range old {
		if m.Pinned || doing.of(m).State != Idle {
			continue
		}
		if err := e.DeleteSession(ctx, m.ID); err != nil && !errors.Is(err, session.ErrNotFound) {
			return err
		}
		e.journal.enter(Entry{Kind: "delete_session", Reason: fmt.Sprintf("%q was not used for %d days (SESSION_RETENTION_DAYS)", m.Title, days)})
	}
	return nil
}

// shortenOld shortens what nobody has used for a week.
func (e *Engine) shortenOld(ctx context.Context, now time.Time) error {
	old, err := e.unused(now.Add(-restsAfter), true)
	if err != nil {
		return err
	}
	for _, m := range old {
		if err := e.shorten(ctx, m); err != nil && !errors.Is(err, session.ErrNotFound) {
			return err
		}
	}
	return nil
}

// unused finds sessions that were last used before a time, the longest unused first, with or without those
// in which there is nothing left to shorten.
func (e *Engine) unused(before time.Time, toShorten bool) (found []session.Meta, err error) {
	var failed error
	err = e.store.Unused(before, func(id string, shortened bool) bool {
		if shortened && toShorten {
			return true
		}
		m, err := e.store.Get(id)
		switch {
		case err == nil && m.Updated.Before(before):
			found = append(found, m)
		case err != nil && !errors.Is(err, session.ErrNotFound):
			failed = err
		}
		return failed == nil && len(found) < cleanPerRun
	})
	return found, errors.Join(failed, err)
}

// shorten shortens a session step by step.
func (e *Engine) shorten(ctx context.Context, m session.Meta) error {
	upTo, err := e.beforeLastTurns(m)
	if err != nil {
		return err
	}
	freed := int64(0)
	for done := false; !done; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done, err = e.store.Shorten(m.ID, upTo, func(ev session.Event) (json.RawMessage, bool) {
			data, shorter := shortened(ev)
			if shorter {
				freed += int64(len(ev.Data) - len(data))
			}
			return data, shorter
		})
		if err != nil {
			return err
		}
	}
	if freed > 0 {
		e.log.Info("old tool output was shortened", "session", m.ID, "kb", freed>>10)
		e.watchers.sessionChanged(m.ID)
	}
	return nil
}

// beforeLastTurns is the last event before the last turns of a session.
func (e *Engine) beforeLastTurns(m session.Meta) (int64, error) {
	before, turns := m.LastSeq+1, 0
	for {
		events, err := e.store.Before(m.ID, before, updateEvents, updateBytes)
		if err != nil || len(events) == 0 {
			return 0, err
		}
		for i := len(events) - 1; i >= 0; i-- {
			before = events[i].Seq
			if events[i].Type == eventType(TurnStarted{}) {
				if turns++; turns == keptTurns {
					return before - 1, nil
				}
			}
		}
	}
}

// shortened makes a tool's long output short: its beginning, its end, and a word on what is missing.
func shortened(e session.Event) (json.RawMessage, bool) {
	if e.Type != eventType(agent.ToolResult{}) || len(e.Data) < longOutput {
		return nil, false
	}
	var r struct {
		Prompt string `json:"promptId"`
		agent.ToolResult
	}
	if json.Unmarshal(e.Data, &r) != nil || len(r.Output) < longOutput || r.Shortened > 0 {
		return nil, false
	}
	head, tail := r.Output[:keptHead], r.Output[len(r.Output)-keptTail:]
	for !utf8.ValidString(head) && len(head) > keptHead-utf8.UTFMax {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	r.Shortened = int64(len(r.Output) - len(head) - len(tail))
	r.Output = fmt.Sprintf("%s\n\n[… %d KB were left out here, because the session was not used for a week …]\n\n%s", head, (r.Shortened+1023)>>10, tail)
	data, err := json.Marshal(r)
	return data, err == nil
}

// tellLoss tells of what was lost when the store was found damaged.
func (e *Engine) tellLoss() {
	if l := e.store.Loss(); l != nil {
		e.journal.enter(Entry{Kind: "store_damaged", Reason: lossReason(l)})
	}
}

func lossReason(l *session.Loss) string {
	lost := "nothing of it is known to be lost"
	if n := len(l.Lost); n > 0 {
		lost = fmt.Sprintf("not everything could be: %s", l.Lost[0])
		if n > 1 {
			lost += fmt.Sprintf(" (and %d more; the log has them all)", n-1)
		}
	}
	return fmt.Sprintf("the store of sessions was damaged and is set aside in %s; %d sessions with %d entries were saved into a new one, %s",
		l.SetAside, l.Sessions, l.Events, lost)
}
