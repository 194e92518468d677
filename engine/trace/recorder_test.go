package trace

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"coder1/engine/governor"
)

const deadMan = 30 * time.Second

// clock is a wall clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func testConfig() governor.Config {
	return governor.Config{
		Budget: 400 << 20, Warning: 300 << 20, Panic: 380 << 20, Hard: 512 << 20, MaxAgents: 2, MaxProcesses: 2, MaxSessions: 3,
		IdleTimeout: 2 * time.Minute, Cleanup: time.Minute, Costs: governor.FirstCosts(),
	}
}

// flight is a governor at work and the recorder that watches it, as the engine has them.
type flight struct {
	*testing.T
	r     *Recorder
	clock *clock
	s     *governor.State
	at    time.Duration
	dice  *rand.Rand
	steps []string // what was recorded
}

func takeOff(t *testing.T, o Options) *flight {
	f := &flight{T: t, clock: newClock(), s: governor.New(testConfig()), dice: rand.New(rand.NewPCG(1, 2))}
	o.Now, o.Build = f.clock.Now, "test"
	f.r = Open(o)
	t.Cleanup(func() { f.r.Close() })
	return f
}

func (f *flight) step(ev governor.Event) {
	if _, tick := ev.(governor.Tick); tick && f.r.Wants() {
		f.r.Begin(f.at, testConfig(), f.s.Snapshot())
	}
	out := slices.Clone(f.s.Step(f.at, ev))
	f.r.Step(f.at, ev, out)
	f.steps = append(f.steps, spell(Step{At: f.at, Event: ev, Decisions: out}))
}

// seconds lets so many pass, with a tick and some samples in each.
func (f *flight) seconds(n, samples int) {
	for range n {
		f.step(governor.Tick{})
		for range samples {
			f.at += time.Second / time.Duration(samples)
			f.step(governor.Sample{Used: (300 + int64(f.dice.IntN(100000))) << 10, Pinned: 250 << 20, Attributed: true})
		}
		f.clock.pass(time.Second)
	}
}

// read returns the steps in the folder, and the heads.
func (f *flight) read(dir string) (steps []string, heads []Head) {
	f.Helper()
	file, err := Load(dir)
	if err != nil {
		f.Fatal(err)
	}
	for it := range file.Items() {
		switch it := it.(type) {
		case Step:
			steps = append(steps, spell(it))
		case Head:
			heads = append(heads, it)
		case Damage:
			f.Errorf("damaged: %+v", it)
		}
	}
	return steps, heads
}

func (f *flight) same(got, want []string) {
	f.Helper()
	if len(got) != len(want) {
		f.Fatalf("%d steps were read, %d recorded", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			f.Fatalf("step %d\nrecorded %s\nread     %s", i, want[i], got[i])
		}
	}
}

func TestARecordingHoldsEverything(t *testing.T) {
	dir := t.TempDir()
	f := takeOff(t, Options{Dir: dir})
	for range 30 {
		f.seconds(5*60, 1)
		f.r.Flush()
	}
	if err := f.r.Close(); err != nil {
		t.Fatal(err)
	}
	steps, heads := f.read(dir)
	f.same(steps, f.steps)
	if len(heads) != 3 {
		t.Errorf("two and a half hours are in %d files", len(heads))
	}
	for _, h := range heads {
		if h.Lost != 0 || h.Run != heads[0].Run || h.Build != "test" || h.Settings.Hard != 512<<20 {
			t.Errorf("a head: %+v", h)
		}
	}
}

