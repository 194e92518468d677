package server

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type forkInput struct {
	SessionPath
	Body struct {
		Seq   int64  `json:"seq" minimum:"1" doc:"The last event that the new session begins with"`
		Title string `json:"title,omitempty" doc:"Empty for one made of this session's"`
	}
}

func (s *Server) fork(ctx context.Context, in *forkInput) (*sessionOutput, error) {
	one, err := s.engine.Fork(ctx, in.ID, in.Body.Seq, in.Body.Title)
	return &sessionOutput{sessionOf(one)}, err
}

func (s *Server) export(_ context.Context, in *SessionPath) (*huma.StreamResponse, error) {
	if _, err := s.engine.Session(in.ID); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", ndjson)
		c.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "session-"+in.ID+".jsonl"))
		if err := s.engine.Export(c.Context(), in.ID, c.BodyWriter()); err != nil {
			s.log.Warn("a session was not exported to its end", "session", in.ID, "error", err)
			panic(http.ErrAbortHandler) // half a file must not look like a whole one
		}
	}}, nil
}

type importInput struct {
	Workspace string `query:"workspace" doc:"Where the session is to be; empty for the workspace that the file names"`

	file io.Reader
}

// Resolve takes the body as it comes: it is not read into memory. (It is huma's name for this.)
func (in *importInput) Resolve(c huma.Context) []error {
	in.file = c.BodyReader()
	return nil
}

func (s *Server) importSession(ctx context.Context, in *importInput) (*sessionOutput, error) {
	one, err := s.engine.Import(ctx, in.Workspace, in.file)
	return &sessionOutput{sessionOf(one)}, err
}

func describeExport(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: `The first line is {"coder1Export":1,"session":{…}}, and every other one an event`,
		Content:     map[string]*huma.MediaType{ndjson: {Schema: &huma.Schema{Type: "string"}}},
	}}
}

func describeImport(o *huma.Operation) {
	o.RequestBody = &huma.RequestBody{
		Description: "What GET /api/sessions/{id}/export answered, of any size. A line may have 4 MB.",
		Required:    true,
		Content:     map[string]*huma.MediaType{ndjson: {Schema: &huma.Schema{Type: "string"}}},
	}
}
