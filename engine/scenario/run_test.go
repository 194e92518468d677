package scenario

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

// usual are the settings that a server has which is not told otherwise, in 512 MB.
func usual() Options {
	return Options{Build: "test", Settings: governor.Config{
		Budget: 400 << 20, Warning: 300 << 20, Panic: 380 << 20, Hard: 512 << 20, MaxAgents: 2, MaxProcesses: 2, MaxSessions: 3,
		IdleTimeout: 2 * time.Minute, Cleanup: time.Minute, Costs: governor.FirstCosts()}}
}

// ungoverned are those of a server that looks after nothing.
func ungoverned() Options {
	o := usual()
	o.Settings.Unpooled, o.Settings.NoQueue, o.Settings.NoDegradation, o.Settings.NoAggression = true, true, true, true
	return o
}

// busy is a load with everything in it.
const busy = `
length: 2m
users:
  - count: 3
    sessions: 2
    first: 0s..20s
    every: 10s..40s
    turn:
      length: 5s..15s
      gains: 2..10
      commands:
        - {name: npm test, chance: 0.5, after: 1s, length: 3s..9s, shape: test run, mb: 40..200}
        - {name: leak, chance: 0.2, after: 1s, length: 5s..9s, shape: leak, mb: 10..80}
        - {name: runaway, chance: 0.1, after: 1s, shape: runaway, mb: 100..600}
faults:
  crash: 20s..60s
  slow-boot: 300ms..3s
  no-meter: [{from: 30s..60s, for: 1s..2s}]
  disk-full: [{from: 50s..90s, for: 5s}]
`

func run(t *testing.T, s *Scenario, seed uint64, o Options) (*Result, []byte) {
	t.Helper()
	var out bytes.Buffer
	o.Record = &out
	r, err := s.Run(seed, o)
	if err != nil {
		t.Fatal(err)
	}
	return r, out.Bytes()
}

