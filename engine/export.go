package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"coder1/engine/session"
)

// A session is exported as lines of JSON: first an exportHead, then every event as the API has it. What is
// exported and imported is exported again byte for byte, but for the head.

// exportVersion changes when an older Coder1 could not read the file any more.
const exportVersion = 1

type exportHead struct {
	Version int           `json:"coder1Export"`
	Session exportSession `json:"session"`
}

// exportSession is what a file tells of a session beside its log.
type exportSession struct {
	ID         string          `json:"id"`
	Workspace  string          `json:"workspace"`
	Agent      string          `json:"agent"`
	Title      string          `json:"title"`
	Created    time.Time       `json:"created"`
	Updated    time.Time       `json:"updated"`
	Turns      int             `json:"turns"`
	CostUSD    float64         `json:"costUsd"`
	LastSeq    int64           `json:"lastSeq"`
	Pinned     bool            `json:"pinned,omitempty"`
	ForkedFrom *session.Origin `json:"forkedFrom,omitempty"`
}

// MaxLine is the most bytes of a line of an exported file. No event of ours is larger: the largest, a request
// for permission, holds 512 KB, each byte of which may need six.
const MaxLine = 4 << 20

// errEnough ends a Stream early.
var errEnough = errors.New("that is enough")

// Export writes a session as lines of JSON, one event at a time. What happens in the session meanwhile is left
// out; prompts that run or wait are told as stopped, so that the file stands by itself.
func (e *Engine) Export(ctx context.Context, id string, to io.Writer) error {
	m, err := e.shown(id)
	if err != nil {
		return err
	}
	endings, err := e.endings(ctx, m)
	if err != nil {
		return err
	}
	out := json.NewEncoder(to)
	err = out.Encode(exportHead{exportVersion, exportSession{
		ID: m.ID, Workspace: m.Workspace, Agent: m.Agent, Title: m.Title, Created: m.Created, Updated: m.Updated,
		Turns: m.Turns, CostUSD: m.CostUSD, LastSeq: m.LastSeq + int64(len(endings)), Pinned: m.Pinned, ForkedFrom: m.ForkedFrom,
	}})
	if err != nil {
		return err
	}
	if err := e.upTo(ctx, m, func(ev session.Event) error { return out.Encode(ev) }); err != nil {
		return err
	}
	for i, ev := range endings {
		ev.Seq, ev.Time = m.LastSeq+int64(i)+1, m.Updated
		if err := out.Encode(ev); err != nil {
			return err
		}
	}
	return nil
}

