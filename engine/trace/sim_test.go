package trace

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"coder1/engine/governor"
)

// day is some time of work that never was, and the recording of it.
type day struct {
	settings governor.Config
	arrivals []arrival
	turns    map[string]Turn
	recorded []byte
	tally    Tally
	dead     bool
}

type arrival struct {
	at    time.Duration
	offer governor.PromptOffered
}

// work makes the prompts of some users; each rests between prompts for about so long.
func work(seed uint64, length time.Duration, users int, rest time.Duration) *day {
	r := rand.New(rand.NewPCG(seed, 3))
	d := &day{settings: testConfig(), turns: map[string]Turn{}}
	for user := range users {
		for at := time.Duration(r.Int64N(int64(rest)/1e6)) * 1e6; at < length; at += rest/2 + time.Duration(r.Int64N(int64(rest)/1e6))*1e6 {
			id := fmt.Sprintf("u%dp%d", user, len(d.turns))
			d.turns[id] = someTurn(r)
			d.arrivals = append(d.arrivals, arrival{at, governor.PromptOffered{Prompt: id, Session: fmt.Sprintf("u%ds%d", user, r.IntN(2)),
				User: fmt.Sprint("u", user), Agent: "claude", Profile: fmt.Sprint("u", user), History: int64(r.IntN(2)) * 40000}})
		}
	}
	slices.SortFunc(d.arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	return d
}

// someTurn has up to three commands, of some tens of MB.
func someTurn(r *rand.Rand) Turn {
	t := Turn{Length: time.Duration(5000+r.IntN(40000)) * time.Millisecond, Responds: 900 * time.Millisecond,
		Grows: Ramp(int64(r.IntN(8))<<20, 3*time.Second), History: 50000}
	at := time.Second
	for range r.IntN(4) {
		length := time.Duration(500+r.IntN(8000)) * time.Millisecond
		if at+length > t.Length {
			break
		}
		t.Commands = append(t.Commands, Command{Name: "command " + fmt.Sprint(r.IntN(5)), After: at, Length: length,
			Uses: Ramp(int64(10+r.IntN(110))<<20, length*2/3)})
		at += length + 300*time.Millisecond
	}
	return t
}

func (d *day) plan(settings governor.Config) Plan {
	return Plan{Hard: settings.Hard,
		Base: func(time.Duration) Base { return Base{Used: 60 << 20, Files: 35 << 20} },
		Turn: func(prompt string) Turn { return d.turns[prompt] },
		Start: func(string, governor.StartTurn) Start {
			return Start{Ready: 600 * time.Millisecond, Uses: Ramp(100<<20, 400*time.Millisecond)}
		}}
}

// run lets it happen under some settings.
func (d *day) run(settings governor.Config, end time.Duration) *day {
	state := governor.New(settings)
	e := NewEncoder("secret")
	out := &day{settings: settings, arrivals: d.arrivals, turns: d.turns}
	head := Head{Trace: FormatVersion, Run: "run", Build: "test", Time: newClock().now, Settings: settings, State: state.Snapshot()}
	out.recorded = e.AppendHead(nil, head)
	out.tally.Begin(head)
	plan := d.plan(settings)
	plan.Watch = func(at time.Duration, ev governor.Event, ds []governor.Decision) {
		out.recorded = e.AppendStep(out.recorded, at, ev, ds)
		out.tally.Step(at, ev, ds)
	}
	w := NewWorld(state, 0, plan)
	for _, a := range d.arrivals {
		w.RunUntil(a.at)
		w.Input(a.offer)
	}
	w.RunUntil(end)
	how := Closed
	if out.dead = w.Dead; out.dead {
		out.tally.Die()
		how = Died
	}
	out.recorded = e.AppendEnd(out.recorded, how)
	return out
}

// A day with two agents that work most of the time is replayed without a difference.
func TestADayReplays(t *testing.T) {
	d := work(1, 24*time.Hour, 4, 4*time.Minute).run(testConfig(), 24*time.Hour)
	began := time.Now()
	got := Replay(Parse(d.recorded))
	t.Logf("%d steps and %d decisions in %v, %d KB unpacked; %+v", got.Steps, got.Decisions, time.Since(began), len(d.recorded)>>10, d.tally.Finished)
	if got.Difference != nil || len(got.Damage) > 0 || got.Steps < 24*3600 || d.tally.Finished < 300 || d.tally.Freezes == 0 {
		t.Errorf("%+v; %+v; %+v", got, got.Difference, d.tally)
	}
}

func TestTheSameSettingsMakeNoDifference(t *testing.T) {
	d := work(2, time.Hour, 3, time.Minute).run(testConfig(), time.Hour)
	f := Parse(d.recorded)
	got, err := WhatIf(f, Fit(f), func(*governor.Config) {}, Observer{})
	if err != nil || len(got.Divergences) > 0 {
		t.Fatalf("%v; %+v", err, got.Divergences)
	}
	if a, b := fmt.Sprintf("%+v", got.Recorded), fmt.Sprintf("%+v", got.Here); a != b {
		t.Errorf("recorded %s\nhere     %s", a, b)
	}
}

// What is said of other settings is what would have happened under them.
func TestWhatIfIsRight(t *testing.T) {
	for name, change := range map[string]func(*governor.Config){
		"three processes":    func(c *governor.Config) { c.MaxAgents, c.MaxProcesses = 3, 3 },
		"one process":        func(c *governor.Config) { c.MaxAgents, c.MaxProcesses = 1, 1 },
		"twice the memory":   func(c *governor.Config) { scale(c, 800<<20) },
		"less memory":        func(c *governor.Config) { scale(c, 300<<20) },
		"no pool":            func(c *governor.Config) { c.Unpooled = true; scale(c, 1600<<20) },
		"idle for 5 seconds": func(c *governor.Config) { c.IdleTimeout = 5 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			const length = 2 * time.Hour
			base := work(3, length, 3, 90*time.Second)
			f := Parse(base.run(testConfig(), length).recorded)
			cfg := testConfig()
			change(&cfg)
			truth := base.run(cfg, length).tally
			got, err := WhatIf(f, Fit(f), change, Observer{})
			if err != nil {
				t.Fatal(err)
			}
			here := got.Here
			t.Logf("peak %d, really %d MB; over panic %v, really %v; median wait %v, really %v; finished %d, really %d; freezes %d, really %d; killed %d, really %d; died %d, really %d",
				here.Peak>>20, truth.Peak>>20, here.OverPanic, truth.OverPanic, here.Wait(0.5), truth.Wait(0.5), here.Finished, truth.Finished,
				here.Freezes, truth.Freezes, here.Killed, truth.Killed, here.Died, truth.Died)
			if len(got.Divergences) == 0 {
				t.Error("nothing is different")
			}
			if off := float64(abs(here.Peak-truth.Peak)) / float64(truth.Peak); off > 0.1 {
				t.Errorf("the peak is off by %.0f %%", 100*off)
			}
			if off := abs(int64(here.Finished - truth.Finished)); off > int64(truth.Finished/20+1) || here.Died != truth.Died {
				t.Errorf("%d turns finished, really %d", here.Finished, truth.Finished)
			}
		})
	}
}

