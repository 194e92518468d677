package trace

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"coder1/engine/governor"
)

// hour is the recording of an hour of work, as lines.
func hour(t testing.TB) [][]byte {
	t.Helper()
	return bytes.SplitAfter(anHour(), []byte("\n"))
}

var anHour = sync.OnceValue(func() []byte { return work(4, time.Hour, 3, time.Minute).run(testConfig(), time.Hour).recorded })

// find is the index of the nth line with a text.
func find(t *testing.T, lines [][]byte, text string, nth int) int {
	t.Helper()
	for i, line := range lines {
		if bytes.Contains(line, []byte(text)) {
			if nth--; nth == 0 {
				return i
			}
		}
	}
	t.Fatalf("the recording has no %s", text)
	return 0
}

// A recording by a governor that decided otherwise is told from the first difference on.
func TestADifferenceIsShown(t *testing.T) {
	lines := hour(t)
	i := find(t, lines, `"d":"startTurn"`, 10)
	lines[i] = bytes.Replace(lines[i], []byte(`"process":`), []byte(`"process":1`), 1)
	d := Replay(Parse(bytes.Join(lines, nil))).Difference
	if d == nil {
		t.Fatal("nothing is different")
	}
	if d.Line > i || d.Line < i-3 || len(d.Before) != 12 || d.Time.Sub(newClock().now) != d.At {
		t.Errorf("line %d of %d, at %v, after %d inputs", d.Line, i+1, d.Time, len(d.Before))
	}
	if len(d.Recorded) != len(d.Replayed) || !strings.Contains(d.Recorded[0], "start turn") || d.Recorded[0] == d.Replayed[0] {
		t.Errorf("recorded %v, replayed %v", d.Recorded, d.Replayed)
	}
	if !d.State.Known || len(d.State.Processes)+len(d.State.Queue) == 0 {
		t.Errorf("the state before it: %+v", d.State)
	}
}

// Decisions that are missing or too many are different, too.
func TestEveryDecisionCounts(t *testing.T) {
	for kind := range decisions.byName {
		lines := hour(t)
		for i, line := range lines {
			if !bytes.Contains(line, []byte(`"d":"`+kind+`"`)) {
				continue
			}
			lines[i] = nil
			if r := Replay(Parse(bytes.Join(lines, nil))); r.Difference == nil {
				t.Errorf("a %s is missing, and nothing is different", kind)
			}
			break
		}
	}
}

// A head in the middle holds the state that the replay must have come to.
func TestTheStateIsComparedAtAHead(t *testing.T) {
	e := NewEncoder("")
	s := governor.New(testConfig())
	head := func(at time.Duration) Head {
		return Head{Trace: FormatVersion, Run: "one", Time: newClock().now, At: at, Settings: testConfig(), State: s.Snapshot()}
	}
	data := e.AppendHead(nil, head(0))
	step := func(at time.Duration, ev governor.Event) { data = e.AppendStep(data, at, ev, s.Step(at, ev)) }
	step(time.Second, governor.Sample{Used: 100 << 20, Pinned: 90 << 20})
	data = e.AppendHead(data, head(time.Second))
	step(2*time.Second, governor.Tick{})
	if r := Replay(Parse(data)); r.Difference != nil || r.Stretches != 2 {
		t.Fatalf("%+v", r)
	}
	bad := bytes.Replace(data, []byte(`"pinned":94371840`), []byte(`"pinned":94371841`), 1)
	if r := Replay(Parse(bad)); r.Difference == nil || !strings.Contains(fmt.Sprint(r.Difference.Recorded), "94371841") {
		t.Errorf("another state: %+v", r)
	}
	lost := bytes.Replace(bad, []byte(`"at":1000000000`), []byte(`"at":1000000000,"lost":3`), 1)
	if r := Replay(Parse(lost)); r.Difference != nil || r.Lost != 3 {
		t.Errorf("after a gap: %+v", r)
	}
}

// A gap in a recording is no death. That another server follows without an end is one.
func TestAGapIsNoDeath(t *testing.T) {
	s := governor.New(testConfig())
	for name, c := range map[string]struct {
		next Head
		end  string
		died bool
	}{
		"a gap":                     {Head{Run: "one", Lost: 3}, "", false},
		"another server":            {Head{Run: "two"}, "", true},
		"another server after loss": {Head{Run: "two", Lost: 3}, "", true},
		"another server after end":  {Head{Run: "two"}, Closed, false},
	} {
		e := NewEncoder("")
		head := func(at time.Duration, h Head) []byte {
			h.Trace, h.Time, h.At, h.Settings, h.State = FormatVersion, newClock().now, at, testConfig(), s.Snapshot()
			return e.AppendHead(nil, h)
		}
		data := head(0, Head{Run: "one"})
		data = e.AppendStep(data, time.Second, governor.Tick{}, nil)
		if c.end != "" {
			data = e.AppendEnd(data, c.end)
		}
		lives := Fit(Parse(append(data, head(time.Minute, c.next)...))).Lives()
		if len(lives) != 2 || lives[0].Died != c.died || lives[1].Died {
			t.Errorf("%s: %+v", name, lives)
		}
	}
}

