package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"coder1/engine/session"
)

// Hit is a place where a search found something.
type Hit struct {
	Session string
	Title   string // of the session
	Seq     int64  // of the event; 0 for the title itself
	Time    time.Time
	Type    string   // of the event; "title" for the title itself
	Snippet string   // the text around the first match
	Ranges  [][2]int // what matches in the snippet, in UTF-16 code units
}

// Found is what a search brought.
type Found struct {
	Hits      []Hit // in the latest used session first; within one, as its log goes
	Truncated bool  // not everything was looked at, or not every hit is here
	Bytes     int64 // of logs that were looked at
}

// Bounds of a search.
const (
	MaxHits       = 200
	MaxQuery      = 200       // bytes
	searchBytes   = 512 << 20 // of logs
	searchTime    = 5 * time.Second
	hitsInSession = 10 // so that one session does not crowd out the others
	snippetBefore = 60 // bytes around the first match
	snippetBytes  = 240
	snippetRanges = 20
	searchers     = 2 // at the same time
)

// ErrQuery means that a search is for nothing, or for too much.
var ErrQuery = fmt.Errorf("q must be a text of 1 to %d bytes", MaxQuery)

// Search looks for a text in the titles and logs of all sessions, whatever the case of its letters, and returns
// at most limit hits. It reads the logs one event at a time, and ends early when it has read or taken enough.
func (e *Engine) Search(ctx context.Context, query string, limit int) (Found, error) {
	if query = strings.TrimSpace(query); query == "" || len(query) > MaxQuery || !utf8.ValidString(query) {
		return Found{}, ErrQuery
	}
	done, err := waitFor(ctx, e.searching)
	if err != nil {
		return Found{}, err
	}
	defer done()
	hurry, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	s := search{
		prefilter: newPrefilter(query), query: regexp.MustCompile(`(?i)` + regexp.QuoteMeta(query)), limit: min(limit, MaxHits),
		left: searchBytes, Found: Found{Hits: []Hit{}},
	}
	q := session.Query{Limit: LatestSessions}
	for enough := false; !enough; {
		page, err := e.store.Page(q)
		if err != nil {
			return s.Found, fmt.Errorf("list sessions: %w", err)
		}
		if len(page) == 0 {
			break
		}
		if enough, err = s.sessions(hurry, e.store, page); err != nil {
			return s.Found, err
		}
		q.After = &page[len(page)-1]
	}
	return s.Found, ctx.Err()
}

// search is one under way.
type search struct {
	Found
	prefilter
	query *regexp.Regexp
	limit int
	left  int64 // bytes that may still be looked at
}

// sessions searches a page of sessions, and reports whether it was enough.
func (s *search) sessions(ctx context.Context, store *session.Store, page []session.Meta) (enough bool, err error) {
	for _, m := range page {
		if s.left <= 0 || len(s.Hits) >= s.limit || ctx.Err() != nil {
			s.Truncated = true
			return true, nil
		}
		if err := s.session(ctx, store, m); err != nil {
			return true, err
		}
	}
	return false, nil
}

func (s *search) session(ctx context.Context, store *session.Store, m session.Meta) error {
	before := len(s.Hits)
	take := func(h Hit, text string) (taken bool) {
		at := s.query.FindStringIndex(text)
		if at == nil {
			return false
		}
		h.Session, h.Title = m.ID, m.Title
		h.Snippet, h.Ranges = snippet(text, at[0], s.query)
		s.Hits = append(s.Hits, h)
		return true
	}
	take(Hit{Type: "title", Time: m.Updated}, m.Title)
	err := store.Stream(ctx, m.ID, 0, func(ev session.Event) error {
		if s.left <= 0 || len(s.Hits) >= s.limit || len(s.Hits)-before >= hitsInSession {
			return errEnough
		}
		s.Bytes += int64(len(ev.Data))
		s.left -= int64(len(ev.Data))
		if !s.mayHold(ev.Data) {
			return nil
		}
		for _, text := range textsOf(ev) {
			if take(Hit{Seq: ev.Seq, Type: ev.Type, Time: ev.Time}, text) {
				break
			}
		}
		return nil
	})
	switch {
	case errors.Is(err, errEnough), errors.Is(err, context.DeadlineExceeded):
		s.Truncated = true
	case errors.Is(err, session.ErrNotFound): // it was deleted meanwhile
	default:
		return err
	}
	return nil
}

// textsOf are the texts of an event that a user can see.
func textsOf(ev session.Event) []string {
	switch ev.Type {
	case "prompt", "prompt_edited", "message", "thinking", "notice", "summary":
		return []string{dataOf[struct{ Text string }](ev).Text}
	case "tool_result":
		return []string{dataOf[struct{ Output string }](ev).Output}
	case "tool_call":
		return leaves(dataOf[struct{ Input json.RawMessage }](ev).Input)
	case "turn_ended":
		return []string{dataOf[struct{ Error string }](ev).Error}
	default:
		return nil
	}
}

// maxLeaves bounds the texts of a tool's input that are looked at.
const maxLeaves = 1000

// leaves are the texts within a JSON value, but for the names of fields.
func leaves(raw json.RawMessage) (texts []string) {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return nil
	}
	var walk func(any)
	walk = func(v any) {
		if len(texts) == maxLeaves {
			return
		}
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name])
			}
		}
	}
	walk(value)
	return texts
}

// snippet cuts a text around a match, on one line, and says what matches in it.
func snippet(text string, at int, query *regexp.Regexp) (string, [][2]int) {
	from, to := max(0, at-snippetBefore), min(len(text), at-min(at, snippetBefore)+snippetBytes)
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	cut := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text[from:to])
	if from > 0 {
		cut = "…" + cut
	}
	if to < len(text) {
		cut += "…"
	}
	ranges := [][2]int{}
	for _, m := range query.FindAllStringIndex(cut, snippetRanges) {
		begin := units(cut[:m[0]])
		ranges = append(ranges, [2]int{begin, begin + units(cut[m[0]:m[1]])})
	}
	return cut, ranges
}
