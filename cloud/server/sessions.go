package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"coder1/engine"
	"coder1/engine/session"

	"github.com/danielgtaylor/huma/v2"
)

// Session is a conversation with an agent in a workspace.
type Session struct {
	ID        string    `json:"id"`
	Workspace string    `json:"workspace"`
	Agent     string    `json:"agent"`
	Title     string    `json:"title"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	State     string    `json:"state" enum:"idle,queued,running,waiting" doc:"waiting: for a person's permission"`
	Turns     int       `json:"turns"`
	CostUSD   float64   `json:"costUsd"`
	LastSeq   int64     `json:"lastSeq" doc:"Sequence number of the last event"`
	Queued    int       `json:"queued" doc:"Prompts of this session that wait for a process"`
	Pinned    bool      `json:"pinned" doc:"At the top of the list"`

	ForkedFrom *session.Origin `json:"forkedFrom,omitempty" doc:"The session whose log this one began with, and the last event that was copied"`
}

func sessionOf(s engine.Session) Session {
	return Session{
		ID: s.ID, Workspace: s.Workspace, Agent: s.Agent, Title: s.Title, Created: s.Created, Updated: s.Updated,
		State: string(s.State), Turns: s.Turns, CostUSD: s.CostUSD, LastSeq: s.LastSeq, Queued: s.Queued,
		Pinned: s.Pinned, ForkedFrom: s.ForkedFrom,
	}
}

type (
	sessionOutput     struct{ Body Session }
	listSessionsInput struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
		Before string `query:"before" doc:"Only those last used before this one: its updated and id, joined by _. The Link header of a page has that of the next"`
		Title  string `query:"q" doc:"Only those with this in their titles"`
	}
	sessionsOutput struct {
		Total int    `header:"X-Total-Count" doc:"How many sessions there are in all"`
		Link  string `header:"Link" doc:"The next page, if there may be one, as rel=next"`
		Body  []Session
	}
	createSessionInput struct {
		Body struct {
			Workspace string `json:"workspace"`
			Agent     string `json:"agent,omitempty" doc:"GET /api/me lists them; empty for the default one"`
			Title     string `json:"title,omitempty"`
		}
	}
	changeSessionInput struct {
		SessionPath
		Body struct {
			Title  *string `json:"title,omitempty" doc:"1 to 200 characters"`
			Pinned *bool   `json:"pinned,omitempty" doc:"Whether it is at the top of the list"`
		}
	}
)

// SessionPath is the part of a path that names a session. (It is exported for huma, which fills it in.)
type SessionPath struct {
	ID string `path:"id"`
}

func sessionsOf(all []engine.Session) []Session {
	list := make([]Session, len(all))
	for i, one := range all {
		list[i] = sessionOf(one)
	}
	return list
}

func (s *Server) listSessions(_ context.Context, in *listSessionsInput) (*sessionsOutput, error) {
	all, total, err := s.engine.Sessions(engine.SessionQuery{Limit: in.Limit, Before: in.Before, Title: in.Title})
	out := &sessionsOutput{Total: total, Body: sessionsOf(all)}
	if n := len(all); n > 0 && n == in.Limit {
		next := url.Values{"limit": {strconv.Itoa(in.Limit)}, "before": {engine.SessionCursor(all[n-1])}}
		if in.Title != "" {
			next.Set("q", in.Title)
		}
		out.Link = "</api/sessions?" + next.Encode() + `>; rel="next"`
	}
	return out, err
}

func (s *Server) createSession(_ context.Context, in *createSessionInput) (*sessionOutput, error) {
	one, err := s.engine.CreateSession(in.Body.Workspace, in.Body.Agent, in.Body.Title)
	return &sessionOutput{sessionOf(one)}, err
}

func (s *Server) getSession(_ context.Context, in *SessionPath) (*sessionOutput, error) {
	one, err := s.engine.Session(in.ID)
	return &sessionOutput{sessionOf(one)}, err
}

func (s *Server) changeSession(_ context.Context, in *changeSessionInput) (*sessionOutput, error) {
	if in.Body.Title == nil && in.Body.Pinned == nil {
		return nil, newProblem(422, "give title to rename the session, or pinned to move it to the top or back")
	}
	one, err := s.engine.ChangeSession(in.ID, engine.SessionChange{Title: in.Body.Title, Pinned: in.Body.Pinned})
	return &sessionOutput{sessionOf(one)}, err
}

func (s *Server) deleteSession(ctx context.Context, in *SessionPath) (*struct{}, error) {
	return nil, s.engine.DeleteSession(ctx, in.ID)
}

// Event is an entry of a session's log; see the schema SessionEvent.
type Event struct{ session.Event }

// EventPage is part of a session's log.
type EventPage struct {
	Events []Event `json:"events" doc:"Oldest first"`
	Next   int64   `json:"next" doc:"What after is to be for the next page: the last event's sequence number"`
}

type eventsInput struct {
	SessionPath
	After  int64  `query:"after" minimum:"0" doc:"Events after this sequence number"`
	Before int64  `query:"before" minimum:"0" doc:"Or the last events before this one"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Accept string `header:"Accept" doc:"application/x-ndjson streams everything after, one event a line"`
}

const ndjson = "application/x-ndjson"

func (s *Server) events(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	if strings.Contains(in.Accept, ndjson) {
		if _, err := s.engine.Session(in.ID); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) { s.streamEvents(c, in) }}, nil
	}
	list, err := s.page(in)
	if err != nil {
		return nil, err
	}
	page := EventPage{Events: make([]Event, len(list)), Next: in.After}
	for i, e := range list {
		page.Events[i], page.Next = Event{e}, e.Seq
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		_ = json.NewEncoder(c.BodyWriter()).Encode(page) // a client that hung up needs no answer
	}}, nil
}

func (s *Server) page(in *eventsInput) ([]session.Event, error) {
	if in.Before > 0 {
		return s.engine.EventsBefore(in.ID, in.Before, in.Limit)
	}
	return s.engine.Events(in.ID, in.After, in.Limit)
}

// streamEvents writes the whole log. When it breaks off, so does the connection: a half log must not look
// like a whole one.
func (s *Server) streamEvents(c huma.Context, in *eventsInput) {
	c.SetHeader("Content-Type", ndjson)
	out := bufio.NewWriterSize(c.BodyWriter(), 64<<10)
	err := s.engine.WriteEvents(c.Context(), in.ID, in.After, out)
	if err = errors.Join(err, out.Flush()); err != nil {
		s.log.Warn("a session's log was not sent to its end", "session", in.ID, "error", err)
		panic(http.ErrAbortHandler)
	}
}
