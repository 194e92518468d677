package scenario

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

// loads are what a server may have to do all day.
var loads = map[string]string{
	"idle": `
length: 24h
users:
  - {prompts: 1, first: 1h, turn: {length: 1m}}
`,
	"normal": `
length: 24h
users:
  - count: 2
    first: 1m..5m
    every: 3m..9m
    turn:
      length: 20s..2m
      gains: 2..8
      commands:
        - {name: npm test, chance: 0.5, after: 5s, length: 5s..20s, shape: test run, mb: 40..80}
`,
	"two agents that never rest": `
length: 24h
users:
  - count: 2
    first: 1s..5s
    every: 15s
    turn:
      length: 14s
      commands:
        - {name: npm test, after: 2s, length: 8s, shape: test run, mb: 40..80}
`,
	"twenty in line": `
length: 24h
users:
  - count: 22
    first: 1s..60s
    every: 11m
    turn:
      length: 50s..70s
      commands:
        - {name: npm test, chance: 0.5, after: 2s, length: 8s, shape: test run, mb: 40..80}
`,
}

// record plays a load through the flight recorder as the engine does, with as many samples as it takes, and
// returns the bytes on disk. The bound is out of the way.
func record(tb testing.TB, load string, seed uint64, length time.Duration) (bytes int64, steps int) {
	tb.Helper()
	s, err := Parse("load", strings.NewReader("about: a load\n"+load))
	if err != nil {
		tb.Fatal(err)
	}
	s.Length = Times{length, length}
	o := Options{Settings: benchSettings()}
	p := newPlayer(s, s.Script(seed), o)
	p.world.Often = true
	var elapsed atomic.Int64 // the recorder's own goroutine looks at the clock, too
	r := trace.Open(trace.Options{Dir: tb.TempDir(), Build: "bench", Bytes: 1 << 30, Now: func() time.Time {
		return begins.Add(time.Duration(elapsed.Load()))
	}})
	p.world.Watch = func(at time.Duration, ev governor.Event, out []governor.Decision) {
		p.hear(ev)
		p.watch.Step(at, ev, out)
		if _, tick := ev.(governor.Tick); tick {
			elapsed.Store(int64(at))
			r.Flush()
			if r.Wants() {
				r.Begin(at, o.Settings, p.world.State.Snapshot())
			}
		}
		r.Step(at, ev, out)
		steps++
	}
	p.run()
	if err := r.Close(); err != nil {
		tb.Fatal(err)
	}
	return r.Status().Bytes, steps
}

func benchSettings() governor.Config {
	return governor.Config{Budget: 400 << 20, Warning: 300 << 20, Panic: 380 << 20, Hard: 512 << 20, MaxAgents: 2, MaxProcesses: 2,
		MaxSessions: 3, IdleTimeout: 2 * time.Minute, Cleanup: time.Minute, Costs: governor.FirstCosts()}
}

// A day must fit into what the recorder keeps, at normal load.
func TestADayOfNormalLoadFits(t *testing.T) {
	const hours = 2
	bytes, _ := record(t, loads["normal"], 1, hours*time.Hour)
	if day := bytes * 24 / hours; day > trace.DefaultBytes {
		t.Errorf("a day would be %.1f MB", float64(day)/(1<<20))
	}
}

// BenchmarkRecordADay says what a day of recording comes to on the disk. Memory that is simulated has no noise:
// that of real processes is some tenths larger, see TestFiguresRecorder in cloud/e2e.
func BenchmarkRecordADay(b *testing.B) {
	for name, load := range loads {
		b.Run(name, func(b *testing.B) {
			for i := range b.N {
				bytes, steps := record(b, load, uint64(i+1), 24*time.Hour)
				b.ReportMetric(float64(bytes)/(1<<20), "MB/day")
				b.ReportMetric(float64(steps)/1e6, "Msteps/day")
			}
		})
	}
}