// A server that nobody governed and that died would have died with less memory too, sooner; with more it would
// not have, and what would have come then is not known. One that had enough says exactly how much that was.
func TestWhatIfThereHadBeenMoreMemory(t *testing.T) {
	try := func(f *File, hard int64) Outcome {
		t.Helper()
		o, err := WhatIf(f, Fit(f), func(c *governor.Config) { c.Hard = hard }, Observer{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	cfg := testConfig()
	cfg.Unpooled, cfg.NoAggression, cfg.NoDegradation = true, true, true
	load := work(4, 10*time.Minute, 6, time.Minute)
	dead := load.run(cfg, 10*time.Minute)
	f := Parse(dead.recorded)
	if s := Summarize(f); !dead.dead || s.Tally.Died != 1 {
		t.Fatalf("the recorded server: %+v", s.Tally)
	}
	same, more, less := try(f, cfg.Hard), try(f, 2*cfg.Hard), try(f, cfg.Hard/2)
	if same.Recorded.Died != 1 || same.Here.Died != 1 || same.Here.DiedAt != dead.tally.DiedAt {
		t.Errorf("with the same memory: %+v", same.Here)
	}
	if more.Here.Died != 0 || more.Unknown != 1 || more.survival() != "lives as long" {
		t.Errorf("with more memory: %+v", more)
	}
	if less.Here.Died != 1 || less.Here.DiedAt >= dead.tally.DiedAt || len(less.Divergences) != 1 {
		t.Errorf("with less memory: %+v", less)
	}

	cfg.Hard = 4 << 30
	alive := load.run(cfg, 10*time.Minute)
	if alive.dead {
		t.Fatal("6 agents do not fit in 4 GB")
	}
	f = Parse(alive.recorded)
	for hard := int64(256 << 20); hard < 1500<<20; hard += 128 << 20 {
		if o := try(f, hard); (o.Here.Died > 0) != (alive.tally.PeakPinned >= hard) || o.Unknown > 0 {
			t.Errorf("with %d MB, where %d were needed: %+v", hard>>20, alive.tally.PeakPinned>>20, o.Here)
		}
	}
}

// scale gives a server another budget with everything else in proportion.
func scale(c *governor.Config, budget int64) {
	of := func(n int64) int64 { return n * budget / (400 << 20) }
	c.Budget, c.Warning, c.Panic, c.Hard = budget, of(c.Warning), of(c.Panic), of(c.Hard)
}
