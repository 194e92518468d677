package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"
)

func open(t testing.TB, change func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: t.TempDir(), MaxActive: 2, ActiveBytes: 2 << 10}
	if change != nil {
		change(&o)
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func say(text string) Event {
	data, _ := json.Marshal(map[string]string{"text": text})
	return Event{Type: "message", Data: data}
}

func TestEventJSONIsFlatAndComesBack(t *testing.T) {
	e := Event{Seq: 7, Type: "message", Time: time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC), Data: json.RawMessage(`{"text":"a","n":1}`)}
	b := must[[]byte](t)(json.Marshal(e))
	if want := `{"seq":7,"type":"message","time":"2026-01-02T03:04:05.0000006Z","text":"a","n":1}`; string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	var back Event
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Seq != 7 || back.Type != "message" || !back.Time.Equal(e.Time) || string(back.Data) != `{"text":"a","n":1}` {
		t.Errorf("came back as %+v %s", back, back.Data)
	}
	if parsed, ok := ParseLine(b); !ok || parsed.Seq != 7 || !parsed.Time.Equal(e.Time) || string(parsed.Data) != string(e.Data) {
		t.Errorf("parsed as %+v", parsed)
	}
	for _, other := range []string{
		`{"text":"a","seq":7,"type":"message","time":"2026-01-02T03:04:05Z"}`, `{"seq":7,"type":"message","n":1,"time":"2026-01-02T03:04:05Z"}`,
		`{"seq":7,"type":"message","time":"2026-01-02T03:04:05Z","n":}`, `{"seq":x,"type":"message","time":"2026-01-02T03:04:05Z"}`, `[]`, ``,
	} {
		if parsed, ok := ParseLine([]byte(other)); ok {
			t.Errorf("%s was parsed as %+v", other, parsed)
		}
	}
	e.Data = json.RawMessage(`{}`)
	if b := must[[]byte](t)(json.Marshal(e)); !json.Valid(b) {
		t.Errorf("without fields: %s", b)
	}
	e.Data = json.RawMessage(`[1]`)
	if _, err := json.Marshal(e); err == nil {
		t.Error("data that is no object was written")
	}
}

func TestEverythingIsThereAfterReopening(t *testing.T) {
	dir := t.TempDir()
	s := must[*Store](t)(Open(Options{Dir: dir}))
	must[Meta](t)(s.Create(Meta{ID: "a", User: "u", Title: "one"}))
	must[[]Event](t)(s.Write("a", Change{
		Events: []Event{say("x"), say("y")},
		Put:    []Prompt{{ID: "p1", Session: "a", Text: "do"}, {ID: "p2", Session: "a"}},
		Meta:   func(m *Meta) { m.Turns = 3 },
	}))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, func(o *Options) { o.Dir = dir })
	m := must[Meta](t)(s.Get("a"))
	if m.LastSeq != 2 || m.Turns != 3 || m.Title != "one" || m.HistoryBytes == 0 {
		t.Errorf("meta %+v", m)
	}
	events := must[[]Event](t)(s.Events("a", 0, 10, 1<<20))
	if len(events) != 2 || events[1].Seq != 2 || string(events[1].Data) != `{"text":"y"}` {
		t.Errorf("events %v", events)
	}
	prompts := must[[]Prompt](t)(s.Prompts())
	if len(prompts) != 2 || prompts[0].ID != "p1" || prompts[0].Text != "" {
		t.Errorf("prompts %+v", prompts)
	}
	if p := must[Prompt](t)(s.Prompt("p1")); p.Text != "do" || p.Order != prompts[0].Order {
		t.Errorf("prompt %+v", p)
	}
	must[[]Event](t)(s.Write("a", Change{Put: []Prompt{{ID: "p3", Session: "a"}}, Remove: []string{"p1"}}))
	if prompts := must[[]Prompt](t)(s.Prompts()); len(prompts) != 2 || prompts[1].ID != "p3" {
		t.Errorf("a prompt stored after reopening stands at %+v", prompts)
	}
}