// upTo reads a session's log up to where it was when its Meta was read.
func (e *Engine) upTo(ctx context.Context, m session.Meta, each func(session.Event) error) error {
	err := e.store.Stream(ctx, m.ID, 0, func(ev session.Event) error {
		if ev.Seq > m.LastSeq {
			return errEnough
		}
		return each(ev)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// endings bring the log of a session that is at work to rest.
func (e *Engine) endings(ctx context.Context, m session.Meta) ([]session.Event, error) {
	if e.doing().of(m).State == Idle {
		return nil, nil
	}
	var open unfinished
	err := e.upTo(ctx, m, func(ev session.Event) error {
		open.follow(ev)
		return nil
	})
	return open.endings("it was not done when the session was exported"), err
}

// ImportError says what is wrong with an exported file, and where.
type ImportError struct {
	Line int // from 1
	Err  error
}

func (e *ImportError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap is what is wrong.
func (e *ImportError) Unwrap() error { return e.Err }

// Import makes a session in a workspace out of what Export wrote, wholly or not at all, in the memory of a few
// lines. An empty workspace means the one that the file names. Events of unknown types are kept. The error is
// an ImportError when the file is to blame.
func (e *Engine) Import(ctx context.Context, ws string, from io.Reader) (Session, error) {
	done, err := waitFor(ctx, e.making)
	if err != nil {
		return Session{}, err
	}
	defer done()
	lines := newExportReader(from)
	head, err := lines.head()
	if err != nil {
		return Session{}, err
	}
	if ws == "" {
		ws = head.Workspace
	}
	if _, err := e.workspaces.Get(ws); err != nil {
		return Session{}, err
	}
	kind, ok := e.kind(head.Agent)
	if !ok {
		kind, _ = e.kind("") // the file comes from where there are others
	}
	meta := session.Meta{
		Workspace: ws, Agent: kind.Name(), Title: head.Title, Created: head.Created, Updated: head.Updated,
		Turns: head.Turns, CostUSD: head.CostUSD, Pinned: head.Pinned, ForkedFrom: head.ForkedFrom,
	}
	fill := func(add func(session.Event) error) error {
		for ctx.Err() == nil {
			ev, err := lines.event()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = add(ev)
			}
			if err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	one, err := e.build(meta, fill, func(*session.Meta) []session.Event { return nil })
	if err != nil {
		return Session{}, fmt.Errorf("import: %w", err)
	}
	e.watchers.changed()
	return one, nil
}

// exportReader reads an exported file line by line.
type exportReader struct {
	lines *bufio.Scanner
	line  int
	seq   int64 // of the last event
	last  int64 // what it must be in the end
}

func newExportReader(from io.Reader) *exportReader {
	r := &exportReader{lines: bufio.NewScanner(from)}
	r.lines.Buffer(nil, MaxLine)
	return r
}

func (r *exportReader) bad(format string, args ...any) error {
	return &ImportError{r.line, fmt.Errorf(format, args...)}
}

// next is the next line, io.EOF after the last.
func (r *exportReader) next() ([]byte, error) {
	r.line++
	if r.lines.Scan() {
		line := r.lines.Bytes()
		if !utf8.Valid(line) {
			return nil, r.bad("it is not UTF-8")
		}
		return line, nil
	}
	switch err := r.lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, r.bad("it is longer than %d bytes", MaxLine)
	case err != nil:
		return nil, fmt.Errorf("read line %d: %w", r.line, err)
	}
	return nil, io.EOF
}

func (r *exportReader) head() (exportSession, error) {
	var h exportHead
	line, err := r.next()
	switch {
	case errors.Is(err, io.EOF):
		return h.Session, r.bad("the file is empty; the first line of an exported session says what it is")
	case err != nil:
		return h.Session, err
	}
	if err := json.Unmarshal(line, &h); err != nil || h.Version == 0 {
		return h.Session, r.bad(`it is not the first line of an exported session, {"coder1Export":%d,"session":{…}}`, exportVersion)
	}
	s := h.Session
	switch {
	case h.Version != exportVersion:
		return s, r.bad("it was exported in form %d, and this Coder1 reads form %d", h.Version, exportVersion)
	case len([]rune(s.Title)) > maxTitle:
		return s, r.bad("session.title: %w", ErrTitle)
	case s.ForkedFrom != nil && len(s.ForkedFrom.Session) > maxTypeName:
		return s, r.bad("session.forkedFrom.session has more than %d bytes", maxTypeName)
	case s.LastSeq < 0 || s.Turns < 0 || s.CostUSD < 0 || s.CostUSD > math.MaxInt32:
		return s, r.bad("session.lastSeq, turns and costUsd must be 0 or more")
	}
	r.last = s.LastSeq
	return s, nil
}

// event is the next event, io.EOF after the last.
func (r *exportReader) event() (ev session.Event, err error) {
	line, err := r.next()
	if errors.Is(err, io.EOF) && r.seq < r.last {
		return ev, r.bad("the file ends after event %d, and the session had %d: it was cut off", r.seq, r.last)
	}
	if err != nil {
		return ev, err
	}
	if err := json.Unmarshal(line, &ev); err != nil {
		return ev, r.bad("%w", err)
	}
	switch {
	case ev.Seq != r.seq+1:
		return ev, r.bad("seq is %d and must be %d", ev.Seq, r.seq+1)
	case ev.Seq > r.last:
		return ev, r.bad("there are more events than session.lastSeq says, which is %d", r.last)
	case ev.Type == "" || len(ev.Type) > maxTypeName:
		return ev, r.bad("type must be a name of 1 to %d bytes", maxTypeName)
	case ev.Time.IsZero():
		return ev, r.bad("time is missing")
	case !json.Valid(slices.Concat([]byte("[[[["), line, []byte("]]]]"))): // whoever passes it on wraps it
		return ev, r.bad("it is nested too deeply")
	}
	if err := checkFields(ev); err != nil {
		return ev, r.bad("%w", err)
	}
	r.seq = ev.Seq
	return ev, nil
}

const maxTypeName = 64

// checkFields makes sure that the fields of an event that is ours are of their types: the page relies on it.
func checkFields(ev session.Event) error {
	for _, t := range eventTypes {
		if t.Name != ev.Type {
			continue
		}
		if err := json.Unmarshal(ev.Data, reflect.New(reflect.TypeOf(t.Data)).Interface()); err != nil {
			return fmt.Errorf("a %s: %w", ev.Type, err)
		}
	}
	return nil
}
