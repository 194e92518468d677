package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"coder1/engine/session"
)

// ErrCursor means that a place in the list of sessions is not one.
var ErrCursor = errors.New("before is a session's updated and id, joined by _, as the Link of the page before has them")

// LatestSessions is how many of the latest sessions are listed when nobody asks for more.
const LatestSessions = 200

// SessionQuery says which sessions to list. The zero SessionQuery lists the latest.
type SessionQuery struct {
	Limit  int    // at most; 0 for LatestSessions
	Before string // only those last used before this Cursor
	Title  string // only those with this in their titles
}

// Sessions lists a page of sessions, the latest used first, and says how many there are in all.
func (e *Engine) Sessions(q SessionQuery) (page []Session, total int, err error) {
	query := session.Query{Limit: q.Limit, Title: strings.TrimSpace(q.Title)}
	if q.Limit == 0 {
		query.Limit = LatestSessions
	}
	if q.Before != "" {
		if query.After, err = parseCursor(q.Before); err != nil {
			return nil, 0, err
		}
	}
	metas, err := e.store.Page(query)
	if err != nil {
		return nil, 0, fmt.Errorf("list sessions: %w", err)
	}
	total, _ = e.store.Count()
	return e.doing().all(metas), total, nil
}

// SessionCursor is a session's place in the list, for SessionQuery.Before.
func SessionCursor(s Session) string { return s.Updated.Format(time.RFC3339Nano) + "_" + s.ID }

func parseCursor(c string) (*session.Meta, error) {
	at, id, ok := strings.Cut(c, "_")
	updated, err := time.Parse(time.RFC3339Nano, at)
	if err != nil || !ok || id == "" {
		return nil, ErrCursor
	}
	return &session.Meta{ID: id, Updated: updated}, nil
}

// Current lists the sessions that a page shows without being asked: the latest, those that are pinned, and
// those in which something happens; and says how many there are in all.
func (e *Engine) Current() (current []Session, total int, err error) {
	metas, err := e.store.Page(session.Query{Limit: LatestSessions})
	if err != nil {
		return nil, 0, fmt.Errorf("list sessions: %w", err)
	}
	pinned, err := e.store.Pinned()
	if err != nil {
		return nil, 0, fmt.Errorf("list sessions: %w", err)
	}
	listed := map[string]bool{}
	for _, m := range metas {
		listed[m.ID] = true
	}
	add := func(m session.Meta) {
		if !listed[m.ID] {
			listed[m.ID] = true
			metas = append(metas, m)
		}
	}
	for _, m := range pinned {
		add(m)
	}
	doing := e.doing()
	for _, id := range doing.busy() {
		if m, err := e.shown(id); err == nil {
			add(m)
		}
	}
	total, _ = e.store.Count()
	return doing.all(metas), total, nil
}

// busy are the sessions in which something happens.
func (d doing) busy() []string {
	var ids []string
	for id := range d.running {
		ids = append(ids, id)
	}
	for id := range d.queued {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (d doing) all(metas []session.Meta) []Session {
	sessions := make([]Session, len(metas))
	for i, m := range metas {
		sessions[i] = d.of(m)
	}
	return sessions
}
