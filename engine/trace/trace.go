// Package trace is the flight recorder and what can be done with its recordings. The governor is a pure
// function of time and events: a file that holds its inputs holds all that it did, and can be asked what it
// would have done.
//
// The format is JSON lines in zstd frames; docs/trace-format.md describes it. Where things are:
//
//	fields.go    which fields are written, and which text never is
//	encode.go    steps to lines, without allocating
//	decode.go    lines to steps
//	frames.go    where frames begin and end, also in a damaged file
//	read.go      a file, or a folder of them, from beginning to end
//	recorder.go  takes steps from the engine's loop; never waits
//	segments.go  writes them to disk, within a bound
//	write.go     writes a recording of something simulated
//	replay.go    has this build's governor decide again, and compares
//	model.go     how processes use memory: what a simulation moves
//	fit.go       such models, taken from a recording
//	lives.go     what was asked of a server, and what that made its agents do
//	world.go     a machine that carries a governor's decisions out, on a virtual clock
//	whatif.go    a recording under other settings
//	tally.go     what came of it: peaks, waits, kills
//	show.go      a recording as text for people
//	report.go    the same as a page with charts
package trace

import (
	"time"

	"coder1/engine/governor"
)

// FormatVersion is written into every head. A reader takes any file whose version is not above its own, and
// skips lines and fields that it does not know.
const FormatVersion = 1

// Head begins a stretch of a recording: all that is needed to go on from there. A file begins with one, and
// has another wherever something was lost.
type Head struct {
	Trace    int           // FormatVersion
	Run      string        // random; the same for all heads of one server's life
	Build    string        // version of the program
	Platform string        // such as "linux/amd64"
	Time     time.Time     // of the wall clock
	At       time.Duration // the governor's time
	Lost     int           // steps before this head that could not be recorded
	Settings governor.Config
	State    governor.Snapshot
}

// Step is an input of the governor and what it decided. Its slices are only valid until the next one is read.
type Step struct {
	Line      int // in the file, from 1
	At        time.Duration
	Name      string         // of the event, such as "promptOffered"
	Event     governor.Event // nil for one that this build does not know
	Decisions []governor.Decision
	Unknown   int  // decisions that this build does not know
	Cut       bool // the file breaks off here: there may have been more decisions
}

// End says that the recording was ended on purpose.
type End struct{ How string }

// How a recording ends.
const (
	Closed = "closed" // the server was stopped
	Next   = "next"   // it goes on with the next head
	Died   = "died"   // a simulated server was killed for want of memory; a real one leaves no end
)

// Damage is a part of a file that could not be read. What follows it begins with a Head.
type Damage struct {
	Offset int64  `json:"offset"` // of the frame in the file
	Reason string `json:"reason"`
}

// Item is a Head, Step, End or Damage.
type Item interface{ item() }

func (Head) item()   {}
func (Step) item()   {}
func (End) item()    {}
func (Damage) item() {}
