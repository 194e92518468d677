package scenario

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// crowded is a load that an ungoverned server cannot bear: four agents fit, five do not. Most of it is beside
// the point.
const crowded = `
length: 2m
users:
  - count: 7
    first: 0s..100s
    every: 20s..30s
    turn:
      length: 5s
      commands:
        - {name: npm test, chance: 0.2, after: 1s, length: 2s, shape: test run, mb: 5..15}
faults:
  crash: 300s
  disk-full: [{from: 110s, for: 1s}]
`

// What breaks a rule is found, and shrunk to what cannot be left out.
func TestTheSmallestRunIsFound(t *testing.T) {
	s := parse(t, crowded)
	found, err := s.Search(context.Background(), 1, 20, ungoverned())
	if err != nil {
		t.Fatal(err)
	}
	if found.Played != 20 || found.Failing < 15 || len(found.Broken) != 1 || found.Broken[0].Rule != ruleLives ||
		!slices.IsSorted(found.Broken[0].Seeds) || len(found.Broken[0].Seeds) > mostSeeds {
		t.Fatalf("%+v", found)
	}
	small, err := found.Smallest(s, ungoverned())
	if err != nil {
		t.Fatal(err)
	}
	// An agent has 105 MB, the server 9: the fifth is too much.
	if n := len(small.Script.Prompts); n != 5 || small.Of < 20 || len(small.Script.DiskFull) > 0 || small.Tries > maxTries {
		t.Errorf("%d of %d prompts are left after %d tries: %+v", n, small.Of, small.Tries, small.Script)
	}
	users := map[string]bool{}
	for _, p := range small.Script.Prompts {
		users[p.Offer.User] = true
		if len(p.Turn.Commands) > 0 {
			t.Errorf("a command is left: %+v", p.Turn.Commands)
		}
	}
	if len(users) != 5 {
		t.Errorf("%v are left", users)
	}
	// The run without any one of them breaks nothing.
	for i := range small.Script.Prompts {
		less := *small.Script
		less.Prompts = slices.Delete(slices.Clone(less.Prompts), i, i+1)
		if r, err := s.Play(&less, ungoverned()); err != nil || len(r.Broken) > 0 {
			t.Errorf("without prompt %d: %v, %v", i, r.Broken, err)
		}
	}
	var b bytes.Buffer
	if err := small.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"“the server lives”: 5 of the", "asks in user", "Broken: the server lives: after ", "start turn", "sample used="} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	// Under the usual settings nothing of it happens.
	if found, err := s.Search(context.Background(), 1, 20, usual()); err != nil || found.Failing > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// A scenario that is to show a death breaks a rule when there is none.
func TestADeathThatDoesNotCome(t *testing.T) {
	s := parse(t, "expect: dies\n"+crowded)
	if r, err := s.Run(1, ungoverned()); err != nil || len(r.Broken) > 0 || r.Died != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err := s.Run(1, usual())
	if err != nil || len(r.Broken) != 1 || r.Broken[0].Rule != ruleDies {
		t.Errorf("%+v, %v", r, err)
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil || !strings.Contains(b.String(), "BROKEN") || !strings.Contains(b.String(), "it still lives") {
		t.Errorf("%s, %v", b.String(), err)
	}
}

// A search that is ended says what it has done.
func TestASearchCanBeEnded(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	found, err := parse(t, crowded).Search(ctx, 1, 1<<40, usual())
	if err != nil || found.Played > 100 {
		t.Errorf("%+v, %v", found, err)
	}
	var b bytes.Buffer
	if err := found.Write(&b, time.Second); err != nil || !strings.Contains(b.String(), "of the seeds 1 to 1099511627776") {
		t.Errorf("%s, %v", b.String(), err)
	}
}

func TestFewest(t *testing.T) {
	var all []part
	for i := range 100 {
		all = append(all, part{index: i})
	}
	tries := 0
	got := fewest(all, func(parts []part) bool {
		tries++
		return slices.Contains(parts, part{index: 3}) && slices.Contains(parts, part{index: 77})
	})
	if len(got) != 2 || got[0].index != 3 || got[1].index != 77 || tries > 100 {
		t.Errorf("%v after %d tries", got, tries)
	}
	if got := fewest(all, func([]part) bool { return true }); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if got := fewest(nil, func([]part) bool { return false }); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
