package trace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/governor"
)

// Recordings of real servers, put into a folder: this build must decide what they decided. On another
// architecture too: GOARCH=386 go test ./engine/trace.
func TestRecordingsReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "traces", "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), Extension), func(t *testing.T) {
			if info, err := os.Stat(name); err != nil || info.Size() > 100<<10 {
				t.Errorf("%v; a recording in the tests has at most 100 KB", err)
			}
			f, err := Load(name)
			if err != nil {
				t.Fatal(err)
			}
			r := Replay(f)
			if d := r.Difference; d != nil {
				t.Fatalf("line %d: after\n%s\ninput    %s\nrecorded %v\nreplayed %v", d.Line, strings.Join(d.Before, "\n"), d.Input, d.Recorded, d.Replayed)
			}
			cut := len(r.Damage) == 1 && r.Damage[0].Reason == errNotWhole.Error()
			if r.Steps == 0 || r.Decisions == 0 || r.Unknown > 0 || len(r.Damage) > 0 && !cut {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Their simulation does not end where that of the recorded settings would not.
func TestRecordingsCanBeTriedWithOtherSettings(t *testing.T) {
	f, err := Load(filepath.Join("testdata", "traces", "ten-users-misbehave-at-once"+Extension))
	if err != nil {
		t.Fatal(err)
	}
	work := Fit(f)
	for _, c := range []struct {
		budget      int64
		least, most int // turns finished
	}{{80 << 20, 0, 0}, {100 << 20, 12, 13}, {392 << 20, 12, 13}, {420 << 20, 12, 13}, {900 << 20, 13, 13}} {
		o, err := WhatIf(f, work, settingsFor(c.budget), Observer{})
		if err != nil {
			t.Fatal(err)
		}
		if n := o.Here.Finished; n < c.least || n > c.most {
			t.Errorf("with %d MB %d turns finish, not %d to %d", c.budget>>20, n, c.least, c.most)
		}
		if c.budget == 392<<20 || c.budget == 420<<20 { // nearly the same
			if off := abs(o.Here.Peak-o.Recorded.Peak) * 100 / o.Recorded.Peak; off > 15 {
				t.Errorf("with %d MB the peak is %d MB, with 400 it was %d", c.budget>>20, o.Here.Peak>>20, o.Recorded.Peak>>20)
			}
		}
	}
}

// settingsFor gives a server another budget.
func settingsFor(budget int64) func(*governor.Config) {
	return func(c *governor.Config) { scale(c, budget) }
}
