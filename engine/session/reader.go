package session

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble"
)

// readSource is what a reader reads from: the database, or a snapshot of it.
type readSource interface {
	NewIter(*pebble.IterOptions) (*iterator, error)
}

// reader goes through the events of one session, putting together those that are stored in parts.
type reader struct {
	it     *iterator
	prefix int // length of what all keys begin with

	seq   int64
	value []byte // of the event it stands on, until the next step
	whole bool   // false: parts of it are missing
	parts []byte // where they are put together
	ahead bool   // the iterator stands on what comes next already
}

// errParts marks an event of which parts are missing.
var errParts = errors.New("parts of it are missing")

// newReader reads events with sequence numbers from up to, not including, to; 0 for no end.
func newReader(src readSource, id string, from, to int64) (*reader, error) {
	prefix := eventPrefix(id)
	o := &pebble.IterOptions{LowerBound: eventKey(id, from), UpperBound: after(prefix)}
	if to > 0 {
		o.UpperBound = eventKey(id, to)
	}
	it, err := src.NewIter(o)
	if err != nil {
		return nil, fmt.Errorf("read session %s: %w", id, err)
	}
	return &reader{it: it, prefix: len(prefix)}, nil
}

func (r *reader) close() error { return r.it.Close() }

// first moves to the first event, and reports whether there is one.
func (r *reader) first() bool {
	r.ahead = false
	return r.load(r.it.First())
}

// next moves to the event after.
func (r *reader) next() bool {
	if r.ahead {
		r.ahead = false
		return r.load(r.it.Valid())
	}
	return r.load(r.it.Next())
}

// last moves to the last event.
func (r *reader) last() bool { return r.back(r.it.Last()) }

// prev moves to the event before. It cannot be mixed with next.
func (r *reader) prev(id string) bool { return r.back(r.it.SeekLT(eventKey(id, r.seq))) }

// back takes the event whose key, or whose last part, the iterator stands on.
func (r *reader) back(ok bool) bool {
	for ; ok; ok = r.it.Prev() {
		seq, part, known := place(r.it.Key(), r.prefix)
		if !known {
			continue
		}
		if part == 0 {
			return r.load(true)
		}
		head := r.it.Key()[:r.prefix+8]
		if r.it.SeekGE(append([]byte(nil), head...)) {
			if at, part, _ := place(r.it.Key(), r.prefix); at == seq && part == 0 {
				return r.load(true)
			}
		}
		// Parts without a beginning: there is nothing to be had of them.
	}
	return false
}

// load takes the event at the iterator, or the first one behind it.
func (r *reader) load(ok bool) bool {
	for ; ok; ok = r.it.Next() {
		seq, part, known := place(r.it.Key(), r.prefix)
		if !known || part > 0 {
			continue
		}
		r.seq, r.value, r.whole = seq, r.it.Value(), true
		if total, begins, inParts := beginParts(r.value); inParts {
			r.join(total, begins)
		}
		return true
	}
	return false
}

// join puts an event together.
func (r *reader) join(total int, begins []byte) {
	r.parts = append(slices.Grow(r.parts[:0], total), begins...)
	for want := 1; len(r.parts) < total; want++ {
		r.ahead = true
		if !r.it.Next() {
			break
		}
		if seq, part, ok := place(r.it.Key(), r.prefix); !ok || seq != r.seq || part != want {
			break
		}
		r.parts = append(r.parts, r.it.Value()...)
		r.ahead = false
	}
	r.value, r.whole = r.parts, len(r.parts) == total
}

// event decodes the event it stands on. One that cannot be read is an error that names it.
func (r *reader) event() (Event, error) {
	if !r.whole {
		return Event{}, fmt.Errorf("event %d: %w", r.seq, errParts)
	}
	return decode(r.seq, r.value)
}

// err is what kept the reader from going on.
func (r *reader) err() error { return r.it.Error() }
