package scenario

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coder1/engine/trace"
)

// again makes a scenario of a recording, and reads it.
func again(t *testing.T, record []byte, last time.Duration) (*Scenario, *trace.Life, string) {
	t.Helper()
	work := trace.Fit(trace.Parse(record))
	lives := work.Lives()
	if len(lives) != 1 {
		t.Fatalf("%d lives", len(lives))
	}
	text, err := From(work, &lives[0], last, map[string]string{"MAX_CLAUDE_PROCESSES": "2"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse("again", bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return s, &lives[0], string(text)
}

// What a recording shows can be played again, and comes to the same.
func TestARecordingCanBePlayedAgain(t *testing.T) {
	s := parse(t, strings.Split(busy, "faults:")[0])
	for seed := range uint64(10) {
		r, record := run(t, s, seed, usual())
		twin, _, text := again(t, record, 0)
		if twin.Settings["MAX_CLAUDE_PROCESSES"] != "2" || twin.Expect != Survives || len(twin.Prompts) != r.Prompts {
			t.Fatalf("%d prompts of %d; %s", len(twin.Prompts), r.Prompts, text)
		}
		got, _ := run(t, twin, 1, usual())
		t.Logf("seed %d: %d MB, again %d; %d finished, again %d; %d killed, again %d; waits of %v, again %v", seed, r.PeakBytes>>20,
			got.PeakBytes>>20, r.Ended["finished"], got.Ended["finished"], r.KilledCommands, got.KilledCommands, r.WaitMaxMS, got.WaitMaxMS)
		if off := float64(got.PeakBytes-r.PeakBytes) / float64(r.PeakBytes); off < -0.1 || off > 0.1 {
			t.Errorf("seed %d: the peak is %d MB, and was %d", seed, got.PeakBytes>>20, r.PeakBytes>>20)
		}
		if got.Ended["finished"] != r.Ended["finished"] || len(got.Broken) > 0 {
			t.Errorf("seed %d: %v, and was %v; %v", seed, got.Ended, r.Ended, got.Broken)
		}
	}
}

// So can a death.
func TestADeathCanBePlayedAgain(t *testing.T) {
	r, record := run(t, parse(t, "expect: dies\n"+crowded), 1, ungoverned())
	twin, life, text := again(t, record, 0)
	got, _ := run(t, twin, 1, ungoverned())
	if !life.Died || twin.Expect != Dies || got.Died != 1 || len(got.Broken) > 0 {
		t.Errorf("it died after %d ms; again: %+v\n%s", r.DiedAfterMS, got, text)
	}
}

// A recording of a day can be cut.
func TestTheLastOfARecording(t *testing.T) {
	_, record := run(t, parse(t, busy), 1, usual())
	twin, life, _ := again(t, record, 100*time.Second)
	if n := len(twin.Prompts); n == 0 || n >= len(life.Asked) || twin.Length.Max > 104*time.Second || twin.Prompts[0].At.Min != lead {
		t.Errorf("%d of %d prompts in %v", n, len(life.Asked), twin.Length)
	}
}

func TestWhatFailedIsPlayedAgain(t *testing.T) {
	s := parse(t, one(`{length: 20s}`, "faults: {crash: 15s, no-meter: [{from: 8s, for: 3s}]}"))
	_, record := run(t, s, 1, usual())
	twin, life, text := again(t, record, 0)
	if len(life.Crashes) != 2 || len(twin.Faults.NoMeter) != 1 || !strings.Contains(text, "an agent was killed by something else") {
		t.Errorf("%+v\n%s", life, text)
	}
	// The first prompt came after a second; here it comes after two.
	if span := twin.Faults.NoMeter[0]; (span.From.Min-9*time.Second).Abs() > time.Second || (span.For.Min-3*time.Second).Abs() > time.Second {
		t.Errorf("%+v", span)
	}
}

// A scenario's commands have names of one line; those of an agent need not.
func TestACommandOfSeveralLinesIsPlayedAgain(t *testing.T) {
	_, record := run(t, parse(t, one(`{length: 5s, commands: [{name: npm test, length: 1s, shape: steady, mb: 20}]}`, "")), 1, usual())
	work := trace.Fit(trace.Parse(record))
	life := &work.Lives()[0]
	life.Asked[0].Turn.Commands[0].Name = "cat <<X\n\tyes\nX"
	text, err := From(work, life, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	twin, err := Parse("again", bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if c := twin.Prompts[0].Turn.Commands; len(c) != 1 || c[0].Name != "cat <<X  yes X" {
		t.Errorf("%+v\n%s", c, text)
	}
}

// Recordings of real servers can be played again.
func TestRealRecordingsCanBePlayedAgain(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "trace", "testdata", "traces", "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, name := range files {
		f, err := trace.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		work := trace.Fit(f)
		for _, life := range work.Lives() {
			if len(life.Asked) == 0 {
				continue
			}
			text, err := From(work, &life, 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Parse("real", bytes.NewReader(text))
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, text)
			}
			s.Expect = Survives // tests have killed some of these servers, which had memory enough
			o := usual()
			o.Settings = life.Settings
			got, _ := run(t, s, 1, o)
			if len(got.Broken) > 0 || got.Prompts != len(life.Asked) {
				t.Errorf("%s: %+v\n%s", name, got, text)
			}
		}
	}
}

func TestNobodyAsked(t *testing.T) {
	_, record := run(t, parse(t, one(`{length: 5s}`, "")), 1, usual())
	work := trace.Fit(trace.Parse(record))
	if _, err := From(work, &work.Lives()[0], time.Second, nil); err == nil || !strings.Contains(err.Error(), "nobody asked") {
		t.Errorf("%v", err)
	}
}

func TestSimpler(t *testing.T) {
	var all []trace.Point
	for i := range 1000 {
		all = append(all, trace.Point{Age: time.Duration(i) * time.Millisecond, Bytes: int64(i%500) << 20})
	}
	if got := simpler(all, 1<<20); len(got) != 4 {
		t.Errorf("two teeth take %d points: %v", len(got), got)
	}
	if text := pointsText(all); text != "0s 0.0, 499ms 499.0, 500ms 0.0, 999ms 499.0" {
		t.Error(text)
	}
	if text := pointsText(nil); text != "0s 0.0" {
		t.Error(text)
	}
}
