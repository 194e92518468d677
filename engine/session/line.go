package session

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble"
)

// The line of prompts. A prompt is stored in three pieces that change for different reasons: the prompt,
// its place in line, and its text, which alone is large. So the line is read and rearranged without reading
// what people wrote.

// line gives out places in it.
type line struct {
	sync.Mutex
	last int64 // place given out last
}

// spacing leaves room between prompts for others to be moved in.
const spacing = 1 << 20

func (l *line) next() int64 {
	l.Lock()
	defer l.Unlock()
	l.last += spacing
	return l.last
}

// reach makes sure that places given out later are behind one.
func (l *line) reach(place int64) {
	l.Lock()
	defer l.Unlock()
	l.last = max(l.last, place)
}

// Prompt reads a prompt that waits or runs, with its text.
func (s *Store) Prompt(id string) (Prompt, error) {
	p, err := s.promptAlone(id)
	if err != nil {
		return p, fmt.Errorf("prompt %s: %w", id, err)
	}
	place, err := s.get(placeKey(id))
	if err != nil {
		return p, fmt.Errorf("place in line of prompt %s: %w", id, err)
	}
	p.Order = orderOf(place)
	if p.Text, err = textIn(s.db, id); err != nil {
		return p, fmt.Errorf("text of prompt %s: %w", id, s.noticed(err))
	}
	return p, nil
}

// promptAlone reads a prompt without its text and place.
func (s *Store) promptAlone(id string) (p Prompt, err error) {
	raw, err := s.get(promptKey(id))
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	return p, err
}

// textIn puts a prompt's text together.
func textIn(src readSource, id string) (string, error) {
	prefix := textPrefix(id)
	it, err := src.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return "", err
	}
	defer func() { _ = it.Close() }()
	var b []byte
	for ok := it.First(); ok; ok = it.Next() {
		b = append(b, it.Value()...)
	}
	return string(b), it.Error()
}

// Prompts reads all prompts that wait or run, without their texts, in the order of the line.
func (s *Store) Prompts() ([]Prompt, error) {
	return promptsIn(s.db)
}

func promptsIn(src readSource) ([]Prompt, error) {
	it, err := src.NewIter(&pebble.IterOptions{LowerBound: []byte("o/"), UpperBound: after([]byte("p/"))})
	if err != nil {
		return nil, fmt.Errorf("read the line of prompts: %w", err)
	}
	defer func() { _ = it.Close() }()
	places := map[string]int64{}
	var all []Prompt
	for ok := it.First(); ok; ok = it.Next() {
		id := string(it.Key()[len("o/"):])
		if it.Key()[0] == 'o' {
			places[id] = orderOf(it.Value())
			continue
		}
		var p Prompt
		if err := json.Unmarshal(it.Value(), &p); err != nil {
			return nil, fmt.Errorf("read prompt %s: %w", id, err)
		}
		p.Order = places[id]
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Prompt) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	return all, it.Error()
}

// putPrompt stores a prompt. A new one goes to the end of the line; one that is there keeps its place, and
// without a Text also its text.
func (s *Store) putPrompt(b *pebble.Batch, p Prompt) error {
	old, err := s.promptAlone(p.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		if err := setPlace(b, p.ID, s.line.next()); err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("prompt %s: %w", p.ID, err)
	}
	if p.TextParts = old.TextParts; p.Text != "" || err != nil {
		if p.TextParts, err = putText(b, p.ID, p.Text, old.TextParts); err != nil {
			return err
		}
	}
	p.Text, p.Order = "", 0
	return put(b, promptKey(p.ID), p)
}

// putText stores a text in place of one that had so many parts.
func putText(b *pebble.Batch, id, text string, before int) (parts int, err error) {
	for ; len(text) > 0; parts++ {
		n := min(len(text), maxValue)
		if err := b.Set(textKey(id, parts), []byte(text[:n]), nil); err != nil {
			return 0, err
		}
		text = text[n:]
	}
	for part := parts; part < before; part++ {
		if err := b.Delete(textKey(id, part), nil); err != nil {
			return 0, err
		}
	}
	return parts, nil
}

