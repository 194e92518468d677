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
}

// firstTurn is the length of a turn to assume before one was measured.
const firstTurn = 30 * time.Second

// smoothing is the weight of a new measurement.
const smoothing = 0.2

func smooth(old, new time.Duration) time.Duration {
	return old + time.Duration(smoothing*float64(new-old))
}

func (w *waits) measure(turn time.Duration) { w.turn = smooth(w.turn, turn) }

func (w *waits) compare(guess, actual time.Duration) {
	if guess < 0 {
		return
	}
	w.error = smooth(w.error, (guess - actual).Abs())
	w.count++
}

// estimates says how long each prompt in s.order has to wait: each takes the slot that is
// expected to be free first, and holds it for the length of a turn (Little's law, one prompt at a time).
// A running turn is expected to take the rest of a usual turn, and at least a quarter of one.
func (s *State) estimates(now time.Duration) []time.Duration {
	turn := s.waits.turn
	slots := make([]time.Duration, max(1, s.slots()))
	for i, r := range s.running {
		left := max(turn-(now-r.since), turn/4)
		if i < len(slots) {
			slots[i] = left
		}
	}
	waits := make([]time.Duration, len(s.order))
	for n := range waits {
		i := soonest(slots)
		waits[n] = slots[i]
		slots[i] += turn
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
