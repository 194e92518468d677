package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"coder1/engine/git"
	"coder1/engine/governor"
	"coder1/engine/session"
	"coder1/engine/workspace"
)

// Errors about sessions and workspaces.
var (
	ErrAgent          = errors.New("there is no agent of this name")
	ErrAgentMissing   = errors.New("this agent cannot be started here")
	ErrTitle          = errors.New("a title has 1 to 200 characters, none of them a control character")
	ErrWorkspaceInUse = errors.New("the workspace has sessions; delete them first")
)

// Agent is what sessions can be made with.
type Agent struct {
	Name      string
	Available bool
	Detail    string // in words: what is connected, or what is missing
}

// Agents lists the kinds of agents, the default one first.
func (e *Engine) Agents() []Agent {
	var all []Agent
	for _, k := range e.agents {
		all = append(all, Agent{Name: k.Name(), Available: k.available, Detail: k.detail})
	}
	return all
}

// SessionState is what a session is doing.
type SessionState string

// The states of a session.
const (
	Idle    SessionState = "idle"
	Queued  SessionState = "queued"
	Running SessionState = "running"
	Waiting SessionState = "waiting" // for a person's permission
)

// Session is a session and what it is doing.
type Session struct {
	session.Meta
	State  SessionState
	Queued int // prompts waiting
}

// CreateSession makes a session in a workspace. The agent may be empty for the default one, the title for
// one made of the first prompt.
func (e *Engine) CreateSession(ws, agentName, title string) (Session, error) {
	if _, err := e.ready(ws); err != nil {
		return Session{}, err
	}
	kind, ok := e.kind(agentName)
	if !ok {
		return Session{}, ErrAgent
	}
	if !kind.available {
		return Session{}, fmt.Errorf("%w: %s", ErrAgentMissing, kind.detail)
	}
	title = strings.TrimSpace(title)
	if title != "" {
		if err := checkTitle(title); err != nil {
			return Session{}, err
		}
	}
	meta, err := e.store.Create(session.Meta{ID: newID(), User: Owner, Workspace: ws, Agent: kind.Name(), Title: title})
	if err != nil {
		return Session{}, fmt.Errorf("create the session: %w", err)
	}
	e.watchers.changed()
	return Session{Meta: meta, State: Idle}, nil
}

// maxTitle is the most characters of a title.
const maxTitle = 200

func checkTitle(t string) error {
	if n := len([]rune(t)); strings.TrimSpace(t) == "" || n > maxTitle || strings.ContainsFunc(t, unicode.IsControl) {
		return ErrTitle
	}
	return nil
}

// shown reads the Meta of a session that users see.
func (e *Engine) shown(id string) (session.Meta, error) {
	m, err := e.store.Get(id)
	if err == nil && m.Hidden {
		return session.Meta{}, fmt.Errorf("session %s: %w", id, session.ErrNotFound)
	}
	return m, err
}

// Session finds a session.
func (e *Engine) Session(id string) (Session, error) {
	meta, err := e.shown(id)
	if err != nil {
		return Session{}, err
	}
	return e.doing().of(meta), nil
}

// SessionChange is what a user may change of a session; nil leaves something as it is.
type SessionChange struct {
	Title  *string
	Pinned *bool // at the top of the list
}

// ChangeSession renames a session, pins it, or takes it off the top again.
func (e *Engine) ChangeSession(id string, c SessionChange) (Session, error) {
	if c.Title != nil {
		if err := checkTitle(*c.Title); err != nil {
			return Session{}, err
		}
	}
	if _, err := e.shown(id); err != nil {
		return Session{}, err
	}
	err := e.write(id, session.Change{Meta: func(m *session.Meta) {
		if c.Title != nil {
			m.Title = *c.Title
		}
		if c.Pinned != nil {
			m.Pinned = *c.Pinned
		}
	}})
	if err != nil {
		return Session{}, err
	}
	return e.Session(id)
}

// DeleteSession stops what the session is doing and deletes it with its history and with what its agent has
// on disk of it.
func (e *Engine) DeleteSession(ctx context.Context, id string) error {
	if _, err := e.shown(id); err != nil {
		return err
	}
	if err := e.deleteSession(ctx, summaryOf(id)); err != nil && !errors.Is(err, session.ErrNotFound) {
		return err
	}
	return e.deleteSession(ctx, id)
}

