package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"coder1/engine/trace"

	"github.com/danielgtaylor/huma/v2"
)

type traceInput struct {
	Minutes int64 `query:"minutes" minimum:"0" maximum:"525600" doc:"Go back so far, or a little further; 0 or absent for all there is"`
}

const zstdType = "application/zstd"

// trace sends the flight recording, as a file to be kept.
func (s *Server) trace(_ context.Context, in *traceInput) (*huma.StreamResponse, error) {
	now := time.Now()
	since := time.Time{}
	if in.Minutes > 0 {
		since = now.Add(-time.Duration(in.Minutes) * time.Minute)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", zstdType)
		c.SetHeader("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "coder1-"+now.UTC().Format("20060102T150405Z")+trace.Extension))
		if err := s.engine.Trace(c.BodyWriter(), since); err != nil {
			s.log.Warn("the flight recording was not sent to its end", "error", err)
			panic(http.ErrAbortHandler) // a part must not look like the whole
		}
	}}, nil
}

// describeTrace describes the answer, which the handler writes itself.
func describeTrace(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "zstd-compressed JSON lines, as docs/trace-format.md describes them",
		Content:     map[string]*huma.MediaType{zstdType: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
}

// Recorder is how the flight recorder is.
type Recorder struct {
	Bytes   int64      `json:"bytes" doc:"That recordings take on disk"`
	Since   *time.Time `json:"since,omitempty" doc:"They go back to; absent when there are none"`
	Problem string     `json:"problem,omitempty" doc:"Why nothing is recorded at the moment, in words"`
}

func recorderOf(s trace.Status) Recorder {
	r := Recorder{Bytes: s.Bytes, Problem: s.Problem}
	if !s.Since.IsZero() {
		since := s.Since.UTC()
		r.Since = &since
	}
	return r
}
