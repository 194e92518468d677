package server

import (
	"context"
	"time"
)

// Permission is something that agents need not ask for any more.
type Permission struct {
	ID        string    `json:"id"`
	Session   string    `json:"session,omitempty" doc:"Where it holds; absent for every session of the workspace"`
	Workspace string    `json:"workspace"`
	Tool      string    `json:"tool"`
	Pattern   string    `json:"pattern,omitempty" doc:"The command or path, or its beginning followed by *; absent for every use of the tool"`
	Created   time.Time `json:"created"`
}

type permissionsOutput struct{ Body []Permission }

func (s *Server) listRules(context.Context, *struct{}) (*permissionsOutput, error) {
	out := &permissionsOutput{Body: []Permission{}}
	for _, r := range s.engine.Rules() {
		out.Body = append(out.Body, Permission(r))
	}
	return out, nil
}

func (s *Server) deleteRule(_ context.Context, in *SessionPath) (*struct{}, error) {
	return nil, s.engine.DeleteRule(in.ID)
}
