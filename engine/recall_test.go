package engine

import (
	"testing"
	"time"

	"coder1/engine/governor"
	"coder1/engine/tier"
	"coder1/engine/trace"
)

// recorded is a recording that begins at noon: two minutes with one agent, damage, and another stretch.
func recorded(t *testing.T) []trace.Item {
	t.Helper()
	s := testSettings(t)
	cfg := s.GovernorConfig(512 * governor.MB)
	const start = time.Hour // of the governor's time
	head := func(at time.Duration) trace.Head {
		return trace.Head{Time: noon.Add(at - start), At: at, Settings: cfg, State: governor.New(cfg).Snapshot()}
	}
	items := []trace.Item{head(start)}
	agent := []governor.Group{{ID: "process/1", Kind: governor.KindAgent, Process: 1, Bytes: 90 * governor.MB},
		{ID: "process/1/command/1", Kind: governor.KindTool, Process: 1, Bytes: 60 * governor.MB}}
	for second := range 120 {
		at := start + time.Duration(second)*time.Second
		used := int64(100+second) * governor.MB
		items = append(items,
			trace.Step{At: at, Event: governor.Sample{Used: used, Pinned: used, Attributed: true, Groups: agent}},
			trace.Step{At: at, Event: nil}, // of a kind that this build does not know
			trace.Step{At: at, Event: governor.Tick{}})
	}
	lost := start + 3*time.Minute
	items = append(items, trace.Damage{}, trace.Step{At: lost, Event: governor.Sample{Used: 500 * governor.MB}}, trace.Step{At: lost, Event: governor.Tick{}})
	again := start + 5*time.Minute
	return append(items, head(again), trace.Step{At: again, Event: governor.Sample{Used: 390 * governor.MB, Pinned: 390 * governor.MB}},
		trace.Step{At: again, Event: governor.Tick{}})
}

func each(items []trace.Item) func(func(trace.Item) bool) {
	return func(yield func(trace.Item) bool) {
		for _, it := range items {
			if !yield(it) {
				return
			}
		}
	}
}

func TestHistoryIsRecalledFromARecording(t *testing.T) {
	h := newHistory()
	born := noon.Add(10 * time.Minute)
	h.figures(born, figures(50), ByKind{50 * governor.MB})
	h.recall(each(recorded(t)), born)
	got := h.last(born, 24*time.Hour).Moments
	if len(got) != 4 {
		t.Fatalf("%d minutes: %+v", len(got), got)
	}
	for i, want := range []struct {
		minute    int
		mean, max float64
		agents    float32
	}{{0, 129.5, 159, 90}, {1, 189.5, 219, 90}, {5, 390, 390, 0}, {10, 50, 50, 0}} {
		m := got[i]
		if !m.Time.Equal(noon.Add(time.Duration(want.minute)*time.Minute)) || !near(m.Used.Mean, want.mean) || !near(m.Used.Max, want.max) ||
			m.Owners[processKind].Mean != want.agents {
			t.Errorf("%+v: %+v", want, m)
		}
	}
	if got[0].Owners[toolKind].Max != 60 || got[0].Tier != tier.Premium || got[2].Tier != tier.Essential {
		t.Errorf("commands and tiers: %+v", got)
	}
}

func TestNothingIsRecalledTwice(t *testing.T) {
	h := newHistory()
	h.recall(each(recorded(t)), noon.Add(time.Minute)) // the rest was recorded by the server that recalls it
	if got := h.last(noon.Add(10*time.Minute), 24*time.Hour).Moments; len(got) != 1 || got[0].Used.Max != 159 {
		t.Errorf("%+v", got)
	}
}

func TestAServerRemembersItsLastRun(t *testing.T) {
	s := testSettings(t)
	s.MemoryMonitoring = true
	first := openRig(t, s)
	first.awaitHistory(func(m []Moment) bool { return len(m) > 0 && m[0].Used.Mean > 0 }) // a tick at least is recorded
	before := first.born
	first.close()
	s.MemoryMonitoring = false // what there is now is all recalled
	second := openRig(t, s)
	second.awaitHistory(func(m []Moment) bool {
		return len(m) > 0 && m[0].Used.Mean > 0 && !m[0].Time.Before(before.Add(-time.Minute))
	})
}

// awaitHistory waits until the history is as it should be.
func (r *rig) awaitHistory(good func([]Moment) bool) {
	r.t.Helper()
	limit := time.After(deadMan)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		past := r.History(time.Hour)
		if good(past.Moments) {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			r.t.Fatalf("what is remembered: %+v", past)
		}
	}
}

func BenchmarkRecall(b *testing.B) {
	file, err := trace.Load("trace/testdata/traces")
	if err != nil {
		b.Skip(err)
	}
	steps := 0
	for it := range file.Items() {
		if _, ok := it.(trace.Step); ok {
			steps++
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		newHistory().recall(file.Items(), time.Now())
	}
	b.ReportMetric(float64(steps), "steps/op")
}
