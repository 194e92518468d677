package session

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"
)

// model is the store as simply as it can be said.
type model struct {
	sessions map[string]*modelSession
	line     []string          // of prompts
	texts    map[string]string // prompt -> text
	owners   map[string]string // prompt -> session
	kept     map[string]string
}

type modelSession struct {
	log       []string
	pinned    bool
	updated   time.Time
	shortened int
}

// Random operations do the same to the store as to a model of it, reopened now and then. A failure names its
// seed: CODER1_TEST_SEED=N runs that alone.
func TestAgainstAModel(t *testing.T) {
	first, n := uint64(0), uint64(soak(15, 2000))
	if seed, err := strconv.ParseUint(os.Getenv("CODER1_TEST_SEED"), 10, 64); err == nil {
		first, n = seed, 1
	}
	for seed := first; seed < first+n; seed++ {
		walk(t, seed, 120)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

type walker struct {
	*testing.T
	rng  *rand.Rand
	o    Options
	s    *Store
	m    model
	now  time.Time
	next int
}

func walk(t *testing.T, seed uint64, steps int) {
	w := &walker{T: t, rng: rand.New(rand.NewPCG(seed, 2)), now: time.Unix(1e9, 0).UTC(), m: model{
		sessions: map[string]*modelSession{}, texts: map[string]string{}, owners: map[string]string{}, kept: map[string]string{},
	}}
	w.o = Options{Dir: "x", FS: vfs.NewMem(), MaxActive: 2, ActiveBytes: 500, MemTableBytes: 128 << 10, Now: func() time.Time { return w.now }}
	w.s = must[*Store](t)(Open(w.o))
	for range steps {
		w.now = w.now.Add(time.Duration(w.rng.IntN(50)) * time.Second)
		w.step()
		w.compare()
		if t.Failed() {
			break
		}
	}
	w.ok(w.s.Close())
}

func (w *walker) ok(err error) {
	w.Helper()
	if err != nil {
		w.Error(err)
	}
}

func (w *walker) step() {
	id := []string{"a", "ab", "b", "c"}[w.rng.IntN(4)]
	ms := w.m.sessions[id]
	switch op := w.rng.IntN(24); {
	case op == 0:
		w.ok(w.s.Close())
		w.s = must[*Store](w.T)(Open(w.o))
	case op == 1:
		w.s.DropContexts(w.rng.IntN(2))
	case op == 2:
		w.keep()
	case op == 3 && len(w.m.line) > 1:
		w.move()
	case op == 4 && len(w.m.line) > 0:
		w.unline(w.m.line[w.rng.IntN(len(w.m.line))])
	case ms == nil:
		must[Meta](w.T)(w.s.Create(Meta{ID: id, User: "u"}))
		w.m.sessions[id] = &modelSession{updated: w.now}
	case op == 5:
		w.delete(id)
	case op == 6:
		ms.pinned = !ms.pinned
		must[[]Event](w.T)(w.s.Write(id, Change{Meta: func(m *Meta) { m.Pinned = ms.pinned }}))
	case op == 7:
		w.shorten(id, ms)
	default:
		w.write(id, ms)
	}
}

// text is short mostly, and now and then of a size about which parts begin.
func (w *walker) text() string {
	w.next++
	text := fmt.Sprint("e", w.next, " ")
	if w.rng.IntN(40) == 0 {
		text += strings.Repeat("z", w.rng.IntN(3)*maxValue+w.rng.IntN(200)-100+100)
	}
	return text
}

func (w *walker) write(id string, ms *modelSession) {
	c := Change{}
	for range w.rng.IntN(4) {
		text := w.text()
		c.Events = append(c.Events, say(text))
		ms.log = append(ms.log, text)
		ms.updated = w.now
	}
	if w.rng.IntN(3) == 0 {
		p := Prompt{ID: fmt.Sprint("p", w.next), Session: id, User: "u", Text: w.text()}
		if len(w.m.line) > 0 && w.rng.IntN(2) == 0 { // one that is there: edited, or only marked
			p.ID = w.m.line[w.rng.IntN(len(w.m.line))]
			p.Session = w.m.owners[p.ID]
			p.Running = true
			if w.rng.IntN(2) == 0 {
				p.Text = ""
			}
		} else {
			w.m.line = append(w.m.line, p.ID)
			w.m.owners[p.ID] = id
		}
		if p.Text != "" {
			w.m.texts[p.ID] = p.Text
		}
		c.Put = []Prompt{p}
	}
	must[[]Event](w.T)(w.s.Write(id, c))
}

func (w *walker) unline(p string) {
	must[[]Event](w.T)(w.s.Write(w.m.owners[p], Change{Remove: []string{p}}))
	w.m.forget(p)
}

func (m *model) forget(p string) {
	m.line = slices.DeleteFunc(m.line, func(q string) bool { return q == p })
	delete(m.texts, p)
	delete(m.owners, p)
}

func (w *walker) delete(id string) {
	w.ok(w.s.Delete(id))
	delete(w.m.sessions, id)
	for _, p := range slices.Clone(w.m.line) {
		if w.m.owners[p] == id {
			w.m.forget(p)
		}
	}
}

func (w *walker) move() {
	id, before := w.m.line[w.rng.IntN(len(w.m.line))], w.m.line[w.rng.IntN(len(w.m.line))]
	if w.rng.IntN(4) == 0 {
		before = ""
	}
	if id == before {
		return
	}
	w.ok(w.s.Reorder(id, before))
	w.m.line = slices.DeleteFunc(w.m.line, func(p string) bool { return p == id })
	at := len(w.m.line)
	if before != "" {
		at = slices.Index(w.m.line, before)
	}
	w.m.line = slices.Insert(w.m.line, at, id)
}

func (w *walker) keep() {
	name, value := []string{"x", "x/y", "xy"}[w.rng.IntN(3)], w.text()
	w.ok(w.s.Keep(name, value))
	w.m.kept[name] = value
}

func (w *walker) shorten(id string, ms *modelSession) {
	if len(ms.log) == 0 {
		return
	}
	upTo := w.rng.IntN(len(ms.log)) + 1
	for done := false; !done; {
		done = must[bool](w.T)(w.s.Shorten(id, int64(upTo), func(e Event) (json.RawMessage, bool) {
			return json.RawMessage(`{"text":"short"}`), len(e.Data) > maxValue/2
		}))
	}
	if ms.pinned {
		return
	}
	for i := ms.shortened; i < upTo; i++ {
		if len(ms.log[i])+len(`{"text":""}`) > maxValue/2 {
			ms.log[i] = "short"
		}
	}
	ms.shortened = max(ms.shortened, upTo)
}

func (w *walker) compare() {
	w.Helper()
	for id, ms := range w.m.sessions {
		w.compareLog(id, ms)
	}
	var line []string
	for _, p := range must[[]Prompt](w.T)(w.s.Prompts()) {
		line = append(line, p.ID)
		if got := must[Prompt](w.T)(w.s.Prompt(p.ID)); got.Text != w.m.texts[p.ID] || got.Session != w.m.owners[p.ID] {
			w.Errorf("prompt %s of %s has %d bytes, want %s, %d", p.ID, got.Session, len(got.Text), w.m.owners[p.ID], len(w.m.texts[p.ID]))
		}
	}
	if !slices.Equal(line, w.m.line) {
		w.Errorf("the line is %v, want %v", line, w.m.line)
	}
	w.compareLists()
	for name, want := range w.m.kept {
		var got string
		if err := w.s.Kept(name, &got); err != nil || got != want {
			w.Errorf("kept as %s: %.50q, %v, want %.50q", name, got, err, want)
		}
	}
}

func (w *walker) compareLog(id string, ms *modelSession) {
	w.Helper()
	from := w.rng.IntN(len(ms.log) + 1)
	var got, back []string
	for _, e := range must[[]Event](w.T)(w.s.Events(id, int64(from), 1000, 1<<30)) {
		got = append(got, textOf(e))
	}
	if !slices.Equal(got, ms.log[from:]) {
		w.Errorf("session %s after %d holds %.300q, want %.300q", id, from, got, ms.log[from:])
	}
	for _, e := range must[[]Event](w.T)(w.s.Before(id, int64(from), 5, 1<<30)) {
		back = append(back, textOf(e))
	}
	if want := ms.log[max(0, from-1-5):max(0, from-1)]; !slices.Equal(back, want) {
		w.Errorf("session %s before %d holds %.300q, want %.300q", id, from, back, want)
	}
}

func textOf(e Event) string {
	var said struct{ Text string }
	if err := json.Unmarshal(e.Data, &said); err != nil {
		return err.Error()
	}
	return said.Text
}

func (w *walker) compareLists() {
	w.Helper()
	want := slices.SortedFunc(maps.Keys(w.m.sessions), func(a, b string) int {
		return cmp.Or(w.m.sessions[b].updated.Compare(w.m.sessions[a].updated), cmp.Compare(a, b))
	})
	var got, pinned, wantPinned []string
	for _, m := range must[[]Meta](w.T)(w.s.Page(Query{Limit: 3})) {
		got = append(got, m.ID)
	}
	if !slices.Equal(got, want[:min(3, len(want))]) {
		w.Errorf("the list begins with %v, want %v", got, want)
	}
	for _, m := range must[[]Meta](w.T)(w.s.Pinned()) {
		pinned = append(pinned, m.ID)
	}
	for _, id := range want {
		if w.m.sessions[id].pinned {
			wantPinned = append(wantPinned, id)
		}
	}
	if !slices.Equal(pinned, wantPinned) {
		w.Errorf("pinned are %v, want %v", pinned, wantPinned)
	}
	if n, _ := w.s.Count(); n != len(want) {
		w.Errorf("%d sessions, want %d", n, len(want))
	}
	if _, err := w.s.Get("nobody"); !errors.Is(err, ErrNotFound) {
		w.Error(err)
	}
}