// deleteSession deletes one session, shown or not.
func (e *Engine) deleteSession(ctx context.Context, id string) error {
	if _, err := e.store.Get(id); err != nil {
		return err
	}
	watch := e.Watch()
	defer watch.Close()
	for {
		prompts, err := e.promptsOf(id)
		if err != nil {
			return err
		}
		if len(prompts) == 0 {
			break
		}
		for _, p := range prompts {
			if err := e.CancelPrompt(id, p.ID); err != nil && !errors.Is(err, ErrNoSuchPrompt) {
				return err
			}
		}
		select {
		case <-watch.C:
			watch.Take()
		case <-ctx.Done():
			return fmt.Errorf("wait for the session's turn to end: %w", ctx.Err())
		}
	}
	e.ask(governor.SessionClosed{Session: id})
	meta, err := e.store.Get(id)
	if err != nil {
		return err
	}
	if err := e.forgetTranscripts(ctx, meta); err != nil {
		return fmt.Errorf("delete the session: %w", err)
	}
	e.pictures.forget(id)
	if err := e.store.Delete(id); err != nil {
		return fmt.Errorf("delete the session: %w", err)
	}
	e.dropRules(func(r Rule) bool { return r.Session == id })
	e.watchers.sessionChanged(id)
	e.watchers.changed()
	return nil
}

func (e *Engine) promptsOf(id string) ([]session.Prompt, error) {
	all, err := e.store.Prompts()
	if err != nil {
		return nil, fmt.Errorf("read the queue: %w", err)
	}
	var own []session.Prompt
	for _, p := range all {
		if p.Session == id {
			own = append(own, p)
		}
	}
	return own, nil
}

// doing is what all sessions are doing at one moment.
type doing struct {
	*Engine
	running map[string]bool
	queued  map[string]int
}

func (e *Engine) doing() doing {
	d := doing{e, map[string]bool{}, map[string]int{}}
	v := e.view()
	for _, q := range v.Queue {
		d.queued[q.Session]++
	}
	for _, p := range v.Processes {
		if p.Prompt != "" {
			d.running[p.Session] = true
		}
	}
	return d
}

func (d doing) of(m session.Meta) Session {
	s := Session{Meta: m, State: Idle, Queued: d.queued[m.ID]}
	switch {
	case d.running[m.ID] && d.lives.waiting(m.ID):
		s.State = Waiting
	case d.running[m.ID]:
		s.State = Running
	case s.Queued > 0:
		s.State = Queued
	}
	return s
}

// Workspace is a folder and how many sessions it has.
type Workspace struct {
	workspace.Workspace
	Sessions int
	Branch   string     // that is checked out, "" for none
	Clone    *git.Clone // nil when it was not cloned
}

// CreateWorkspace makes an empty workspace.
func (e *Engine) CreateWorkspace(name string) (Workspace, error) {
	w, err := e.workspaces.Create(name)
	if err == nil {
		e.watchers.changed()
	}
	return Workspace{Workspace: w}, err
}

// Workspaces lists all workspaces by name.
func (e *Engine) Workspaces() ([]Workspace, error) {
	list, err := e.workspaces.List()
	if err != nil {
		return nil, err
	}
	_, count := e.store.Count()
	all := make([]Workspace, len(list))
	for i, w := range list {
		all[i] = e.describe(w, count[w.Name])
	}
	return all, nil
}

// DeleteWorkspace removes a workspace that has no sessions, with everything in it. One that is being cloned
// is cloned no further. A folder that was opened in place is only forgotten.
func (e *Engine) DeleteWorkspace(ctx context.Context, name string) error {
	all, err := e.Workspaces()
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.Name == name && w.Sessions > 0 {
			return ErrWorkspaceInUse
		}
	}
	if _, err := e.workspaces.Get(name); !isThere(err) {
		return err
	}
	if err := e.leaveWorkspace(name); err != nil {
		return err
	}
	if err := e.git.Forget(ctx, name); err != nil {
		return err
	}
	if err := e.workspaces.Delete(name); err != nil {
		return err
	}
	e.dropRules(func(r Rule) bool { return r.Workspace == name })
	e.watchers.changed()
	return nil
}
