package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble"
)

// RescuedWorkspace is the workspace of sessions of which is no longer known which they had.
const RescuedWorkspace = "rescued"

// readable reports whether a value is what its key says, as far as a value can tell.
func readable(key, value []byte) bool {
	switch {
	case bytes.HasPrefix(key, []byte("s/")):
		var m Meta
		return json.Unmarshal(value, &m) == nil && m.ID == string(key[2:])
	case bytes.HasPrefix(key, []byte("p/")):
		var p Prompt
		return json.Unmarshal(value, &p) == nil && p.ID == string(key[2:])
	}
	return true
}

// openSaved opens what was saved, before it is mended.
func openSaved(o Options) (*Store, error) {
	s := newStoreOf(o)
	if err := s.db.open(); err != nil {
		return nil, err
	}
	if err := s.migrate(); err != nil {
		return nil, errors.Join(err, s.db.Close())
	}
	return s, nil
}

// mend brings together again what belongs together: sessions know how long their logs are and stand in the
// lists; where something is missing a word says so.
func (s *Store) mend(l *Loss) error {
	for _, list := range []string{"n/", "u/"} {
		if err := s.deleteRange([]byte(list)); err != nil {
			return err
		}
	}
	if err := s.eachLog(func(id string) error { return s.mendLog(id, l) }); err != nil {
		return err
	}
	if err := s.mendMetas(l); err != nil {
		return err
	}
	if err := s.mendPrompts(l); err != nil {
		return err
	}
	return s.setVersion(formatVersion) // makes all of it durable
}

func (s *Store) deleteRange(prefix []byte) error {
	b := s.db.NewBatch()
	if err := b.DeleteRange(prefix, after(prefix), nil); err != nil {
		return err
	}
	return s.db.commit(b, pebble.NoSync)
}

// eachLog visits every session that has a log.
func (s *Store) eachLog(visit func(id string) error) error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte("e/"), UpperBound: after([]byte("e/"))})
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; {
		id, _, _ := bytes.Cut(it.Key()[len("e/"):], []byte("/"))
		session := string(id)
		if err := visit(session); err != nil {
			return err
		}
		ok = it.SeekGE(after(eventPrefix(session)))
	}
	return it.Error()
}

// mendLog puts a notice where entries are missing, and sets the session's Meta right or makes one.
func (s *Store) mendLog(id string, l *Loss) error {
	m, err := s.Get(id)
	made := errors.Is(err, ErrNotFound)
	if made {
		m = Meta{ID: id, User: "owner", Workspace: RescuedWorkspace, Title: "Rescued session"}
	} else if err != nil {
		return err
	}
	b := s.db.NewBatch()
	seen, lost := int64(0), int64(0)
	missing := func(from, to int64, at Event) error { // up to, not including, to
		if from >= to {
			return nil
		}
		lost += to - from
		return s.setNotice(b, id, from, at, fmt.Sprintf("%d entries were lost here when the store was damaged.", to-from))
	}
	var latest Event
	err = s.each(id, 0, math.MaxInt64-1, func(r *reader) bool {
		e, bad := r.event()
		if bad != nil {
			e = latest
			if err := s.setNotice(b, id, r.seq, e, "This entry was lost when the store was damaged."); err != nil {
				return false
			}
			lost++
		} else {
			l.Events++
		}
		if err := missing(seen+1, r.seq, e); err != nil {
			return false
		}
		seen = r.seq
		latest = e
		if made && bad == nil {
			guess(&m, e)
		}
		return true
	})
	if err != nil {
		return err
	}
	if err := missing(seen+1, m.LastSeq+1, latest); err != nil {
		return err
	}
	m.LastSeq = max(m.LastSeq, seen)
	if made {
		l.add("what was known of session %s beside its log: it is in the workspace %q now", id, RescuedWorkspace)
	}
	if lost > 0 {
		l.add("%d entries of session %s (%s)", lost, id, m.Title)
	}
	return errors.Join(putMeta(b, &m, true), s.db.commit(b, pebble.NoSync))
}

// setNotice puts a notice at a place in a log, at about the time of another event.
func (s *Store) setNotice(b *pebble.Batch, id string, seq int64, near Event, text string) error {
	e := notice(text)
	if e.Time = near.Time; e.Time.IsZero() {
		e.Time = s.options.Now().UTC()
	}
	value, err := appendValue(nil, e)
	if err != nil {
		return err
	}
	return setEvent(b, eventKey(id, seq), value)
}

// guess fills in what an event tells of its session.
func guess(m *Meta, e Event) {
	if m.Created.IsZero() {
		m.Created = e.Time
	}
	m.Updated = e.Time
	m.HistoryBytes += int64(len(e.Data))
}

// mendMetas puts the sessions into the lists, and notices logs that are gone altogether.
func (s *Store) mendMetas(l *Loss) error {
	return s.rewrite([]byte("s/"), func(b *pebble.Batch, key, _ []byte) error {
		m, err := s.getMeta(string(key[len("s/"):]))
		if err != nil {
			return err
		}
		l.Sessions++
		if m.LastSeq > 0 && s.empty(m.ID) {
			l.add("all %d entries of session %s (%s)", m.LastSeq, m.ID, m.Title)
			at := Event{Time: m.Updated}
			if err := s.setNotice(b, m.ID, m.LastSeq, at, fmt.Sprintf("All %d entries of this session were lost when the store was damaged.", m.LastSeq)); err != nil {
				return err
			}
		}
		return index(b, nil, &m)
	})
}

// empty reports whether a session has no log.
func (s *Store) empty(id string) bool {
	r, err := newReader(s.db, id, 0, 0)
	if err != nil {
		return false
	}
	defer func() { _ = r.close() }()
	return !r.first()
}

// mendPrompts removes prompts that cannot be run any more.
func (s *Store) mendPrompts(l *Loss) error {
	all, err := s.Prompts()
	if err != nil {
		return err
	}
	for _, p := range all {
		s.line.reach(p.Order)
	}
	for _, p := range all {
		if err := s.mendPrompt(p, l); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) mendPrompt(p Prompt, l *Loss) error {
	_, lost := s.Get(p.Session)
	if lost == nil {
		lost = s.checkText(p)
	}
	b := s.db.NewBatch()
	if lost == nil {
		if _, err := s.get(placeKey(p.ID)); !errors.Is(err, ErrNotFound) {
			return err
		}
		return errors.Join(setPlace(b, p.ID, s.line.next()), s.db.commit(b, pebble.NoSync))
	}
	l.add("prompt %s of session %s, which waited: %v", p.ID, p.Session, lost)
	if err := s.removePrompt(b, p.ID); err != nil {
		return err
	}
	if m, err := s.Get(p.Session); err == nil {
		m.LastSeq++
		text := "A prompt that waited here was lost when the store was damaged. Send it again if it still matters."
		if err := errors.Join(s.setNotice(b, m.ID, m.LastSeq, Event{}, text), putMeta(b, &m, true)); err != nil {
			return err
		}
	}
	return s.db.commit(b, pebble.NoSync)
}

// checkText makes sure that a prompt has its text.
func (s *Store) checkText(p Prompt) error {
	for part := range p.TextParts {
		if _, err := s.get(textKey(p.ID, part)); err != nil {
			return fmt.Errorf("its text is not there: %w", err)
		}
	}
	if p.TextParts == 0 {
		return errors.New("it has no text")
	}
	return nil
}