func TestUnknownThingsAreNotFound(t *testing.T) {
	s := open(t, nil)
	_, err1 := s.Get("x")
	_, err2 := s.Events("x", 0, 1, 1)
	_, err3 := s.Write("x", Change{})
	_, err4 := s.Prompt("x")
	_, err5 := s.Before("x", 9, 1, 1)
	for i, err := range []error{err1, err2, err3, err4, err5, s.Delete("x"), s.Reorder("x", ""), s.Stream(context.Background(), "x", 0, nil)} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func TestPages(t *testing.T) {
	s := open(t, nil)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	for i := range 300 {
		must[[]Event](t)(s.Write("a", Change{Events: []Event{say(fmt.Sprint(i))}}))
	}
	seqs := func(events []Event) string {
		var all []string
		for _, e := range events {
			all = append(all, fmt.Sprint(e.Seq))
		}
		return strings.Join(all, " ")
	}
	for _, tc := range []struct {
		got  []Event
		want string
	}{
		{must[[]Event](t)(s.Events("a", 0, 3, 1<<20)), "1 2 3"},
		{must[[]Event](t)(s.Events("a", 298, 9, 1<<20)), "299 300"},
		{must[[]Event](t)(s.Events("a", 300, 9, 1<<20)), ""},
		{must[[]Event](t)(s.Events("a", 5, 9, 1)), "6"},
		{must[[]Event](t)(s.Events("a", 297, 9, 30)), "298 299"},
		{must[[]Event](t)(s.Before("a", 4, 2, 1<<20)), "2 3"},
		{must[[]Event](t)(s.Before("a", 301, 1, 1<<20)), "300"},
		{must[[]Event](t)(s.Before("a", 1, 5, 1<<20)), ""},
	} {
		if got := seqs(tc.got); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
	n := int64(0)
	err := s.Stream(context.Background(), "a", 100, func(e Event) error {
		n++
		if e.Seq != 100+n {
			t.Errorf("event %d came as number %d", e.Seq, n)
		}
		return nil
	})
	if err != nil || n != 200 {
		t.Errorf("streamed %d, %v", n, err)
	}
	stop := errors.New("enough")
	if err := s.Stream(context.Background(), "a", 0, func(Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("a stream that is stopped says %v", err)
	}
}

func TestReorder(t *testing.T) {
	s := open(t, nil)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	for _, id := range []string{"p1", "p2", "p3"} {
		must[[]Event](t)(s.Write("a", Change{Put: []Prompt{{ID: id, Session: "a", User: "u"}}}))
	}
	must[[]Event](t)(s.Write("a", Change{Put: []Prompt{{ID: "q1", Session: "a", User: "v"}}}))
	line := func() string {
		var ids []string
		for _, p := range must[[]Prompt](t)(s.Prompts()) {
			ids = append(ids, p.ID)
		}
		return strings.Join(ids, " ")
	}
	for _, step := range []struct{ id, before, want string }{
		{"p3", "p1", "p3 p1 p2 q1"}, {"p3", "p2", "p1 p3 p2 q1"}, {"p1", "", "p3 p2 q1 p1"},
	} {
		if err := s.Reorder(step.id, step.before); err != nil || line() != step.want {
			t.Errorf("%s before %q: %q, %v; want %q", step.id, step.before, line(), err, step.want)
		}
	}
	if err := s.Reorder("p3", "q1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("moved before another user's prompt: %v", err)
	}
}

func TestDeleteTakesTheLogAndThePromptsAlong(t *testing.T) {
	s := open(t, nil)
	for _, id := range []string{"a", "ab"} {
		must[Meta](t)(s.Create(Meta{ID: id}))
		must[[]Event](t)(s.Write(id, Change{Events: []Event{say("x")}, Put: []Prompt{{ID: "p" + id, Session: id}}}))
	}
	if err := s.Delete("a"); err != nil {
		t.Fatal(err)
	}
	if all := must[[]Meta](t)(s.List("")); len(all) != 1 || all[0].ID != "ab" {
		t.Errorf("left: %+v", all)
	}
	if p := must[[]Prompt](t)(s.Prompts()); len(p) != 1 || p[0].ID != "pab" {
		t.Errorf("left: %+v", p)
	}
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	if e := must[[]Event](t)(s.Events("a", 0, 9, 99)); len(e) != 0 {
		t.Errorf("the old log came back: %v", e)
	}
}

func TestActiveContextIsBounded(t *testing.T) {
	s := open(t, nil)
	for _, id := range []string{"a", "b", "c"} {
		must[Meta](t)(s.Create(Meta{ID: id}))
		for range 50 {
			must[[]Event](t)(s.Write(id, Change{Events: []Event{say(strings.Repeat("x", 100))}}))
		}
	}
	n, bytes := s.Active()
	if n != 2 || bytes > 2*2<<10 || bytes == 0 {
		t.Errorf("%d sessions, %d bytes", n, bytes)
	}
	if freed := s.DropContexts(0); freed != bytes {
		t.Errorf("freed %d of %d", freed, bytes)
	}
	if e := must[[]Event](t)(s.Events("c", 0, 99, 1<<20)); len(e) != 50 {
		t.Errorf("%d events left without a context", len(e))
	}
}

func TestWhatIsKeptMayBeLong(t *testing.T) {
	s := open(t, nil)
	var got string
	if err := s.Kept("x", &got); !errors.Is(err, ErrNotFound) {
		t.Errorf("nothing kept: %v", err)
	}
	for _, n := range []int{10, 3 * maxValue, maxValue - 2, maxValue - 1, 0, 2 * maxValue} {
		want := strings.Repeat("k", n)
		if err := errors.Join(s.Keep("x", want), s.Keep("x/y", "other")); err != nil {
			t.Fatal(err)
		}
		if err := s.Kept("x", &got); err != nil || got != want {
			t.Errorf("kept %d bytes, got %d, %v", n, len(got), err)
		}
		checkSizes(t, s)
	}
}

func TestANewerStoreIsRefused(t *testing.T) {
	fs := vfs.NewMem()
	s := must[*Store](t)(Open(Options{Dir: "x", FS: fs}))
	if err := s.db.Set([]byte(formatKey), []byte("99"), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: "x", FS: fs}); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "99") {
		t.Errorf("got %v", err)
	}
}

func TestASecondServerOnTheFolderIsToldSo(t *testing.T) {
	s := open(t, nil)
	_, err := Open(Options{Dir: s.options.Dir})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), filepath.Base(s.options.Dir)) {
		t.Errorf("got %v", err)
	}
}

