package scenario

import (
	"maps"
	"slices"
	"strings"
	"time"

	"coder1/engine/trace"
)

// Shape names a way of using memory.
type Shape string

// shapes make a use of memory of the most bytes and the length of a command.
var shapes = map[Shape]func(most int64, length time.Duration) trace.Shape{
	"steady":      func(most int64, _ time.Duration) trace.Shape { return trace.Ramp(most, 300*time.Millisecond) },
	"burst":       points(0, 0, 5, 10, 20, 100, 60, 100, 65, 15, 100, 15),
	"test run":    points(0, 0, 5, 40, 25, 45, 30, 70, 50, 75, 55, 100, 85, 100, 90, 30, 100, 25),
	"npm install": points(0, 0, 4, 30, 20, 40, 60, 80, 75, 100, 80, 60, 100, 50),
	"sawtooth":    sawtooth,
	"leak":        func(most int64, _ time.Duration) trace.Shape { return trace.Shape{Then: most} },
	"runaway":     func(most int64, _ time.Duration) trace.Shape { return trace.Shape{Then: most} },
}

func shapeNames() string {
	var names []string
	for _, s := range slices.Sorted(maps.Keys(shapes)) {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// points makes a line of percentages: of the length, of the most.
func points(percent ...int64) func(int64, time.Duration) trace.Shape {
	return func(most int64, length time.Duration) trace.Shape {
		var s trace.Shape
		for i := 0; i < len(percent); i += 2 {
			s.Points = append(s.Points, trace.Point{Age: length * time.Duration(percent[i]) / 100, Bytes: most * percent[i+1] / 100})
		}
		return s
	}
}

// sawtooth fills and is collected, as a program with a garbage collector: five times.
func sawtooth(most int64, length time.Duration) trace.Shape {
	const teeth = 5
	var s trace.Shape
	for i := range time.Duration(teeth) {
		s.Points = append(s.Points, trace.Point{Age: length * i / teeth, Bytes: most / 4 * min(int64(i), 1)},
			trace.Point{Age: length * (i + 1) / teeth * 99 / 100, Bytes: most})
	}
	return s
}
