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
	for i, p := range s.Prompts {
		script.Prompts = append(script.Prompts, Prompt{At: p.At.draw(r), Turn: p.Turn.draw(r), Offer: governor.PromptOffered{
			Prompt: fmt.Sprintf("prompt-%d", i+1), Session: p.Session, User: p.User, Agent: p.Agent, Profile: p.User + "/" + p.Agent}})
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
	turn := trace.Turn{Length: t.Length.draw(r), Responds: responds, Grows: trace.Ramp(t.Gains.draw(r), 3*time.Second)}
	end := time.Duration(0) // of the command before
	for i := range t.Commands {
		c, runs := t.Commands[i].draw(r, end)
		if !runs {
			continue
		}
		turn.Commands = append(turn.Commands, c)
		if end = c.After; c.Length != trace.Never {
			end += c.Length
		}
		if t.Commands[i].Points == nil {
			turn.Length = max(turn.Length, end+time.Second)
		}
		turn.Length = max(turn.Length, end)
	}
	turn.Responds = min(turn.Responds, turn.Length)
	return turn
}

const (
	responds = 900 * time.Millisecond // until an agent says something
	pause    = 100 * time.Millisecond // between two commands at least
)

// draw makes a command that follows one that ended at an age of its turn. It may not be run at all.
func (c *Command) draw(r *rand.Rand, end time.Duration) (_ trace.Command, runs bool) {
	chance, after, at, length, most, then := r.Float64(), c.After.draw(r), c.At.draw(r), c.Length.draw(r), c.MB.draw(r), c.Then.draw(r)
	if c.Chance != nil && chance >= *c.Chance {
		return trace.Command{}, false
	}
	if at == 0 {
		at = end + max(after, pause)
	}
	uses := trace.Shape{Points: c.Points, Then: then}
	if c.Points == nil {
		uses = shapes[c.Shape](most, length)
	}
	if length == 0 || c.Shape == "runaway" { // or its end is not known
		length = trace.Never
	}
	return trace.Command{Name: c.Name, After: at, Length: length, Uses: uses}, true
}
