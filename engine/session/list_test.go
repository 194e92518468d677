package session

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"
)

// Pages follow each other without a gap and without anything twice, whatever is used in what order.
func TestTheListByPages(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	fs := vfs.NewMem()
	s := open(t, func(o *Options) { o.Dir, o.FS, o.Now = "x", fs, func() time.Time { return now } })
	rng := rand.New(rand.NewPCG(1, 5))
	for i := range 120 {
		must[Meta](t)(s.Create(Meta{ID: fmt.Sprint("s", i), Workspace: fmt.Sprint("w", i%3), Title: fmt.Sprint("Title ", i)}))
	}
	for range 400 {
		now = now.Add(time.Duration(rng.IntN(40)) * time.Second)
		must[[]Event](t)(s.Write(fmt.Sprint("s", rng.IntN(120)), Change{Events: []Event{say("x")}}))
	}
	for _, id := range []string{"s3", "s60"} {
		must[[]Event](t)(s.Write(id, Change{Meta: func(m *Meta) { m.Pinned = true }}))
	}
	must[[]Event](t)(s.Write("s7", Change{Meta: func(m *Meta) { m.Hidden = true }}))
	must[Meta](t)(s.Create(Meta{ID: "hidden", Hidden: true, Workspace: "w0"}))
	must[[]Event](t)(s.Write("s8", Change{Meta: func(m *Meta) { m.Hidden = true }}))
	must[[]Event](t)(s.Write("s8", Change{Meta: func(m *Meta) { m.Hidden = false }}))
	if err := s.Delete("s60"); err != nil {
		t.Fatal(err)
	}
	must[[]Event](t)(s.Write("s4", Change{Meta: func(m *Meta) { m.Workspace = "w9" }}))
	for range 2 {
		want := slices.DeleteFunc(must[[]Meta](t)(s.List("")), func(m Meta) bool { return m.Hidden })
		for _, limit := range []int{1, 7, 50, 1000} {
			var got []Meta
			for q := (Query{Limit: limit}); ; q.After = &got[len(got)-1] {
				page := must[[]Meta](t)(s.Page(q))
				if len(page) == 0 {
					break
				}
				if len(page) > limit {
					t.Fatalf("a page of %d has %d", limit, len(page))
				}
				got = append(got, page...)
			}
			if !slices.EqualFunc(got, want, func(a, b Meta) bool { return reflect.DeepEqual(a, b) }) {
				t.Fatalf("pages of %d: %d sessions, want %d", limit, len(got), len(want))
			}
		}
		if found := must[[]Meta](t)(s.Page(Query{Limit: 99, Title: "TITLE 11"})); len(found) != 11 {
			t.Errorf("found %d", len(found))
		}
		if pinned := must[[]Meta](t)(s.Pinned()); len(pinned) != 1 || pinned[0].ID != "s3" {
			t.Errorf("pinned %+v", pinned)
		}
		total, by := s.Count()
		if total != 118 || by["w0"] != 39 || by["w1"] != 38 || by["w2"] != 40 || by["w9"] != 1 {
			t.Errorf("%d sessions, %v", total, by)
		}
		if _, err := s.Create(Meta{ID: "s1"}); !errors.Is(err, ErrExists) {
			t.Errorf("made twice: %v", err)
		}
		s = reopen(t, s)
	}
}

// Many stored sessions cost next to nothing in memory.
func TestStoredSessionsCostNoMemory(t *testing.T) {
	s := open(t, nil)
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc) + s.MemoryBytes()
	}
	before := heap()
	b := s.db.NewBatch()
	for i := range 10_000 {
		m := Meta{ID: fmt.Sprintf("session%08d", i), User: "owner", Workspace: "shop", Agent: "claude", Title: strings.Repeat("t", 60), Updated: time.Unix(int64(i)*100, 0)}
		if err := errors.Join(index(b, nil, &m), put(b, metaKey(m.ID), m)); err != nil {
			t.Fatal(err)
		}
		s.counts.add(m.Workspace, 1)
	}
	if err := s.commit(b); err != nil {
		t.Fatal(err)
	}
	// A batch of this size is held until it is in a table, which Pebble writes in its own time.
	if err := s.db.current.Load().Flush(); err != nil {
		t.Fatal(err)
	}
	if page := must[[]Meta](t)(s.Page(Query{Limit: 200})); len(page) != 200 {
		t.Errorf("%d", len(page))
	}
	after := heap()
	t.Logf("10,000 stored sessions: %d KB", (after-before)>>10)
	// The cache and the tables being written are there without any session, up to their bounds; only what
	// is beyond them is the sessions'.
	bounds := s.options.CacheBytes + 2*s.options.MemTableBytes
	if grown := after - before - bounds; grown > 2<<20 {
		t.Errorf("10,000 stored sessions add %d KB", grown>>10)
	}
}

// A prompt can be moved between the same two again and again.
func TestTheLineNeverRunsOutOfPlaces(t *testing.T) {
	s := open(t, nil)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	var line []string
	for i := range 6 {
		id := fmt.Sprint("p", i)
		must[[]Event](t)(s.Write("a", Change{Put: []Prompt{{ID: id, Session: "a", User: "u", Text: strings.Repeat("x", 200<<10)}}}))
		line = append(line, id)
	}
	rng := rand.New(rand.NewPCG(1, 6))
	for n := range 300 {
		moved, before := 0, 0
		if n < 150 { // always just before the last: the gap halves each time
			moved, before = len(line)-3, len(line)-1
		} else {
			for moved == before {
				moved, before = rng.IntN(len(line)), rng.IntN(len(line))
			}
		}
		id, target := line[moved], line[before]
		if err := s.Reorder(id, target); err != nil {
			t.Fatal(err)
		}
		line = slices.Delete(line, moved, moved+1)
		line = slices.Insert(line, slices.Index(line, target), id)
		var got []string
		for _, p := range must[[]Prompt](t)(s.Prompts()) {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, line) {
			t.Fatalf("move %d: %v, want %v", n, got, line)
		}
	}
	// A prompt that is written keeps its place, and without a text also that.
	p := must[Prompt](t)(s.Prompt(line[2]))
	text := p.Text
	p.Text, p.Running, p.Order = "", true, 1
	must[[]Event](t)(s.Write("a", Change{Put: []Prompt{p}}))
	if got := must[Prompt](t)(s.Prompt(p.ID)); !got.Running || got.Text != text {
		t.Errorf("%d bytes of text, %+v", len(got.Text), got.Running)
	}
	p.Text = "short"
	must[[]Event](t)(s.Write("a", Change{Put: []Prompt{p}}))
	if got := must[Prompt](t)(s.Prompt(p.ID)); got.Text != "short" {
		t.Errorf("%d bytes of text", len(got.Text))
	}
	must[[]Event](t)(s.Write("a", Change{Remove: line}))
	for _, prefix := range []string{"o/", "p/", "t/"} {
		if err := s.values(prefix); err != nil {
			t.Error(err)
		}
	}
}

// values is an error when there is anything below a prefix.
func (s *Store) values(prefix string) error {
	at, err := s.Snapshot()
	if err != nil {
		return err
	}
	defer at.Close()
	return at.values(prefix, func(name string, _ []byte) error { return fmt.Errorf("%s%q is left", prefix, name) })
}
