package server

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"coder1/engine/workspace"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// SearchMatch is a line with matches.
type SearchMatch struct {
	Path   string   `json:"path"`
	Line   int      `json:"line" doc:"From 1"`
	Column int      `json:"column" doc:"Of the first match in the line, from 1, in UTF-16 code units"`
	Text   string   `json:"text" doc:"The line, or as much of a long one as is around the matches"`
	Ranges [][2]int `json:"ranges" doc:"Beginnings and ends of the matches in text, in UTF-16 code units"`
}

// SearchEnd is the last line of what was found.
type SearchEnd struct {
	Done      bool   `json:"done"`
	Matches   int    `json:"matches"`
	Files     int    `json:"files" doc:"With matches"`
	Truncated bool   `json:"truncated" doc:"There may be more"`
	Engine    string `json:"engine" enum:"ripgrep,builtin"`
}

type searchFilesInput struct {
	WorkspacePath
	Query   string `query:"q" doc:"What to search for, within lines; 1000 characters at most"`
	Regex   bool   `query:"regex" doc:"q is a regular expression, in RE2's syntax"`
	Case    bool   `query:"case" doc:"Capital and small letters differ"`
	Word    bool   `query:"word" doc:"Whole words only"`
	Include string `query:"include" doc:"Globs of the files to search, as in ignore files, separated by commas; ignored files, too, if they are named. {a,b} is either"`
	Exclude string `query:"exclude" doc:"Globs of files and folders to leave out"`
	Limit   int    `query:"limit" minimum:"1" maximum:"10000" default:"1000" doc:"Matches, after which the search ends"`
}

func (in *searchFilesInput) query() workspace.Query {
	return workspace.Query{Text: in.Query, Regex: in.Regex, Case: in.Case, Word: in.Word, Include: in.Include, Exclude: in.Exclude, Limit: in.Limit}
}

func (s *Server) searchFiles(_ context.Context, in *searchFilesInput) (*huma.StreamResponse, error) {
	q := in.query()
	if err := q.Check(); err != nil {
		return nil, err
	}
	files, err := s.engine.Files(in.Name)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { _ = files.Close() }()
		_, w := humago.Unwrap(c)
		w.Header().Set("Content-Type", ndjson)
		out := newTrickle(w)
		defer out.end()
		found, err := s.engine.SearchFiles(c.Context(), files, q, func(m workspace.Match) error { return out.line(SearchMatch(m)) })
		if err == nil {
			err = out.line(SearchEnd{true, found.Matches, found.Files, found.Truncated, found.Engine})
		}
		if err != nil {
			if c.Context().Err() == nil {
				s.log.Warn("a search was not sent to its end", "workspace", in.Name, "error", err)
			}
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// trickle sends lines in pieces of some size, but lets none of them wait for long.
type trickle struct {
	conn *http.ResponseController
	stop chan struct{}
	gone chan struct{}

	mu  sync.Mutex
	out *bufio.Writer
	err error
}

// linger is how long a line waits for others.
const linger = 100 * time.Millisecond

func newTrickle(w http.ResponseWriter) *trickle {
	p := patiently(w)
	t := &trickle{conn: p.conn, out: bufio.NewWriterSize(p, 16<<10), stop: make(chan struct{}), gone: make(chan struct{})}
	go t.run()
	return t
}

func (t *trickle) run() {
	defer close(t.gone)
	ticker := time.NewTicker(linger)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.flush()
		case <-t.stop:
			return
		}
	}
}

func (t *trickle) line(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		_, t.err = t.out.Write(append(raw, '\n'))
	}
	return t.err
}

func (t *trickle) flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil || t.out.Buffered() == 0 {
		return
	}
	if t.err = t.out.Flush(); t.err == nil {
		t.err = t.conn.Flush()
	}
}

func (t *trickle) end() {
	close(t.stop)
	<-t.gone
	t.flush()
	_ = t.conn.SetWriteDeadline(time.Time{})
}

func describeSearch(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "What is found, as it is found, one object a line; the last line says that it is the last",
		Content: map[string]*huma.MediaType{ndjson: {Schema: &huma.Schema{OneOf: []*huma.Schema{
			{Ref: "#/components/schemas/SearchMatch"}, {Ref: "#/components/schemas/SearchEnd"},
		}}}},
	}}
}