// A second flush or close at the wrong time harms nothing, nor does everything at once.
func TestTheRecorderIsSafe(t *testing.T) {
	f := takeOff(t, Options{Dir: t.TempDir()})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for range 20 {
				f.r.Flush()
				_ = f.r.Status()
				if err := f.r.Copy(io.Discard, time.Time{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	f.seconds(300, 3)
	all.Wait()
	for range 2 {
		if err := f.r.Close(); err != nil {
			t.Error(err)
		}
	}
	f.r.Step(f.at, governor.Tick{}, nil) // of a loop that has not heard of it
}

func TestWhatDoesNotFitIsCounted(t *testing.T) {
	dir := t.TempDir()
	f := takeOff(t, Options{Dir: dir})
	f.seconds(3, 2)
	f.r.Flush()
	before := len(f.steps)
	f.r.desk.mu.Lock() // as a disk that does not answer
	f.seconds(200, 50)
	tried := len(f.steps) - before
	f.r.desk.mu.Unlock()
	f.r.Flush()
	gap := len(f.steps)
	f.seconds(3, 2)
	if err := f.r.Close(); err != nil {
		t.Fatal(err)
	}
	steps, heads := f.read(dir)
	if len(heads) != 2 || heads[1].Lost == 0 || heads[1].Lost >= tried {
		t.Fatalf("of %d steps %d were lost, in %d stretches", tried, lostIn(heads), len(heads))
	}
	kept := gap - heads[1].Lost
	f.same(steps, append(slices.Clone(f.steps[:kept]), f.steps[gap:]...))
}

func TestRecordingsAreBounded(t *testing.T) {
	dir := t.TempDir()
	const bound = 64 << 10
	f := takeOff(t, Options{Dir: dir, Bytes: bound})
	last := Status{}
	for range 400 {
		f.seconds(10, 20)
		f.r.Flush()
		if last = f.r.Status(); last.Bytes > bound || last.Problem != "" {
			t.Fatalf("%+v, the bound is %d", last, bound)
		}
	}
	if last.Bytes < bound/2 {
		t.Errorf("only %d of %d bytes are used", last.Bytes, bound)
	}
	if err := f.r.Close(); err != nil {
		t.Fatal(err)
	}
	steps, _ := f.read(dir)
	if len(steps) == 0 || len(steps) == len(f.steps) {
		t.Fatalf("%d of %d steps are left", len(steps), len(f.steps))
	}
	f.same(steps, f.steps[len(f.steps)-len(steps):])
}

func TestACrashLoopLeavesFewFiles(t *testing.T) {
	dir := t.TempDir()
	for range maxSegments + 20 {
		f := takeOff(t, Options{Dir: dir})
		f.step(governor.Tick{})
		f.r.Close()
	}
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(all) != maxSegments {
		t.Errorf("%d files, want %d", len(all), maxSegments)
	}
}

// What is handed out is a whole file, from the hour that was asked for.
func TestCopy(t *testing.T) {
	f := takeOff(t, Options{Dir: t.TempDir()})
	for range 17 {
		f.seconds(10*60, 1)
		f.r.Flush()
	}
	read := func(since time.Time) []Item {
		var b bytes.Buffer
		if err := f.r.Copy(&b, since); err != nil {
			t.Fatal(err)
		}
		return items(b.Bytes())
	}
	all, last := read(time.Time{}), read(f.clock.Now().Add(-5*time.Minute))
	f.seconds(5, 1)
	more := read(f.clock.Now().Add(-5 * time.Minute)) // it goes on being recorded
	for what, got := range map[string][]Item{"all": all, "the last minutes": last, "and some more": more} {
		if _, ok := got[0].(Head); !ok {
			t.Errorf("%s begin with %T", what, got[0])
		}
		if i := slices.IndexFunc(got, func(it Item) bool { _, bad := it.(Damage); return bad }); i >= 0 {
			t.Errorf("%s: %+v", what, got[i])
		}
	}
	if len(last) >= len(all)/2 || len(last) < 5*60 || len(more) != len(last)+10 {
		t.Errorf("all: %d, the last minutes: %d, and some more: %d", len(all), len(last), len(more))
	}
}

func TestADiskThatIsFull(t *testing.T) {
	dir := t.TempDir()
	mountSmall(t, dir, 64<<10)
	filler := filepath.Join(dir, "filler")
	f := takeOff(t, Options{Dir: filepath.Join(dir, "trace")})
	f.seconds(3, 2)
	f.r.Flush()
	if p := f.r.Status().Problem; p != "" {
		t.Fatal(p)
	}
	early := len(f.steps)
	fillUp(t, filler)
	for range 100 {
		f.seconds(1, 50)
		f.r.Flush()
	}
	if p := f.r.Status().Problem; p != "the disk is full; recording goes on when there is room" {
		t.Errorf("with a full disk: %q", p)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	f.clock.pass(retryAfter)
	f.r.Flush()
	f.seconds(1, 1)
	f.r.Flush()
	if p := f.r.Status().Problem; p != "" {
		t.Errorf("with room again: %q", p)
	}
	late := len(f.steps)
	f.seconds(3, 2)
	if err := f.r.Close(); err != nil {
		t.Fatal(err)
	}
	steps, heads := f.read(filepath.Join(dir, "trace"))
	f.same(steps[:early], f.steps[:early])
	tail := len(f.steps) - late
	f.same(steps[len(steps)-tail:], f.steps[late:])
	if lost := lostIn(heads); len(steps)+lost != len(f.steps) {
		t.Errorf("%d steps were read and %d counted as lost, of %d", len(steps), lost, len(f.steps))
	}
}

func lostIn(heads []Head) (n int) {
	for _, h := range heads {
		n += h.Lost
	}
	return n
}

func fillUp(t *testing.T, name string) {
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 4096; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

// Whoever kills the server loses no more than a second of what it did.
func TestAKillLosesNothingOld(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=TestMain")
	cmd.Env = append(os.Environ(), recordIn+"="+dir)
	ready, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	want := 0
	if _, err := fmt.Fscan(ready, &want); err != nil {
		t.Fatal(err)
	}
	count := func() (steps int) {
		file, err := Load(dir)
		if err != nil {
			return 0
		}
		for it := range file.Items() {
			if _, ok := it.(Step); ok {
				steps++
			}
		}
		return steps
	}
	for end := time.Now().Add(deadMan); count() < want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d steps are on disk, %d were recorded", count(), want)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if got := count(); got != want {
		t.Errorf("%d steps are on disk, %d were recorded", got, want)
	}
	f := takeOff(t, Options{Dir: dir})
	f.seconds(1, 1)
	f.r.Close()
	if steps, heads := f.read(dir); len(steps) != want+2 || len(heads) != 2 {
		t.Errorf("after a new start: %d steps in %d stretches", len(steps), len(heads))
	}
}

// recordIn makes this program one that records, and waits to be killed.
const recordIn = "CODER1_TEST_RECORD_IN"

func TestMain(m *testing.M) {
	dir := os.Getenv(recordIn)
	if dir == "" {
		os.Exit(m.Run())
	}
	r, s := Open(Options{Dir: dir}), governor.New(testConfig())
	r.Begin(0, testConfig(), s.Snapshot())
	const steps = 100
	for i := range steps {
		at := time.Duration(i) * time.Second
		r.Step(at, governor.Tick{}, s.Step(at, governor.Tick{}))
	}
	fmt.Println(steps)
	time.Sleep(time.Hour)
}
