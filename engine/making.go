package engine

import (
	"context"
	"errors"
	"fmt"

	"coder1/engine/session"
)

// Bounds of what is written at once while a session is made out of events.
const (
	batchEvents = 256
	batchBytes  = 1 << 20
)

// build makes a session out of events that fill hands over one by one, which must be numbered from 1 without a
// gap. It is hidden until it is whole; when it cannot be made, nothing is left of it. finish has the last word
// on its Meta, and may add events.
func (e *Engine) build(meta session.Meta, fill func(add func(session.Event) error) error, finish func(*session.Meta) []session.Event) (_ Session, err error) {
	meta.ID, meta.User, meta.Hidden = newID(), Owner, true
	if meta, err = e.store.Create(meta); err != nil {
		return Session{}, fmt.Errorf("create the session: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.unmake(meta.ID))
		}
	}()
	b := batch{engine: e, session: meta.ID}
	if err = fill(b.add); err != nil {
		return Session{}, err
	}
	if err = b.flush(); err != nil {
		return Session{}, err
	}
	if _, err = e.workspaces.Get(meta.Workspace); err != nil { // it may have been deleted meanwhile
		return Session{}, err
	}
	end := meta
	events := finish(&end)
	err = e.write(meta.ID, session.Change{Events: events, Meta: func(m *session.Meta) {
		end.HistoryBytes, end.LastSeq, end.Updated = m.HistoryBytes, m.LastSeq, m.Updated
		end.Hidden = false
		*m = end
	}})
	if err != nil {
		return Session{}, err
	}
	return e.Session(meta.ID)
}

func (e *Engine) unmake(id string) error {
	if err := e.store.Delete(id); err != nil {
		return fmt.Errorf("take back a session that could not be made: %w", err)
	}
	return nil
}

// batch gathers events and writes them together.
type batch struct {
	engine  *Engine
	session string
	events  []session.Event
	bytes   int
}

func (b *batch) add(ev session.Event) error {
	b.events = append(b.events, ev)
	b.bytes += len(ev.Data)
	if len(b.events) >= batchEvents || b.bytes >= batchBytes {
		return b.flush()
	}
	return nil
}

func (b *batch) flush() error {
	if len(b.events) == 0 {
		return nil
	}
	_, err := b.engine.store.Write(b.session, session.Change{Events: b.events})
	b.events, b.bytes = b.events[:0], 0
	return err
}

// makers bounds how many sessions are made at the same time.
const makers = 2

// waitFor waits for one of a bounded number of places; done gives it back.
func waitFor(ctx context.Context, places chan struct{}) (done func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for others who do the same: %w", ctx.Err())
	}
}
