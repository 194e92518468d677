package trace

import (
	"math"
	"sort"
	"time"
)

// How processes use memory, so that a simulation can tell what they would have used under other
// circumstances. fit.go takes such models from a recording; a scenario may write them down.

// Shape is memory by age: a straight line from point to point, in order of age. The age of a process is the
// time that it ran: it does not get older while it stands still.
type Shape struct {
	Points []Point
	Then   int64 // bytes per second by which it grows after the last point
}

// Point is a size, in bytes, at an age.
type Point struct {
	Age   time.Duration
	Bytes int64
}

// Flat is a shape that has the same size at any age.
func Flat(bytes int64) Shape { return Shape{Points: []Point{{0, bytes}}} }

// Ramp is a shape that grows from nothing to a size, and stays there.
func Ramp(bytes int64, over time.Duration) Shape {
	return Shape{Points: []Point{{0, 0}, {over, bytes}}}
}

// At is the size at an age.
func (s Shape) At(age time.Duration) int64 {
	i := sort.Search(len(s.Points), func(i int) bool { return s.Points[i].Age > age })
	switch {
	case len(s.Points) == 0:
		return int64(float64(s.Then) * max(0, age.Seconds()))
	case i == 0:
		return s.Points[0].Bytes
	case i == len(s.Points):
		last := s.Points[i-1]
		return last.Bytes + int64(float64(s.Then)*(age-last.Age).Seconds())
	}
	a, b := s.Points[i-1], s.Points[i]
	return a.Bytes + int64(float64(b.Bytes-a.Bytes)*float64(age-a.Age)/float64(b.Age-a.Age))
}

// Never is longer than anything lasts.
const Never = time.Duration(math.MaxInt64)

// Steady is how long from an age the size stays within some bytes of what it is then.
func (s Shape) Steady(age time.Duration, bytes int64) time.Duration {
	from := s.At(age)
	at := Point{age, from}
	i := sort.Search(len(s.Points), func(i int) bool { return s.Points[i].Age > age })
	for ; i < len(s.Points); i++ {
		if p := s.Points[i]; abs(p.Bytes-from) >= bytes {
			share := float64(bytes-abs(at.Bytes-from)) / float64(max(1, abs(p.Bytes-at.Bytes)))
			return at.Age - age + time.Duration(min(max(share, 0), 1)*float64(p.Age-at.Age))
		}
		at = s.Points[i]
	}
	if s.Then == 0 {
		return Never
	}
	left := float64(bytes-abs(at.Bytes-from)) / math.Abs(float64(s.Then)) * float64(time.Second)
	if left > float64(Never/2) {
		return Never
	}
	return at.Age - age + time.Duration(left)
}

func abs(n int64) int64 { return max(n, -n) }

// add takes in a measured size. Sizes that are as good as the last one are left out.
func (s *Shape) add(age time.Duration, bytes int64) {
	const tolerance = 256 << 10
	n := len(s.Points)
	p := Point{age, bytes}
	switch {
	case n > 0 && age <= s.Points[n-1].Age:
		s.Points[n-1].Bytes = bytes
	case n > 1 && abs(s.Points[n-1].Bytes-s.Points[n-2].Bytes) < tolerance && abs(bytes-s.Points[n-2].Bytes) < tolerance:
		s.Points[n-1] = p // the level goes on
	default:
		s.Points = append(s.Points, p)
	}
}

// Turn is what the turn of a prompt does. Its age is the time since the agent was given the prompt, without
// the time for which it had to wait for a command that stood still or waited to begin.
type Turn struct {
	Length   time.Duration
	Responds time.Duration // age at which the first answer comes
	Grows    Shape         // what the agent gains on what it had when the turn began; may fall below 0
	Commands []Command
	History  int64 // bytes to be resumed when it has ended
	Tied     bool  // the process cannot be cleared for another session afterwards
}

// Command is a shell command that an agent runs.
type Command struct {
	Name   string
	After  time.Duration // age of the turn at which it is asked for
	Length time.Duration // Never for one that does not end by itself
	Helper bool
	Uses   Shape
}

// Start is what it takes to get a process ready.
type Start struct {
	Ready time.Duration
	Uses  Shape // of a new process, from its start

	Leaves time.Duration // what it takes to be gone when asked to go; 0 for the usual
}

// Base is the memory of the server and of what belongs to nobody, in bytes.
type Base struct {
	Used   int64 // beside the processes
	Files  int64 // what of all that is used the system can drop: mapped files
	Shared int64
}
