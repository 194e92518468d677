package governor

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// waits learns how long turns take, and how good its estimates were.
type waits struct {
	turn  time.Duration // smoothed length of a turn
	error time.Duration // smoothed difference between estimated and actual waits
	count int           // estimates compared
	turns int           // turns measured
}

// firstTurn is the length of a turn to assume before one was measured.
const firstTurn = 30 * time.Second

// smoothing is the weight of a new measurement.
const smoothing = 0.2

func smooth(old, new time.Duration) time.Duration {
	return old + time.Duration(smoothing*float64(new-old))
}

// measure takes in the length of a turn. The first ones count more: they replace a guess.
func (w *waits) measure(turn time.Duration) {
	w.turns++
	weight := max(smoothing, 1/float64(w.turns))
	w.turn += time.Duration(weight * float64(turn-w.turn))
}

func (w *waits) compare(guess, actual time.Duration) {
	if guess < 0 {
		return
	}
	w.error = smooth(w.error, (guess - actual).Abs())
	w.count++
}

// estimates says how long each prompt in s.order has to wait: each takes the slot that is expected to be free
// first, not before the session's earlier prompt is done, and holds it for the length of a turn (Little's law,
// one prompt at a time). A running turn is expected to take the rest of a usual turn, and at least a quarter of
// one.
func (s *State) estimates(now time.Duration) []time.Duration {
	turn := s.waits.turn
	slots := make([]time.Duration, max(1, s.slots()))
	done := map[string]time.Duration{} // session -> when its earlier prompts are done
	for i, r := range s.running {
		left := max(turn-(now-r.since), turn/4)
		done[r.Session] = left
		if i < len(slots) {
			slots[i] = left
		}
	}
	waits := make([]time.Duration, len(s.order))
	for n, it := range s.order {
		i := soonest(slots)
		waits[n] = max(slots[i], done[it.Session])
		slots[i] = waits[n] + turn
		done[it.Session] = slots[i]
	}
	return waits
}

func soonest(slots []time.Duration) int {
	best := 0
	for i := range slots {
		if slots[i] < slots[best] {
			best = i
		}
	}
	return best
}

// tell lets every waiting prompt know where it stands, when that has changed.
func (s *State) tell() {
	if s.queue.Len() == 0 {
		return
	}
	s.order = s.queue.Order(s.order[:0])
	var guesses []time.Duration
	for i, it := range s.order {
		p := s.prompts[it.ID]
		if p.told.Position == i+1 && p.told.Reason == p.blocked {
			continue
		}
		if guesses == nil {
			guesses = s.estimates(s.now)
		}
		p.told = Queued{Prompt: p.Prompt, Session: p.Session, Position: i + 1, Wait: guesses[i], Reason: p.blocked}
		if p.guess < 0 {
			p.guess = guesses[i]
		}
		s.decide(p.told)
	}
}

// Message is what a user is told of his place in line.
func Message(position int) string {
	return fmt.Sprintf("High demand - you're #%d in queue", position)
}

// Words says a wait as people do: "40 seconds", "2 minutes".
func Words(d time.Duration) string {
	round := []struct {
		below, unit time.Duration
	}{{time.Second, 0}, {10 * time.Second, time.Second}, {time.Minute, 5 * time.Second}, {time.Hour, time.Minute}}
	i := slices.IndexFunc(round, func(r struct{ below, unit time.Duration }) bool { return d < r.below })
	switch {
	case i == 0:
		return "a moment"
	case i > 0:
		d = time.Duration(math.Ceil(float64(d)/float64(round[i].unit))) * round[i].unit
	default:
		return plural(int(math.Ceil(d.Hours())), "hour")
	}
	if d < time.Minute {
		return plural(int(d.Seconds()), "second")
	}
	return plural(int(d.Minutes()), "minute")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
