package server

import (
	"context"
	"time"

	"coder1/engine"
)

// SearchResult is what a search found.
type SearchResult struct {
	Hits          []SearchHit `json:"hits" doc:"In the latest used session first; within one, as its log goes"`
	Truncated     bool        `json:"truncated" doc:"Not everything was looked at, or not every hit is here"`
	SearchedBytes int64       `json:"searchedBytes" doc:"Of logs"`
}

// SearchHit is a place where a text was found.
type SearchHit struct {
	Session string    `json:"session"`
	Title   string    `json:"title" doc:"Of the session"`
	Seq     int64     `json:"seq" doc:"Of the event; 0 for the title itself"`
	Time    time.Time `json:"time"`
	Type    string    `json:"type" doc:"Of the event; title for the title itself"`
	Snippet string    `json:"snippet" doc:"The text around the first match"`
	Ranges  [][2]int  `json:"ranges" doc:"What matches in the snippet, from and to, in UTF-16 code units"`
}

type (
	searchInput struct {
		Query string `query:"q" required:"true" doc:"Any text, in letters of any case"`
		Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	searchOutput struct{ Body SearchResult }
)

func (s *Server) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	found, err := s.engine.Search(ctx, in.Query, in.Limit)
	out := SearchResult{Hits: []SearchHit{}, Truncated: found.Truncated, SearchedBytes: found.Bytes}
	for _, h := range found.Hits {
		out.Hits = append(out.Hits, hitOf(h))
	}
	return &searchOutput{out}, err
}

func hitOf(h engine.Hit) SearchHit { return SearchHit(h) }
