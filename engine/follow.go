package engine

import (
	"context"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"coder1/engine/session"
)

// Cursor is how far a follower of a session has read. The zero Cursor has read nothing; one with Seq set
// goes on after that event.
type Cursor struct {
	Seq int64

	message string // of the block being followed as it is written
	block   int
	bytes   int // of it, already delivered
	units   int // the same in UTF-16 code units
}

// Update is what a follower has not seen yet.
type Update struct {
	Events []session.Event
	Delta  *Delta // more of the message being written; nil when there is none
	More   bool   // there is more to read at once
}

// Delta is a piece of the message that an agent is writing at the moment. When the durable event with the
// same message and block follows, it replaces all pieces.
type Delta struct {
	Prompt   string `json:"promptId"`
	Message  string `json:"message"`
	Block    int    `json:"block"`
	Thinking bool   `json:"thinking"`
	Offset   int    `json:"offset"` // UTF-16 code units of the block delivered before; 0 begins it anew
	Text     string `json:"text"`
}

// Bounds of one Update.
const (
	updateEvents = 200
	updateBytes  = 256 << 10
)

// Next reads what lies beyond the cursor and moves it. Events come in order, each once; a delta only when
// all events before it have been delivered.
func (e *Engine) Next(id string, c *Cursor) (Update, error) {
	// The message being written is looked at before the log is read, so that what is found in the log
	// can only be newer.
	d, upTo := e.delta(id, *c)
	events, err := e.store.Events(id, c.Seq, updateEvents, updateBytes)
	if err != nil {
		return Update{}, err
	}
	u := Update{Events: events}
	if len(events) > 0 {
		c.Seq = events[len(events)-1].Seq
	}
	switch {
	case c.Seq < upTo:
		u.More = true
	case c.Seq == upTo && d != nil:
		u.Delta = d
		c.advance(d)
	}
	return u, nil
}

// delta is what the cursor has not seen of the message being written, and the last event before it.
func (e *Engine) delta(id string, c Cursor) (*Delta, int64) {
	l := e.lives.peek(id)
	if l == nil {
		return nil, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &l.mu.partial
	d := &Delta{Prompt: p.prompt, Message: p.message, Block: p.block, Thinking: p.thinking}
	from := 0
	if c.message == p.message && c.block == p.block {
		from, d.Offset = c.bytes, c.units
	}
	tail := wholeRunes(p.text[min(from, len(p.text)):])
	if len(tail) == 0 {
		return nil, l.mu.last
	}
	d.Text = string(tail)
	return d, l.mu.last
}

func (c *Cursor) advance(d *Delta) {
	if d.Offset == 0 {
		c.bytes, c.units = 0, 0
	}
	c.message, c.block = d.Message, d.Block
	c.bytes += len(d.Text)
	c.units += units(d.Text)
}

// wholeRunes cuts off a character that has not been written completely.
func wholeRunes(b []byte) []byte {
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Events reads a page of a session's log: the events after a sequence number, oldest first.
func (e *Engine) Events(id string, after int64, limit int) ([]session.Event, error) {
	return e.store.Events(id, after, limit, pageBytes)
}

// EventsBefore reads a page backwards: the last events before a sequence number, oldest first.
func (e *Engine) EventsBefore(id string, before int64, limit int) ([]session.Event, error) {
	return e.store.Before(id, before, limit, pageBytes)
}

// StreamEvents reads all of a session's log after a sequence number, one event at a time, until fn fails or
// the context ends.
func (e *Engine) StreamEvents(ctx context.Context, id string, after int64, fn func(session.Event) error) error {
	return e.store.Stream(ctx, id, after, fn)
}

// WriteEvents writes all of a session's log after a sequence number as NDJSON. It makes small writes: w should
// be buffered.
func (e *Engine) WriteEvents(ctx context.Context, id string, after int64, w io.Writer) error {
	return e.store.WriteLines(ctx, id, after, w)
}

// pageBytes bounds a page of events, which are at least one however large.
const pageBytes = 1 << 20
