package governor

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"coder1/engine/pool"
	"coder1/engine/queue"
)

// restored makes a State of another one's snapshot that was kept as JSON.
func restored(t testing.TB, s *State) *State {
	t.Helper()
	raw, err := json.Marshal(s.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var shot Snapshot
	if err := json.Unmarshal(raw, &shot); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	r, err := Restore(s.cfg, shot)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plain is a State without what is only scratch, and with one of the forms that no rule tells apart.
func plain(s *State) *State {
	c := *s
	c.out, c.order, c.cfg.Learned = nil, nil, Learned{}
	c.queue = queue.Restore(s.queue.Snapshot()) // without its cache
	c.pool = pool.Restore(s.pool.Max, s.pool.Snapshot())
	c.costs.seen = map[costKey]*peaks{}
	for key, p := range s.costs.seen {
		straight := &peaks{}
		for _, bytes := range p.list() {
			straight.add(bytes)
		}
		c.costs.seen[key] = straight
	}
	c.groups, c.running, c.commands = orNil(s.groups), orNil(s.running), orNil(s.commands)
	c.alerts.active, c.memory.sizes = orNil(s.alerts.active), orNil(s.memory.sizes)
	return &c
}

func orNil[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

// A restored State knows all that the first one did, and from then on decides the same, to the letter.
func TestARestoredStateGoesOnTheSame(t *testing.T) {
	for seed := range uint64(25) {
		w := newWorld(t, seed)
		w.s.cfg.NoQueue = seed%7 == 0
		twin, dice := restored(t, w.s), rand.New(rand.NewPCG(seed, 99))
		w.watch = func(now time.Duration, e Event, out []Decision) {
			if a, b := fmt.Sprintf("%+v", out), fmt.Sprintf("%+v", twin.Step(now, e)); a != b {
				w.fail("%#v\nfirst    %s\nrestored %s", e, a, b)
			}
			if dice.IntN(4) > 0 {
				return
			}
			twin = restored(t, twin)
			if a, b := plain(w.s), plain(twin); !reflect.DeepEqual(a, b) {
				w.fail("%#v\nfirst    %+v\nrestored %+v", e, a, b)
			}
		}
		w.live(250)
	}
}

// The same events give the same decisions and the same snapshot, byte for byte, however maps are laid out.
func TestTheSameEventsGiveTheSameToTheByte(t *testing.T) {
	live := func() string {
		var b strings.Builder
		w := newWorld(t, 11)
		w.watch = func(now time.Duration, e Event, out []Decision) { fmt.Fprintf(&b, "%d %#v %#v\n", now, e, out) }
		w.live(250)
		raw, err := json.Marshal(w.s.Snapshot())
		if err != nil {
			t.Fatal(err)
		}
		return b.String() + string(raw)
	}
	first := strings.Split(live(), "\n")
	for range 10 {
		for i, line := range strings.Split(live(), "\n") {
			if line != first[i] {
				t.Fatalf("line %d was\n%s\nand is\n%s", i, first[i], line)
			}
		}
	}
}

func TestASnapshotThatCannotBeIsRefused(t *testing.T) {
	for what, change := range map[string]func(*Config, *Snapshot){
		"no budget":          func(c *Config, _ *Snapshot) { c.Budget = 0 },
		"a stranger runs":    func(_ *Config, s *Snapshot) { s.Running = []string{"p"} },
		"a stranger waits":   func(_ *Config, s *Snapshot) { s.Queue.Items = []queue.Item{{ID: "p"}} },
		"turns of less than": func(_ *Config, s *Snapshot) { s.Waits.Turn = -1 },
	} {
		cfg, shot := testConfig(), New(testConfig()).Snapshot()
		change(&cfg, &shot)
		if _, err := Restore(cfg, shot); err == nil {
			t.Errorf("%s: restored all the same", what)
		}
	}
}

// What no meter should say must not be judged differently on different machines.
func TestGrowthHasABound(t *testing.T) {
	for _, pinned := range []int64{1 << 62, -1 << 62} {
		s := New(testConfig())
		s.Step(time.Second, Sample{Used: 1, Pinned: 1})
		s.Step(time.Second+1, Sample{Used: pinned, Pinned: pinned})
		if rate := s.memory.rate; rate > maxRate || rate < -maxRate {
			t.Errorf("from 1 to %d bytes within a nanosecond are %d bytes a second", pinned, rate)
		}
	}
}
