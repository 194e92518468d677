package session

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"
	"github.com/cockroachdb/pebble/vfs/errorfs"
)

// makeStore fills a store with sessions of so many events, in tables and in the log, and closes it.
func makeStore(t *testing.T, dir string, sessions, events int) {
	t.Helper()
	s := must[*Store](t)(Open(Options{Dir: dir, MemTableBytes: 256 << 10}))
	for n := range sessions {
		id := fmt.Sprintf("session%02d", n)
		must[Meta](t)(s.Create(Meta{ID: id, User: "owner", Workspace: "shop", Title: "Title of " + id}))
		for i := 0; i < events; i += 5 {
			var five []Event
			for n := range 5 {
				i := i + n
				five = append(five, say(fmt.Sprintf("%s %d %s", id, i, strings.Repeat("y", i*37%900))))
			}
			must[[]Event](t)(s.Write(id, Change{Events: five}))
		}
		must[[]Event](t)(s.Write(id, Change{Put: []Prompt{{ID: "prompt" + id, Session: id, User: "owner", Text: "text of " + id}}}))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// saved counts the events that are as they were, and checks that all else is a notice.
func saved(t *testing.T, s *Store, id string) (whole, notices int) {
	t.Helper()
	last := int64(0)
	for _, e := range must[[]Event](t)(s.Events(id, 0, 1<<30, 1<<30)) {
		if e.Seq <= last {
			t.Errorf("%s: event %d follows %d", id, e.Seq, last)
		}
		last = e.Seq
		want := fmt.Sprintf(`{"text":"%s %d %s"}`, id, e.Seq-1, strings.Repeat("y", int(e.Seq-1)*37%900))
		switch {
		case e.Type == "message" && string(e.Data) == want:
			whole++
		case e.Type == "notice":
			notices++
		default:
			t.Errorf("%s: event %d is %s %.80s", id, e.Seq, e.Type, e.Data)
		}
	}
	return whole, notices
}

// files lists a store's files with an ending, the smallest name first.
func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(all) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return all
}

// table is the largest table, of which next to all is data.
func table(t *testing.T, dir string) (largest string) {
	t.Helper()
	most := int64(-1)
	for _, path := range files(t, dir, "*.sst") {
		if info := must[os.FileInfo](t)(os.Stat(path)); info.Size() > most {
			largest, most = path, info.Size()
		}
	}
	return largest
}

func damage(t *testing.T, path string, at func(size int) int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := at(len(data))
	for n := range 64 {
		data[i+n] ^= 0x5a
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func third(size int) int { return size / 3 }

func middle(size int) int { return size / 2 }

// A compaction takes nothing away that it cannot read, however the damage came about and whenever.
func TestACompactionSparesWhatItCannotRead(t *testing.T) {
	const sessions, events = 6, 300
	dir := filepath.Join(t.TempDir(), "store")
	makeStore(t, dir, sessions, events)
	s := must[*Store](t)(Open(Options{Dir: dir}))
	if err := s.db.Compact([]byte("a"), []byte("z")); err != nil { // now there is one table, and nothing under way
		t.Fatal(err)
	}
	must[Meta](t)(s.Create(Meta{ID: "more"})) // something to compact
	damage(t, table(t, dir), third)
	s.db.current.Load().young.Clear() // as after ten minutes
	if err := s.db.Compact([]byte("a"), []byte("z")); !errors.Is(err, ErrBroken) || !errors.Is(err, errDamaged) {
		t.Errorf("compacting a damaged table: %v", err)
	}
	if err := s.Trouble(); !errors.Is(err, errDamaged) {
		t.Errorf("the trouble is %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s = open(t, func(o *Options) { o.Dir = dir })
	if s.Loss() == nil {
		t.Fatal("the damage is forgotten")
	}
	whole := 0
	for n := range sessions {
		n, _ := saved(t, s, fmt.Sprintf("session%02d", n))
		whole += n
	}
	if lost := sessions*events - whole; lost == 0 || lost > 120 {
		t.Errorf("%d entries were lost", lost)
	}
}

// Every kind of damage is found at the start; the store is set aside, and what can be saved is there.
func TestADamagedStoreIsSetAsideAndSaved(t *testing.T) {
	const sessions, events = 6, 300
	whole := filepath.Join(t.TempDir(), "store")
	makeStore(t, whole, sessions, events)
	for _, tc := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		atMost int // entries lost
		least  int // sessions that are there
	}{
		{"a byte in a table", func(t *testing.T, dir string) { damage(t, table(t, dir), third) }, 60, sessions},
		{"two places in a table", func(t *testing.T, dir string) {
			damage(t, table(t, dir), func(size int) int { return size / 5 })
			damage(t, table(t, dir), third)
		}, 120, sessions},
		{"the end of a table", func(t *testing.T, dir string) {
			path := files(t, dir, "*.sst")[0]
			data := must[[]byte](t)(os.ReadFile(path))
			if err := os.WriteFile(path, data[:len(data)-100], 0o600); err != nil {
				t.Fatal(err)
			}
		}, sessions * events, 1},
		{"a table is missing", func(t *testing.T, dir string) { remove(t, files(t, dir, "*.sst")[0]) }, sessions * events, 1},
		{"the manifest", func(t *testing.T, dir string) { damage(t, files(t, dir, "MANIFEST-*")[0], middle) }, 0, sessions},
		{"the manifest is missing", func(t *testing.T, dir string) { remove(t, files(t, dir, "MANIFEST-*")[0]) }, 0, sessions},
		{"the markers are missing", func(t *testing.T, dir string) {
			remove(t, files(t, dir, "marker.manifest*")[0])
		}, 0, sessions},
		{"the middle of the log", func(t *testing.T, dir string) {
			all := files(t, dir, "*.log")
			damage(t, all[len(all)-1], func(int) int { return 300 })
		}, 20, sessions - 1},
		{"a session's Meta", func(t *testing.T, dir string) {
			s := must[*Store](t)(Open(Options{Dir: dir}))
			if err := s.db.Set(metaKey("session03"), []byte("{"), nil); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}, 0, sessions},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := copyFolder(t, whole)
			tc.damage(t, dir)
			var log strings.Builder
			s := open(t, func(o *Options) { o.Dir = dir; o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
			loss := s.Loss()
			if loss == nil || !strings.Contains(log.String(), "set_aside") {
				t.Fatalf("the damage was not noticed: %s", log.String())
			}
			if len(files(t, loss.SetAside, "*")) == 0 {
				t.Error("nothing was set aside")
			}
			all := must[[]Meta](t)(s.Page(Query{Limit: 100}))
			if n, _ := s.Count(); n != len(all) || n < tc.least {
				t.Errorf("%d sessions counted, %d listed", n, len(all))
			}
			whole := 0
			for _, m := range all {
				n, notices := saved(t, s, m.ID)
				whole += n
				if lost := events - n; lost > 0 && notices == 0 {
					t.Errorf("%s lost %d entries and does not say so", m.ID, lost)
				}
				if _, err := s.Write(m.ID, Change{Events: []Event{say("goes on")}}); err != nil {
					t.Error(err)
				}
			}
			if lost := sessions*events - whole; lost > tc.atMost {
				t.Errorf("%d entries of %d were lost; lost as told: %q", lost, sessions*events, loss.Lost)
			}
			if lost := sessions*events - whole; lost > 0 && len(loss.Lost) == 0 {
				t.Errorf("%d entries were lost and nothing is told", lost)
			}
			if len(must[[]Prompt](t)(s.Prompts())) < tc.least {
				t.Errorf("prompts: %+v", must[[]Prompt](t)(s.Prompts()))
			}
			again := reopen(t, s)
			if again.Loss() != nil {
				t.Errorf("what was saved is taken for damaged: %+v", again.Loss())
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// reopen closes a store and opens what it leaves.
func reopen(t *testing.T, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, func(o *Options) { o.Dir, o.FS = s.options.Dir, s.options.FS })
}

// Damage that is met while the store is in use is told, and mended at the next start; or, when it keeps
// Pebble from going on, before the next write.
func TestDamageThatIsMetLater(t *testing.T) {
	for _, fatal := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "store")
		makeStore(t, dir, 6, 300)
		now := time.Now()
		s := open(t, func(o *Options) {
			o.Dir, o.CacheBytes, o.Now = dir, 1, func() time.Time { return now } // nothing is cached
		})
		if err := s.db.Compact([]byte{0}, []byte{0xff}); err != nil { // no table goes away from here on
			t.Fatal(err)
		}
		for _, name := range must[[]string](t)(liveTables(s.db.current.Load().DB)) {
			damage(t, filepath.Join(dir, name), middle)
		}
		met := false
		for n := range 6 {
			_, err := s.Events(fmt.Sprintf("session%02d", n), 0, 1<<20, 1<<30)
			met = met || errors.Is(err, errDamaged)
		}
		if !met || s.Trouble() == nil {
			t.Fatalf("the damage was not met: %v", s.Trouble())
		}
		if fatal {
			s.db.current.Load().giveUp(errDamaged)
			now = now.Add(healPause)
			if _, err := s.Write("session05", Change{Events: []Event{say("goes on")}}); err != nil {
				t.Fatal(err)
			}
		} else {
			s = reopen(t, s)
		}
		if s.Loss() == nil || s.Trouble() != nil {
			t.Errorf("loss %v, trouble %v", s.Loss(), s.Trouble())
		}
		whole := 0
		for n := range 6 {
			id := fmt.Sprintf("session%02d", n)
			for _, e := range must[[]Event](t)(s.Events(id, 0, 1<<20, 1<<30)) {
				if e.Type == "message" {
					whole++
				}
			}
		}
		if n, _ := s.Count(); n != 6 || whole < 6*300-200 {
			t.Errorf("%d sessions, %d entries", n, whole)
		}
		if again := reopen(t, s); again.Loss() != nil {
			t.Errorf("found damaged once more: %+v", again.Loss())
		}
	}
}

// Saving may be cut short at any point: the next start finds either store whole.
func TestSavingMayBeCutShort(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	makeStore(t, dir, 2, 50)
	if err := os.Rename(dir, dir+newStore); err != nil { // both renames were to be done, and one was
		t.Fatal(err)
	}
	s := open(t, func(o *Options) { o.Dir = dir })
	if n, _ := saved(t, s, "session01"); n != 50 {
		t.Errorf("%d events", n)
	}
}

// A disk that cannot be read, or is full, is no damage: nothing is set aside.
func TestTroubleIsNotDamage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "store")
	makeStore(t, dir, 1, 10)
	for op := range 12 {
		failing := &faults{}
		failing.arm(op)
		s, err := Open(Options{Dir: dir, FS: errorfs.Wrap(vfs.Default, failing)})
		if err == nil {
			err = s.Close()
		}
		if errors.Is(err, errDamaged) {
			t.Errorf("failing from operation %d on: %v", op, err)
		}
	}
	if all := must[[]string](t)(filepath.Glob(dir + ".damaged*")); len(all) > 0 {
		t.Errorf("set aside: %v", all)
	}
	s := open(t, func(o *Options) { o.Dir = dir })
	if n, _ := saved(t, s, "session00"); n != 10 || s.Loss() != nil {
		t.Errorf("%d events, %+v", n, s.Loss())
	}
}