func TestWritersOfOneSessionLeaveNoGap(t *testing.T) {
	s := open(t, nil)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	must[Meta](t)(s.Create(Meta{ID: "b"}))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				if _, err := s.Write([]string{"a", "b"}[w%2], Change{Events: []Event{say(fmt.Sprint(w, " ", i))}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, id := range []string{"a", "b"} {
		events := must[[]Event](t)(s.Events(id, 0, 1000, 1<<20))
		next := map[string]int{} // writer -> what he writes next
		for i, e := range events {
			var said struct{ Text string }
			if err := json.Unmarshal(e.Data, &said); err != nil {
				t.Fatal(err)
			}
			w, n, _ := strings.Cut(said.Text, " ")
			if e.Seq != int64(i+1) || n != fmt.Sprint(next[w]) {
				t.Fatalf("event %d of %s is number %s of writer %s, want %d", e.Seq, id, n, w, next[w])
			}
			next[w]++
		}
		if len(events) != 100 {
			t.Errorf("%s has %d events", id, len(events))
		}
	}
	if len(s.writers.all) != 0 {
		t.Errorf("%d locks are left", len(s.writers.all))
	}
}

func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"seq":1,"type":"a","time":"2026-01-02T03:04:05Z","x":{"y":[1,2]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var e Event
		if json.Unmarshal(data, &e) != nil {
			return
		}
		out, err := json.Marshal(e)
		if err != nil {
			return // such as a year that RFC 3339 cannot write
		}
		var again Event
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%s was written as %s, which cannot be read: %v", data, out, err)
		}
		if again.Seq != e.Seq || again.Type != e.Type || string(again.Data) != string(e.Data) {
			t.Fatalf("%s came back as %+v", data, again)
		}
	})
}
