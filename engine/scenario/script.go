package scenario

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

// Script is what happens in the run of a seed, whatever the server makes of it. Times are since the beginning.
type Script struct {
	Seed     uint64
	Length   time.Duration // nobody asks for more after this
	Prompts  []Prompt      // in the order of time
	Crashes  []time.Duration
	NoMeter  []Window
	DiskFull []Window

	slowBoot Times
}

// Prompt is one that somebody sends in a run.
type Prompt struct {
	At    time.Duration
	Offer governor.PromptOffered // without History, which is what the session has by then
	Turn  trace.Turn
}

// Window is a part of a run: from its beginning until before its end.
type Window struct{ From, To time.Duration }

// within reports whether a time is in one of them.
func within(all []Window, at time.Duration) bool {
	return slices.ContainsFunc(all, func(w Window) bool { return at >= w.From && at < w.To })
}

// historyOfTurn is what a turn adds to a conversation, in bytes.
const historyOfTurn = 30 << 10

// What the parts of a script are drawn by, so that one does not change the others.
const (
	drawsPrompts = iota + 1
	drawsFaults
	drawsBoots
)

// Script draws what happens in the run of a seed: the same for the same seed.
func (s *Scenario) Script(seed uint64) *Script {
	r := rand.New(rand.NewPCG(seed, drawsPrompts))
	script := &Script{Seed: seed, Length: s.Length.draw(r), slowBoot: s.Faults.SlowBoot}
	user := 0
	for _, u := range s.Users {
		for range u.Count {
			user++
			script.add(r, &u, fmt.Sprintf("user%d", user))
		}
	}
	slices.SortStableFunc(script.Prompts, func(a, b Prompt) int { return cmp.Compare(a.At, b.At) })
	script.fail(rand.New(rand.NewPCG(seed, drawsFaults)), &s.Faults)
	return script
}

// add draws the prompts of a user.
func (s *Script) add(r *rand.Rand, u *Users, name string) {
	at := u.First.draw(r)
	for n := 0; at < s.Length && (u.Prompts == 0 || n < u.Prompts); n++ {
		s.Prompts = append(s.Prompts, Prompt{At: at, Turn: u.Turn.draw(r), Offer: governor.PromptOffered{
			Prompt: fmt.Sprintf("%s-%d", name, n+1), Session: fmt.Sprintf("%s/%d", name, n%u.Sessions+1), User: name,
			Agent: u.Agent, Profile: name + "/" + u.Agent}})
		at += u.Every.draw(r)
	}
}

// fail draws the faults.
func (s *Script) fail(r *rand.Rand, f *Faults) {
	if f.Crash.Min > 0 {
		for at := f.Crash.draw(r); at < s.Length; at += f.Crash.draw(r) {
			s.Crashes = append(s.Crashes, at)
		}
	}
	draw := func(spans []Span) []Window {
		var all []Window
		for _, span := range spans {
			from := span.From.draw(r)
			all = append(all, Window{from, from + span.For.draw(r)})
		}
		return all
	}
	s.NoMeter, s.DiskFull = draw(f.NoMeter), draw(f.DiskFull)
}

// Boot is how long the nth agent process takes to start, 0 for as long as usual.
func (s *Script) Boot(n int) time.Duration {
	return s.slowBoot.draw(rand.New(rand.NewPCG(s.Seed, drawsBoots+uint64(n))))
}

func (t *Turn) draw(r *rand.Rand) trace.Turn {
	turn := trace.Turn{Length: t.Length.draw(r), Responds: 900 * time.Millisecond, Grows: trace.Ramp(t.Gains.draw(r), 3*time.Second)}
	at := time.Duration(0)
	for _, c := range t.Commands {
		chance, after, length, most := r.Float64(), c.After.draw(r), c.Length.draw(r), c.MB.draw(r)
		if c.Chance != nil && chance >= *c.Chance {
			continue
		}
		at += max(after, 100*time.Millisecond)
		uses := shapes[c.Shape](most, length)
		if c.Shape == "runaway" {
			length = trace.Never
		}
		turn.Commands = append(turn.Commands, trace.Command{Name: c.Name, After: at, Length: length, Uses: uses})
		if length != trace.Never {
			at += length
		}
		turn.Length = max(turn.Length, at+time.Second)
	}
	return turn
}
