package engine

import (
	"context"
	"slices"
	"sync"

	"coder1/engine/session"
	"coder1/engine/summary"
)

// Overview says what a session was about.
type Overview struct {
	summary.Account
	State   SessionState
	Writing SessionState // of a model that writes a summary at the moment; "" for none
}

// Overview sums a session up. A log that was summed up a moment ago is read from there on.
func (e *Engine) Overview(ctx context.Context, id string) (Overview, error) {
	s, err := e.Session(id)
	if err != nil {
		return Overview{}, err
	}
	o := Overview{State: s.State, Writing: e.writing(id)}
	now := summary.Now{State: string(s.State)}
	for _, q := range e.view().Queue {
		if q.Session == id {
			now.Position, now.Reason = q.Position, e.why(id, q.Reason)
			break
		}
	}
	err = e.sumUp(ctx, s.Meta, func(s *summary.Summary) { o.Account = s.Tell(now) })
	return o, err
}

// sumUp reads what is new in a session's log and lets use see the summary of all of it.
func (e *Engine) sumUp(ctx context.Context, m session.Meta, use func(*summary.Summary)) error {
	p := e.pictures.of(m.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	if ws, err := e.workspaces.Get(m.Workspace); err == nil {
		p.mu.Folder = ws.Path
	}
	err := e.store.Stream(ctx, m.ID, p.mu.Seq, func(ev session.Event) error {
		p.mu.Add(ev)
		return nil
	})
	if err == nil {
		use(&p.mu.Summary)
	}
	return err
}

// pictures are the summaries of the sessions last asked for.
type pictures struct {
	mu  sync.Mutex
	all []*picture // the latest last
}

type picture struct {
	session string
	mu      struct {
		sync.Mutex
		summary.Summary
	}
}

// maxPictures bounds them; each is some 100 KB at most.
const maxPictures = 4

func (ps *pictures) of(id string) *picture {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := &picture{session: id}
	if i := slices.IndexFunc(ps.all, func(p *picture) bool { return p.session == id }); i >= 0 {
		p = ps.all[i]
		ps.all = slices.Delete(ps.all, i, i+1)
	}
	ps.all = append(ps.all, p)
	if len(ps.all) > maxPictures {
		ps.all = slices.Delete(ps.all, 0, 1)
	}
	return p
}

func (ps *pictures) forget(id string) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.all = slices.DeleteFunc(ps.all, func(p *picture) bool { return p.session == id })
}
