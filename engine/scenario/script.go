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

// Prompt is one that somebody sends in a run.
type Prompt struct {
	At    time.Duration
	Offer governor.PromptOffered // without History, which is what the session has by then
	Turn  trace.Turn
}

// historyOfTurn is what a turn adds to a conversation, in bytes.
const historyOfTurn = 30 << 10

// Script draws what happens in the run of a seed: the same for the same seed, in the order of time.
func (s *Scenario) Script(seed uint64) []Prompt {
	r := rand.New(rand.NewPCG(seed, 1))
	end := s.Length.draw(r)
	var all []Prompt
	user := 0
	for _, u := range s.Users {
		for range u.Count {
			user++
			at := u.First.draw(r)
			for n := 0; at < end && (u.Prompts == 0 || n < u.Prompts) && len(all) < maxPrompts; n++ {
				name := fmt.Sprintf("user%d", user)
				all = append(all, Prompt{At: at, Turn: u.Turn.draw(r), Offer: governor.PromptOffered{
					Prompt: fmt.Sprintf("%s-%d", name, n+1), Session: fmt.Sprintf("%s/%d", name, n%u.Sessions+1), User: name,
					Agent: u.Agent, Profile: name + u.Agent}})
				at += u.Every.draw(r)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Prompt) int { return cmp.Compare(a.At, b.At) })
	return all
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
