package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble"
)

// copyFolder copies testdata, which must stay as it is.
func copyFolder(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// testdata/v1 was written by the version before: two sessions, an event of 200 KB, two prompts, one of them
// moved before the other and one of 140 KB, and something that was kept.
func TestAStoreOfVersion1IsBroughtUpToDate(t *testing.T) {
	dir := copyFolder(t, "testdata/v1")
	for _, when := range []string{"at once", "after reopening"} {
		s := open(t, func(o *Options) { o.Dir = dir })
		checkVersion1(t, when, s)
		checkSizes(t, s)
		if v := must[int](t)(s.version()); v != formatVersion {
			t.Errorf("%s: version %d", when, v)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func checkVersion1(t *testing.T, when string, s *Store) {
	t.Helper()
	events := must[[]Event](t)(s.Events("a", 0, 100, 1<<20))
	if len(events) != 7 || string(events[1].Data) != `{"text":"short 1 \u003cb\u003e"}` || string(events[6].Data) != `{"text":"last"}` {
		t.Errorf("%s: %d events", when, len(events))
	}
	if want := fmt.Sprintf(`{"text":%q}`, strings.Repeat("long ", 40000)); string(events[5].Data) != want {
		t.Errorf("%s: the long event has %d bytes, want %d", when, len(events[5].Data), len(want))
	}
	line := must[[]Prompt](t)(s.Prompts())
	if len(line) != 2 || line[0].ID != "p2" || line[1].ID != "p1" {
		t.Errorf("%s: line %+v", when, line)
	}
	if p := must[Prompt](t)(s.Prompt("p1")); p.Text != strings.Repeat("please ", 20000) {
		t.Errorf("%s: the long prompt has %d bytes", when, len(p.Text))
	}
	page := must[[]Meta](t)(s.Page(Query{Limit: 10}))
	if len(page) != 2 || page[0].ID != "b" || page[1].ID != "a" {
		t.Errorf("%s: list %+v", when, page)
	}
	var kept map[string]int
	if err := s.Kept("governor/learned", &kept); err != nil || kept["x"] != 1 {
		t.Errorf("%s: kept %v, %v", when, kept, err)
	}
}

// checkSizes makes sure that nothing in the store is larger than it may be.
func checkSizes(t testing.TB, s *Store) {
	t.Helper()
	it := must[*iterator](t)(s.db.NewIter(nil))
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if len(it.Value()) > maxValue {
			t.Errorf("%q has %d bytes", it.Key(), len(it.Value()))
		}
	}
}

// A migration that is cut short after any batch is done again at the next start, with the same result.
func TestAMigrationMayBeCutShort(t *testing.T) {
	for batches := range 6 {
		dir := copyFolder(t, "testdata/v1")
		o := Options{Dir: dir}
		o.setDefaults()
		s := newStoreOf(o)
		if err := s.db.open(); err != nil {
			t.Fatal(err)
		}
		left := batches
		for _, prefix := range []string{"p/", "s/", "e/"} {
			err := s.rewrite([]byte(prefix), func(b *pebble.Batch, key, value []byte) error {
				if left--; left < 0 {
					return errStop
				}
				switch {
				case bytes.HasPrefix(key, []byte("p/")):
					return splitPrompt(b, key, value)
				case bytes.HasPrefix(key, []byte("e/")) && len(value) > maxValue:
					return setEvent(b, key, value)
				}
				return nil
			})
			if err != nil && left >= 0 {
				t.Fatal(err)
			}
		}
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, func(o *Options) { o.Dir = dir })
		checkVersion1(t, fmt.Sprint("after ", batches, " values"), again)
	}
}

var errStop = fmt.Errorf("stop")

// Events of all sizes round the size of a part come back as they were, whichever way they are read.
func TestLargeEventsAreStoredInParts(t *testing.T) {
	s := open(t, nil)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	var want []string
	for _, n := range []int{1, maxValue - 100, maxValue - 80, maxValue - 70, maxValue - 60, maxValue, maxValue + 1, 2 * maxValue, 5*maxValue + 7, 3} {
		text := strings.Repeat("x", n)
		want = append(want, text)
		must[[]Event](t)(s.Write("a", Change{Events: []Event{say(text)}}))
	}
	s.DropContexts(0)
	checkSizes(t, s)
	same := func(how string, got []Event, want []string) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d events, want %d", how, len(got), len(want))
		}
		for i, e := range got {
			if string(e.Data) != fmt.Sprintf(`{"text":%q}`, want[i]) {
				t.Errorf("%s: event %d has %d bytes, want %d", how, e.Seq, len(e.Data), len(want[i]))
			}
		}
	}
	same("forward", must[[]Event](t)(s.Events("a", 0, 100, 1<<30)), want)
	same("from the middle", must[[]Event](t)(s.Events("a", 8, 100, 1<<30)), want[8:])
	same("backward", must[[]Event](t)(s.Before("a", 1<<40, 100, 1<<30)), want)
	same("backward from the middle", must[[]Event](t)(s.Before("a", 9, 2, 1<<30)), want[6:8])
	var lines bytes.Buffer
	if err := s.WriteLines(t.Context(), "a", 0, &lines); err != nil {
		t.Fatal(err)
	}
	events := must[[]Event](t)(s.Events("a", 0, 100, 1<<30))
	for i, line := range strings.Split(strings.TrimSpace(lines.String()), "\n") {
		if flat := must[[]byte](t)(events[i].MarshalJSON()); line != string(flat) {
			t.Errorf("line %d is %.80s, want %.80s", i, line, flat)
		}
	}
}