func textKey(id string, part int) []byte {
	return binary.BigEndian.AppendUint16(textPrefix(id), uint16(part))
}

// removePrompt deletes a prompt; one that is gone already is no error.
func (s *Store) removePrompt(b *pebble.Batch, id string) error {
	old, err := s.promptAlone(id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("prompt %s: %w", id, err)
	}
	for part := range old.TextParts {
		if err := b.Delete(textKey(id, part), nil); err != nil {
			return err
		}
	}
	return errors.Join(b.Delete(placeKey(id), nil), b.Delete(promptKey(id), nil))
}

func setPlace(b *pebble.Batch, id string, order int64) error {
	return b.Set(placeKey(id), binary.BigEndian.AppendUint64(nil, uint64(order)), nil)
}

func orderOf(value []byte) int64 {
	if len(value) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(value))
}

// Reorder moves a prompt before another of the same user, or to the end of the line when before is empty.
func (s *Store) Reorder(id, before string) error {
	moved, err := s.promptAlone(id)
	if err != nil {
		return fmt.Errorf("prompt %s: %w", id, err)
	}
	unlock := s.writers.lock(moved.Session) // so that it is not removed meanwhile
	defer unlock()
	if err := s.ready(false); err != nil {
		return err
	}
	if before == "" {
		return s.place(id, s.line.next())
	}
	s.line.Lock()
	defer s.line.Unlock()
	all, err := s.Prompts()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(p Prompt) bool { return p.ID == id }); i >= 0 {
		moved = all[i]
		all = slices.Delete(all, i, i+1)
	} else {
		return fmt.Errorf("prompt %s: %w", id, ErrNotFound)
	}
	at := slices.IndexFunc(all, func(p Prompt) bool { return p.ID == before && p.User == moved.User })
	if at < 0 {
		return fmt.Errorf("prompt %s of the same user: %w", before, ErrNotFound)
	}
	if order, fits := between(all, at); fits {
		return s.place(id, order)
	}
	return s.renumber(slices.Insert(all, at, moved))
}

// between is a place before the prompt at an index and behind the one before that, if there is one.
func between(all []Prompt, at int) (order int64, fits bool) {
	high, low := all[at].Order, all[at].Order-2*spacing
	if at > 0 {
		low = all[at-1].Order
	}
	order = low + (high-low)/2
	return order, low < order && order < high
}

// renumber gives prompts that have come too close to each other places with room between, without going
// behind the last: somebody may be about to take the place behind that.
func (s *Store) renumber(all []Prompt) error {
	last := int64(0)
	for _, p := range all {
		last = max(last, p.Order)
	}
	b := s.db.NewBatch()
	for i, p := range all {
		if err := setPlace(b, p.ID, last-int64(len(all)-1-i)*spacing); err != nil {
			return err
		}
	}
	return s.commit(b)
}

func (s *Store) place(id string, order int64) error {
	b := s.db.NewBatch()
	if err := setPlace(b, id, order); err != nil {
		return err
	}
	return s.commit(b)
}

// tidyLine finds out where the line ends, and removes places of prompts that are gone: one that was moved
// in the moment in which another's moving renumbered the line leaves its place behind.
func (s *Store) tidyLine() error {
	all, err := s.Prompts()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range all {
		known[p.ID] = true
		s.line.reach(p.Order)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte("o/"), UpperBound: after([]byte("o/"))})
	if err != nil {
		return fmt.Errorf("read the line of prompts: %w", err)
	}
	defer func() { _ = it.Close() }()
	for ok := it.First(); ok; ok = it.Next() {
		if id := bytes.TrimPrefix(it.Key(), []byte("o/")); !known[string(id)] {
			if err := s.db.Delete(it.Key(), pebble.NoSync); err != nil {
				return fmt.Errorf("tidy the line of prompts: %w", err)
			}
		}
	}
	return it.Error()
}