func TestShowSaysWhy(t *testing.T) {
	lines := hour(t)
	var b strings.Builder
	if err := Show(&b, Parse(bytes.Join(lines, nil)), false); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"Tuesday, 3 November 2026, UTC\n12:00:00.000     0 MB  RECORDING of Coder1 test", "prompt offered prompt=u0p", "→ start turn prompt=",
		": continues the conversation in a new process", ": both agents are busy with other prompts", "the server was stopped",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(text, "otherwise") || strings.Contains(text, "sample used=3") && strings.Count(text, "sample") > 600 {
		t.Errorf("it says too much: %d samples", strings.Count(text, "sample"))
	}
	i := find(t, lines, `"d":"startTurn"`, 3)
	lines[i] = bytes.Replace(lines[i], []byte(`"process":`), []byte(`"process":1`), 1)
	b.Reset()
	if err := Show(&b, Parse(bytes.Join(lines, nil)), true); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "decides otherwise here"); n != 1 {
		t.Errorf("it says %d times that it decides otherwise", n)
	}
}

func TestSummary(t *testing.T) {
	d := work(4, time.Hour, 3, time.Minute).run(testConfig(), time.Hour)
	s := Summarize(Parse(append(bytes.Clone(d.recorded), d.recorded...)))
	if s.Lives != 1 || s.Tally.Died != 0 || s.Inputs["tick"] != 7200 || s.Decisions["start turn"] == 0 || s.End.Sub(s.Begin) < 59*time.Minute {
		t.Errorf("%+v", s)
	}
	again := bytes.Replace(d.recorded, []byte(`"run":"run"`), []byte(`"run":"other"`), 1)
	cut := bytes.Replace(d.recorded, []byte(`{"end":"closed"}`+"\n"), nil, 1)
	if s := Summarize(Parse(append(bytes.Clone(cut), again...))); s.Lives != 2 || s.Tally.Died != 1 {
		t.Errorf("a server that was killed and came back: %d lives, %d broke off", s.Lives, s.Tally.Died)
	}
}

// The page needs nothing but itself.
func TestTheReportIsAPage(t *testing.T) {
	f := Parse(bytes.Join(hour(t), nil))
	r := NewReport(f, Summarize(f))
	o, err := WhatIf(f, Fit(f), settingsFor(320<<20), r.Observer())
	if err != nil {
		t.Fatal(err)
	}
	r.Outcome = &o
	r.Sweep = &Sweep{Name: "limit", Values: []int64{320, 640}, Here: []Outcome{o, o}}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"As it was", "As it would have been", "Survival by limit", "hard limit 512 MB", "hard limit 409 MB", "agents, at most", "<svg", "Simulated from"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, bad := range []string{"http://", "https://", "<script", "ZgotmplZ", "NaN", "src="} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if len(page) > 400<<10 {
		t.Errorf("the page has %d KB", len(page)>>10)
	}
}

func BenchmarkReplayOfADay(b *testing.B) {
	f := Parse(work(1, 24*time.Hour, 4, 4*time.Minute).run(testConfig(), 24*time.Hour).recorded)
	steps := 0
	for b.Loop() {
		r := Replay(f)
		if r.Difference != nil {
			b.Fatal(r.Difference)
		}
		steps = r.Steps
	}
	b.ReportMetric(float64(steps), "steps")
}

// BenchmarkRecord is what recording costs the loop for each sample with two agents and a command.
func BenchmarkRecord(b *testing.B) {
	r := Open(Options{Dir: b.TempDir()})
	defer r.Close()
	s := governor.New(testConfig())
	r.Begin(0, testConfig(), s.Snapshot())
	sample := governor.Sample{Used: 250 << 20, Pinned: 200 << 20, Attributed: true, Groups: []governor.Group{
		{ID: "process/1", Process: 1, Name: "claude", Bytes: 100 << 20}, {ID: "process/1/command/3", Kind: governor.KindTool, Process: 1, Name: "npm test", Bytes: 40 << 20},
		{ID: "process/2", Process: 2, Name: "claude", Bytes: 100 << 20}}}
	var ev governor.Event = sample
	at, n := time.Duration(0), 0
	b.ReportAllocs()
	for b.Loop() {
		at += 61 * time.Millisecond
		sample.Groups[1].Bytes += 4096
		r.Step(at, ev, nil)
		if n++; n%16 == 0 { // as many as come in a second
			r.Flush()
			if r.Wants() {
				r.Begin(at, testConfig(), s.Snapshot())
			}
		}
	}
	if lost := r.mu.lost; lost > 0 {
		b.Errorf("%d steps were lost", lost)
	}
}