// An entry that lost a part, or is not what it should be, is replaced by a word on that; what stands before
// and behind it is read as ever.
func TestWhatCannotBeReadDoesNotHideTheRest(t *testing.T) {
	s := open(t, nil)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	for _, text := range []string{"one", strings.Repeat("x", 3*maxValue), "three", "four", "five"} {
		must[[]Event](t)(s.Write("a", Change{Events: []Event{say(text)}}))
	}
	s.DropContexts(0)
	for _, err := range []error{
		s.db.Delete(partKey(eventKey("a", 2), 1), pebble.Sync),
		s.db.Set(eventKey("a", 3), []byte(`{"type":"x"`), pebble.Sync),
		s.db.Delete(eventKey("a", 5), pebble.Sync),
		s.db.Set(partKey(eventKey("a", 5), 1), []byte("stray"), pebble.Sync),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	tell := func(events []Event) string {
		var all []string
		for _, e := range events {
			all = append(all, fmt.Sprintf("%d %s", e.Seq, e.Type))
		}
		return strings.Join(all, ", ")
	}
	want := "1 message, 2 notice, 3 notice, 4 message"
	if got := tell(must[[]Event](t)(s.Events("a", 0, 9, 1<<30))); got != want {
		t.Errorf("forward: %s", got)
	}
	if got := tell(must[[]Event](t)(s.Before("a", 9, 9, 1<<30))); got != want {
		t.Errorf("backward: %s", got)
	}
	var lines bytes.Buffer
	if err := s.WriteLines(t.Context(), "a", 0, &lines); err != nil || strings.Count(lines.String(), "notice") != 2 || strings.Count(lines.String(), "\n") != 4 {
		t.Errorf("as lines: %v %s", err, lines.String())
	}
}

func FuzzValue(f *testing.F) {
	f.Add([]byte(`{"type":"a","time":"2026-01-02T03:04:05Z","data":{"x":1}}`))
	f.Add([]byte(`{"type":"a\"b","time":"","data":{}}`))
	f.Add([]byte("\x01\x80\x80\x04{"))
	f.Fuzz(func(t *testing.T, value []byte) {
		if total, begins, ok := beginParts(value); ok && (total < 0 || len(begins) > len(value)) {
			t.Fatalf("%q begins %d bytes with %d", value, total, len(begins))
		}
		e, err := decode(7, value)
		if err != nil {
			return
		}
		line, err := appendLine(nil, 7, value)
		if err != nil {
			t.Fatalf("%q can be decoded but not cut: %v", value, err)
		}
		again, ok := ParseLine(line)
		if !ok || again.Seq != 7 || again.Type != e.Type || !again.Time.Equal(e.Time) || string(again.Data) != string(e.Data) {
			t.Fatalf("%q became the line %q, and that %+v", value, line, again)
		}
	})
}
