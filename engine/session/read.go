package session

import (
	"context"
	"encoding/json"
	"io"
	"slices"
)

// Get reads a session's Meta.
func (s *Store) Get(id string) (Meta, error) {
	if m, ok := s.metas.get(id); ok {
		return m, nil
	}
	return s.getMeta(id)
}

// Events reads the events after a sequence number, oldest first: at most limit, and no more than maxBytes
// of data, but at least one.
func (s *Store) Events(id string, after int64, limit, maxBytes int) ([]Event, error) {
	if events, ok := s.active.after(id, after, limit, maxBytes); ok {
		return events, nil
	}
	m, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	if after >= m.LastSeq {
		return nil, nil
	}
	return s.shared.read(pageKey{id, after, limit, maxBytes, m.LastSeq}, func() ([]Event, error) {
		page := page{limit: limit, bytes: maxBytes}
		err := s.eachEvent(id, after, m.LastSeq, page.add)
		return page.events, err
	})
}

// Before reads the last events before a sequence number, oldest first, within the bounds of Events.
func (s *Store) Before(id string, before int64, limit, maxBytes int) ([]Event, error) {
	m, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	if before = min(before, m.LastSeq+1); before <= 1 {
		return nil, nil
	}
	r, err := newReader(s.db, id, 0, before)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.close() }()
	page := page{limit: limit, bytes: maxBytes}
	for ok := r.last(); ok; ok = r.prev(id) {
		if !page.add(s.eventOf(id, r)) {
			break
		}
	}
	slices.Reverse(page.events)
	return page.events, s.noticed(r.err())
}

// Stream reads all events after a sequence number, oldest first, one at a time, until fn fails or the
// context ends. However long the log, it takes the memory of one event.
func (s *Store) Stream(ctx context.Context, id string, after int64, fn func(Event) error) error {
	m, err := s.Get(id)
	if err != nil {
		return err
	}
	var stopped error
	err = s.eachEvent(id, after, m.LastSeq, func(e Event) bool {
		if stopped = ctx.Err(); stopped == nil {
			stopped = fn(e)
		}
		return stopped == nil
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// WriteLines writes all events after a sequence number as NDJSON, as Event.MarshalJSON has them but
// without taking them apart. It makes small writes: w should be buffered.
func (s *Store) WriteLines(ctx context.Context, id string, after int64, w io.Writer) error {
	m, err := s.Get(id)
	if err != nil {
		return err
	}
	var line []byte
	var stopped error
	err = s.each(id, after, m.LastSeq, func(r *reader) bool {
		if stopped = ctx.Err(); stopped != nil {
			return false
		}
		var bad error
		if line, bad = appendLine(line[:0], r.seq, r.value); bad != nil || !r.whole {
			line, stopped = s.lost(id, r).MarshalJSON()
		}
		if stopped == nil {
			_, stopped = w.Write(append(line, '\n'))
		}
		return stopped == nil
	})
	if stopped != nil {
		return stopped
	}
	return err
}

// page collects events within bounds.
type page struct {
	limit, bytes int
	events       []Event
}

// add takes an event, and reports whether there may be room for another.
func (p *page) add(e Event) bool {
	if len(p.events) >= p.limit || len(p.events) > 0 && p.bytes < len(e.Data) {
		return false
	}
	p.bytes -= len(e.Data)
	p.events = append(p.events, e)
	return len(p.events) < p.limit
}

func (s *Store) eachEvent(id string, after, last int64, each func(Event) bool) error {
	return s.each(id, after, last, func(r *reader) bool { return each(s.eventOf(id, r)) })
}

// iteratorBytes is how much is read with one iterator. An iterator keeps what was there when it was made,
// also what has been deleted or written out since, in memory and on disk; so a long read takes a new one
// now and then.
const iteratorBytes = 16 << 20

// each goes through a session's events after a sequence number and up to the last, as of when it was looked
// up, until it is told to stop. What is behind the last is not known to be on disk.
func (s *Store) each(id string, after, last int64, visit func(*reader) bool) error {
	var parts []byte
	for {
		at, more, err := s.some(id, after, last, &parts, visit)
		if err != nil || !more {
			return s.noticed(err)
		}
		after = at
	}
}

// some is each for as much as one iterator reads, and says how far it came and whether there may be more.
func (s *Store) some(id string, after, last int64, parts *[]byte, visit func(*reader) bool) (at int64, more bool, err error) {
	r, err := newReader(s.db, id, after+1, last+1)
	if err != nil {
		return 0, false, err
	}
	r.parts = *parts // one buffer for all iterators
	defer func() { *parts = r.parts }()
	defer func() { _ = r.close() }()
	s.reads.Add(1)
	read := 0
	for ok := r.first(); ok; ok = r.next() {
		read += len(r.value)
		if !visit(r) {
			return r.seq, false, nil
		}
		if read > iteratorBytes {
			return r.seq, true, nil
		}
	}
	return r.seq, false, r.err()
}

// eventOf decodes the event that a reader stands on. What cannot be read is replaced by a word on that, so
// that it does not keep the rest from being read.
func (s *Store) eventOf(id string, r *reader) Event {
	e, err := r.event()
	if err != nil {
		return s.lost(id, r)
	}
	return e
}

// lost stands for an event that cannot be read.
func (s *Store) lost(id string, r *reader) Event {
	s.options.Log.Error("an entry of a session cannot be read", "session", id, "seq", r.seq)
	e := notice("This entry was damaged on disk and cannot be read.")
	e.Seq, e.Time = r.seq, s.options.Now().UTC()
	return e
}

// notice makes an entry that tells a session's user what the store has to say. It is the engine's Notice.
func notice(text string) Event {
	data, err := json.Marshal(map[string]string{"level": "warning", "text": text})
	if err != nil {
		panic(err) // a map of strings can be written
	}
	return Event{Type: "notice", Data: data}
}
