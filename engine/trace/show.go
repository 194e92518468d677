package trace

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
	"slices"
	"time"

	"coder1/engine/governor"
)

// Show writes a recording for people: the inputs with the memory in use at the time, and what was decided. The
// reasons are not in the recording: they are those of this build's governor, which is asked again; where it
// decides otherwise, what was recorded is shown without. Samples and ticks that nothing followed are left out
// unless all is wanted.
func Show(w io.Writer, f *File, all bool) error {
	s := shower{out: bufio.NewWriter(w), all: all}
	for it := range f.Items() {
		s.item(it)
	}
	return s.out.Flush()
}

type shower struct {
	player
	out  *bufio.Writer
	all  bool
	used int64
	day  string
}

func (s *shower) item(it Item) {
	switch it := it.(type) {
	case Head:
		fresh := it.Run != s.head.Run
		s.take(it)
		s.begun(it, fresh)
	case Step:
		s.take(it)
		s.stepped(&it)
	case End:
		switch it.How {
		case Closed:
			s.line("the server was stopped")
		case Died:
			s.line("THE SERVER DIED for want of memory")
		}
	case Damage:
		s.take(it)
		s.line("DAMAGED from byte " + fmt.Sprint(it.Offset) + " on: " + it.Reason)
	}
}

// line writes a line with the time and the memory in use.
func (s *shower) line(text string) {
	now := s.wall()
	if day := now.Format("Monday, 2 January 2006, MST"); day != s.day {
		s.day = day
		s.print("%s\n", day)
	}
	s.print("%s %5d MB  %s\n", now.Format("15:04:05.000"), s.used>>20, text)
}

func (s *shower) print(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format, args...) // Flush tells
}

func (s *shower) begun(h Head, fresh bool) {
	c := h.Settings
	switch {
	case fresh:
		s.used = h.State.Memory.Used
		s.line(fmt.Sprintf("RECORDING of Coder1 %s (%s): budget %d MB, warning %d, panic %d, hard limit %d; %d turns at once, %d processes",
			h.Build, h.Platform, c.Budget>>20, c.Warning>>20, c.Panic>>20, c.Hard>>20, c.MaxAgents, c.MaxProcesses))
	case h.Lost > 0:
		s.line(fmt.Sprintf("LOST: %d inputs could not be recorded", h.Lost))
	}
}

func (s *shower) stepped(step *Step) {
	quiet := false
	switch e := step.Event.(type) {
	case governor.Sample:
		s.used, quiet = e.Used, true
	case governor.Tick:
		quiet = true
	case nil:
		s.line(spaced(step.Name) + " (this build does not know it)")
		return
	}
	if quiet && !s.all && len(step.Decisions) == 0 {
		return
	}
	s.line(describe(step.Event))
	agree := s.Difference == nil && len(s.player.out) == len(step.Decisions)
	for i, d := range step.Decisions {
		reason := ""
		if agree {
			reason = reasonOf(s.player.out[i])
		}
		s.print("%24s→ %s%s\n", "", describe(d), reason)
	}
	if s.Difference != nil {
		s.print("%24s(this build decides otherwise here: `coder1 replay` says how)\n", "")
		s.Difference, s.state = nil, nil
	}
}

// reasonOf is why something was decided, in words that follow what it is.
func reasonOf(d governor.Decision) string {
	if f := reflect.ValueOf(d).FieldByName("Reason"); f.IsValid() && f.String() != "" {
		return ": " + f.String()
	}
	return ""
}

// Summary is what can be said of a recording without replaying it.
type Summary struct {
	Size      int       // bytes of the file
	Begin     time.Time // of the first head
	End       time.Time // of the last step
	Lives     int       // of the server
	Lost      int       // steps that could not be recorded
	Builds    []string
	Platforms []string
	Inputs    map[string]int
	Decisions map[string]int
	Damage    []Damage
	Settings  governor.Config // the last ones
	Tally     Tally

	stopped bool // the server of the last life
}

// Summarize reads a recording once.
func Summarize(f *File) Summary {
	s := Summary{Size: f.Size, Inputs: map[string]int{}, Decisions: map[string]int{}}
	var head Head
	for it := range f.Items() {
		switch it := it.(type) {
		case Head:
			s.begin(&head, it)
		case Step:
			s.Inputs[spaced(it.Name)]++
			for _, d := range it.Decisions {
				s.Decisions[spaced(lowerFirst(reflect.TypeOf(d).Name()))]++
			}
			s.End = head.Time.Add(it.At - head.At)
			s.Tally.Step(it.At, it.Event, it.Decisions)
		case End:
			if s.stopped = it.How != Next; it.How == Died {
				s.Tally.Die()
			}
		case Damage:
			s.Damage = append(s.Damage, it)
		}
	}
	return s
}

func (s *Summary) begin(before *Head, h Head) {
	s.Builds, s.Platforms = with(s.Builds, h.Build), with(s.Platforms, h.Platform)
	s.Lost += h.Lost
	s.Settings = h.Settings
	if s.Begin.IsZero() {
		s.Begin, s.End = h.Time, h.Time
	}
	fresh := h.Run != before.Run
	if fresh {
		if s.Lives > 0 && !s.stopped {
			s.Tally.Die()
		}
		s.Lives++
		s.stopped = false
	}
	if fresh || h.Lost > 0 {
		s.Tally.Begin(h)
	}
	*before = h
}

// with is a list that has one in it.
func with(list []string, one string) []string {
	if slices.Contains(list, one) {
		return list
	}
	return append(list, one)
}
