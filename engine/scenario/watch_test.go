package scenario

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/tier"
	"coder1/engine/trace"
)

// Every rule is seen to be broken, by a governor that there is not.
func TestRules(t *testing.T) {
	type step struct {
		at  time.Duration
		ev  governor.Event
		out []governor.Decision
	}
	offer := func(p string) governor.PromptOffered { return governor.PromptOffered{Prompt: p, Session: "s" + p} }
	start := func(p, session string, process int, how governor.How) governor.StartTurn {
		return governor.StartTurn{Prompt: p, Session: session, Process: process, How: how, Reason: "a reason"}
	}
	accepted := func(p string) step { return step{0, offer(p), []governor.Decision{governor.Accept{Prompt: p}}} }
	ended := func(p string) step { return step{0, governor.TurnEnded{Prompt: p}, nil} }
	for name, c := range map[string]struct {
		steps []step
		want  []string
	}{
		"all is well": {[]step{accepted("a"), {0, governor.PromptStored{Prompt: "a"}, []governor.Decision{start("a", "sa", 1, pool.New)}}, ended("a"),
			{0, offer("b"), []governor.Decision{governor.Refuse{Prompt: "b", Reason: "a reason"}}}}, nil},
		"no answer":        {[]step{{0, offer("a"), nil}}, []string{ruleAnswered}},
		"two answers":      {[]step{{0, offer("a"), []governor.Decision{governor.Accept{Prompt: "a"}, governor.Refuse{Prompt: "a", Reason: "x"}}}}, []string{ruleAnswered, ruleEnds}},
		"a lost prompt":    {[]step{accepted("a")}, []string{ruleEnds}},
		"interrupted only": {[]step{accepted("a"), {0, governor.Tick{}, []governor.Decision{start("a", "sa", 1, pool.New)}}, {0, governor.TurnEnded{Prompt: "a", Interrupted: true}, nil}}, []string{ruleEnds}},
		"two turns in a session": {[]step{{0, governor.Tick{}, []governor.Decision{start("a", "s", 1, pool.New), start("b", "s", 2, pool.New)}}},
			[]string{ruleOneTurn}},
		"two turns on a process": {[]step{{0, governor.Tick{}, []governor.Decision{start("a", "s", 1, pool.New), start("b", "t", 1, pool.Warm)}}},
			[]string{ruleOneTurn}},
		"three processes": {[]step{{0, governor.Tick{}, []governor.Decision{start("a", "s", 1, pool.New)}}, ended("a"),
			{0, governor.Tick{}, []governor.Decision{start("b", "t", 2, pool.New)}}, ended("b"),
			{0, governor.Tick{}, []governor.Decision{start("c", "u", 3, pool.Resumed)}}}, []string{ruleProcesses}},
		"two turns where one is allowed": {[]step{{0, governor.Tick{}, []governor.Decision{governor.SetTier{Tier: tier.Essential, Reason: "x"},
			start("a", "s", 1, pool.New), start("b", "t", 2, pool.New)}}}, []string{ruleTurns}},
		"frozen for ever": {[]step{{0, governor.Tick{}, []governor.Decision{governor.Freeze{Group: "g", Reason: "x"}}}, {longestFrozen, governor.Tick{}, nil},
			{longestFrozen + 1, governor.Tick{}, nil}}, []string{ruleFrozen}},
		"thawed in time": {[]step{{0, governor.Tick{}, []governor.Decision{governor.Freeze{Group: "g", Reason: "x"}}},
			{time.Second, governor.Tick{}, []governor.Decision{governor.Thaw{Group: "g", Reason: "x"}}}, {time.Hour, governor.Tick{}, nil}}, nil},
		"no word": {[]step{{0, governor.Tick{}, []governor.Decision{governor.Kill{Group: "g"}}}}, []string{ruleReasons}},
	} {
		h := trace.Head{Settings: usual().Settings, State: governor.New(usual().Settings).Snapshot()}
		w := NewWatch(h, Survives)
		w.worded = true
		for _, s := range c.steps {
			w.Step(s.at, s.ev, s.out)
		}
		if got := w.Result(false).rules(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestOnlySomeBreachesAreKept(t *testing.T) {
	w := NewWatch(trace.Head{Settings: usual().Settings, State: governor.New(usual().Settings).Snapshot()}, Survives)
	for i := range 2 * maxBroken {
		w.Step(0, governor.PromptOffered{Prompt: fmt.Sprint(i)}, nil)
	}
	if r := w.Result(false); len(r.Broken) != maxBroken || r.More != maxBroken {
		t.Errorf("%d are kept, %d more", len(r.Broken), r.More)
	}
}
