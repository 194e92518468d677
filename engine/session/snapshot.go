package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble"
)

// Snapshot is the store as it was at one moment, while it goes on. It keeps on disk what is deleted
// meanwhile, so it is to be closed soon.
type Snapshot struct {
	store *Store
	at    *snapshot
}

// Snapshot takes one.
func (s *Store) Snapshot() (*Snapshot, error) {
	at, err := s.db.NewSnapshot()
	if err != nil {
		return nil, err
	}
	return &Snapshot{s, at}, nil
}

// Close lets it go.
func (s *Snapshot) Close() error { return s.at.Close() }

// Sessions visits the sessions until one fails.
func (s *Snapshot) Sessions(visit func(Meta) error) error {
	var failed error
	err := eachMeta(s.at, func(m Meta) bool {
		failed = visit(m)
		return failed == nil
	})
	return errors.Join(failed, s.store.noticed(err))
}

// Lines visits the events of a session as lines of NDJSON, without a newline, until one fails.
func (s *Snapshot) Lines(id string, visit func(line []byte) error) error {
	r, err := newReader(s.at, id, 0, 0)
	if err != nil {
		return err
	}
	defer func() { _ = r.close() }()
	var line []byte
	for ok := r.first(); ok; ok = r.next() {
		if line, err = appendLine(line[:0], r.seq, r.value); err != nil || !r.whole {
			if line, err = s.store.lost(id, r).MarshalJSON(); err != nil {
				return err
			}
		}
		if err := visit(line); err != nil {
			return err
		}
	}
	return s.store.noticed(r.err())
}

// Prompts visits the prompts in line, with their texts, in the order of the line, until one fails.
func (s *Snapshot) Prompts(visit func(Prompt) error) error {
	all, err := promptsIn(s.at)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.Text, err = textIn(s.at, p.ID); err != nil {
			return fmt.Errorf("read the text of prompt %s: %w", p.ID, err)
		}
		p.Order, p.TextParts = 0, 0
		if err := visit(p); err != nil {
			return err
		}
	}
	return nil
}

// Kept visits what is kept, as JSON, until one fails.
func (s *Snapshot) Kept(visit func(name string, value json.RawMessage) error) error {
	return s.values("k/", func(name string, _ []byte) error {
		if bytes.IndexByte([]byte(name), 0) >= 0 {
			return nil // a further part
		}
		raw, err := keptIn(s.at, keptKey(name))
		if err != nil {
			return fmt.Errorf("read what was kept as %s: %w", name, err)
		}
		return visit(name, raw)
	})
}

func (s *Snapshot) values(prefix string, visit func(name string, value []byte) error) error {
	it, err := s.at.NewIter(&pebble.IterOptions{LowerBound: []byte(prefix), UpperBound: after([]byte(prefix))})
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		if err := visit(string(it.Key()[len(prefix):]), it.Value()); err != nil {
			return err
		}
	}
	return s.store.noticed(it.Error())
}

// Incoming is a session that is being brought in with its log. It is not there before Commit.
type Incoming struct {
	store  *Store
	id     string
	last   int64
	batch  *pebble.Batch
	unlock func()
}

// Receive begins to bring in a session, ErrExists when there is one of this ID. Commit or Abort ends it.
func (s *Store) Receive(id string) (*Incoming, error) {
	in := &Incoming{store: s, id: id, unlock: s.writers.lock(id)}
	err := s.ready(true)
	if err == nil {
		if _, err = s.Get(id); err == nil {
			err = fmt.Errorf("session %s: %w", id, ErrExists)
		} else if errors.Is(err, ErrNotFound) {
			err = s.deleteRange(eventPrefix(id)) // what one before left that was cut short
		}
	}
	if err != nil {
		in.unlock()
		return nil, err
	}
	in.batch = s.db.NewBatch()
	return in, nil
}

// Add brings in an event with the sequence number it has, which is larger than those before.
func (in *Incoming) Add(e Event) error {
	if e.Seq <= in.last {
		return fmt.Errorf("event %d of session %s follows %d", e.Seq, in.id, in.last)
	}
	value, err := appendValue(nil, e)
	if err != nil {
		return fmt.Errorf("event %d of session %s: %w", e.Seq, in.id, err)
	}
	in.last = e.Seq
	if err := setEvent(in.batch, eventKey(in.id, e.Seq), value); err != nil {
		return err
	}
	if in.batch.Len() < maxValue {
		return nil
	}
	return in.flush()
}

func (in *Incoming) flush() error {
	if err := in.store.ready(true); err != nil {
		return err
	}
	err := in.store.db.commit(in.batch, pebble.NoSync)
	in.batch = in.store.db.NewBatch()
	return err
}

// Commit makes the session one of the store's, durable before it returns.
func (in *Incoming) Commit(m Meta) error {
	defer in.unlock()
	m.ID, m.LastSeq, m.Shortened = in.id, max(m.LastSeq, in.last), 0
	if err := errors.Join(index(in.batch, nil, &m), putMeta(in.batch, &m, true)); err != nil {
		return err
	}
	if err := in.store.commit(in.batch); err != nil {
		return err
	}
	in.store.counts.change(nil, &m)
	return nil
}

// Abort takes back what was brought in.
func (in *Incoming) Abort() error {
	defer in.unlock()
	prefix := eventPrefix(in.id)
	err := in.store.deleteRange(prefix)
	in.store.giveBack(prefix)
	return err
}