// print is what a row of seeds comes to: the same on every machine, or what is found on one cannot be looked at
// on another.
func print(t *testing.T) string {
	s := parse(t, busy)
	sum := sha256.New()
	for seed := range uint64(10) {
		r, record := run(t, s, seed, usual())
		raw, err := trace.Parse(record).Raw()
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(raw)
		result, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(result)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// A seed gives the same run, byte for byte, however Go shuffles its maps and spreads the work.
func TestASeedIsARun(t *testing.T) {
	want := print(t)
	for range 3 {
		if got := print(t); got != want {
			t.Fatal("the same seeds gave another run")
		}
	}
	s := parse(t, busy)
	var searches []string
	for _, processors := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(processors)
		found, err := s.Search(context.Background(), 1, 20, usual())
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		searches = append(searches, string(text))
	}
	if searches = slices.Compact(searches); len(searches) != 1 {
		t.Errorf("searches differ: %s", searches)
	}
	_, one := run(t, s, 1, usual())
	_, other := run(t, s, 2, usual())
	if bytes.Equal(one, other) {
		t.Error("another seed gives the same run")
	}
}

// printsFor has this test print what its seeds come to.
const printsFor = "CODER1_TEST_PRINTS"

// Another architecture decides the same.
func TestAnotherArchitectureDecidesTheSame(t *testing.T) {
	if os.Getenv(printsFor) != "" {
		fmt.Println("print:", print(t))
		return
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("needs a processor that runs the programs of another architecture: linux/amd64 runs those of 386")
	}
	program := filepath.Join(t.TempDir(), "scenario.test")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	other := exec.Command(program, "-test.run", "^"+t.Name()+"$")
	other.Env = append(os.Environ(), printsFor+"=1")
	out, err := other.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if want := "print: " + print(t) + "\n"; !strings.Contains(string(out), want) {
		t.Errorf("386 gives %s, this machine %s", out, want)
	}
}

// What is recorded of a simulation is a recording like any other.
func TestARunReplays(t *testing.T) {
	r, record := run(t, parse(t, busy), 3, usual())
	f := trace.Parse(record)
	if got := trace.Replay(f); got.Difference != nil || len(got.Damage) > 0 || got.Unknown > 0 || got.Decisions == 0 {
		t.Errorf("%+v", got)
	}
	s := trace.Summarize(f)
	if figures := s.Tally.Figures(); figures != r.Figures {
		t.Errorf("recorded %+v\nwatched  %+v", figures, r.Figures)
	}
	judged, err := Judge(f, Survives)
	if err != nil || len(judged.Broken) > 0 || judged.Figures != r.Figures {
		t.Errorf("judged by its recording: %+v, %v", judged, err)
	}
}

// Recordings of real servers keep the rules that simulations must keep.
func TestRealServersKeepTheRules(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "trace", "testdata", "traces", "*"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for _, name := range files {
		f, err := trace.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Judge(f, Survives)
		if err != nil || r.Prompts == 0 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		for _, b := range r.Broken {
			if b.Rule != ruleEnds && b.Rule != ruleLives { // some were killed in the middle, by a test
				t.Errorf("%s: %s", name, b)
			}
		}
	}
}

// one makes a scenario of one person who asks once.
func one(turn, rest string) string {
	return "length: 40s\nusers: [{prompts: 1, first: 1s, turn: " + turn + "}]\n" + rest
}

// Every shape uses what it says, and the governor tells those that are dangerous from the others.
func TestShapes(t *testing.T) {
	for shape, c := range map[string]struct {
		mb, least, most int // MB given, and pinned at the most, the agent's 105, the wrapper's 4 and the server's 10 with it
		killed          int
	}{
		"steady": {150, 265, 271, 0}, "burst": {150, 265, 271, 0}, "test run": {150, 265, 271, 0},
		"npm install": {150, 265, 271, 0}, "sawtooth": {150, 265, 271, 0}, "leak": {40, 440, 460, 1}, "runaway": {300, 440, 470, 1},
	} {
		s := parse(t, one(fmt.Sprintf(`{length: 12s, commands: [{name: it, after: 1s, length: 30s, shape: %s, mb: %d}]}`, shape, c.mb), ""))
		r, _ := run(t, s, 1, usual())
		if got := int(r.PinnedBytes >> 20); got < c.least || got > c.most || r.KilledCommands != c.killed || len(r.Broken) > 0 || r.Ended["finished"] != 1 {
			t.Errorf("%s: %d MB pinned, not %d to %d; %+v", shape, got, c.least, c.most, r)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Run("a crash", func(t *testing.T) {
		r, _ := run(t, parse(t, one(`{length: 20s}`, "faults: {crash: 15s}")), 1, usual())
		if r.Requeued != 2 || r.Ended["finished"] != 1 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("three crashes", func(t *testing.T) {
		r, _ := run(t, parse(t, one(`{length: 20s}`, "faults: {crash: 10s}")), 1, usual())
		if r.Ended["parked"] != 1 || len(r.Broken) > 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("slow start", func(t *testing.T) {
		r, _ := run(t, parse(t, one(`{length: 5s}`, "faults: {slow-boot: 20s}")), 1, usual())
		quick, _ := run(t, parse(t, one(`{length: 5s}`, "")), 1, usual())
		if r.Ended["finished"] != 1 || quick.SpanMS != 40000 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a start that takes too long", func(t *testing.T) {
		r, _ := run(t, parse(t, one(`{length: 5s}`, "faults: {slow-boot: 70s}")), 1, usual())
		if r.Ended["parked"] != 1 || r.KilledAgents != 3 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no meter", func(t *testing.T) {
		s := parse(t, one(`{length: 20s, commands: [{name: it, after: 1s, length: 10s, shape: steady, mb: 400}]}`, "faults: {no-meter: [{from: 0s, for: 60s}]}"))
		r, record := run(t, s, 1, usual())
		sum := trace.Summarize(trace.Parse(record))
		if r.Died != 1 || sum.Inputs["sample"] > 0 || sum.Inputs["sample failed"] == 0 || len(r.Broken) != 1 {
			t.Errorf("what nobody can see cannot be stopped: %+v, %+v", r, sum.Inputs)
		}
	})
	t.Run("nobody measures", func(t *testing.T) {
		o := usual()
		o.Blind = true
		r, record := run(t, parse(t, one(`{length: 20s}`, "")), 1, o)
		sum := trace.Summarize(trace.Parse(record))
		if r.Ended["finished"] != 1 || sum.Inputs["sample"]+sum.Inputs["sample failed"] > 0 {
			t.Errorf("%+v, %+v", r, sum.Inputs)
		}
	})
	t.Run("a full disk", func(t *testing.T) {
		r, _ := run(t, parse(t, one(`{length: 5s}`, "faults: {disk-full: [{from: 0s, for: 5s}]}")), 1, usual())
		if r.Ended["cancelled"] != 1 || r.Prompts != 0 || len(r.Broken) > 0 {
			t.Errorf("%+v", r)
		}
	})
}

// Prompts of one session follow one another, and what it has said grows by each.
func TestConversationsGrow(t *testing.T) {
	s := parse(t, "length: 60s\nusers: [{sessions: 2, every: 10s, turn: {length: 3s}}]\n")
	_, record := run(t, s, 1, usual())
	var histories []string
	for it := range trace.Parse(record).Items() {
		if step, ok := it.(trace.Step); ok {
			if e, ok := step.Event.(governor.PromptOffered); ok {
				histories = append(histories, fmt.Sprintf("%s %d", e.Session, e.History>>10))
			}
		}
	}
	if want := "user1/1 0,user1/2 0,user1/1 30,user1/2 30,user1/1 60,user1/2 60"; strings.Join(histories, ",") != want {
		t.Errorf("got %v", histories)
	}
}
