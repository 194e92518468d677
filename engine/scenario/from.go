package scenario

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"coder1/engine/trace"
)

// From writes a scenario, as YAML, of what a recording shows of a life of the server: every prompt when it came
// and what its commands used. Of it only the last stretch is taken, 0 for the whole. settings are by their public
// names.
func From(work *trace.Work, life *trace.Life, last time.Duration, settings map[string]string) ([]byte, error) {
	w := writer{work: work, life: life, people: map[string]string{}, sessions: map[string]string{}, count: map[string]int{}}
	w.asked = life.Asked
	if last > 0 {
		w.asked = slices.DeleteFunc(slices.Clone(w.asked), func(a trace.Asked) bool { return a.At < life.End-last })
	}
	if len(w.asked) == 0 {
		return nil, fmt.Errorf("nobody asked for anything in the life of the server that began on %s", life.Began.Format(time.DateTime))
	}
	if len(w.asked) > maxPrompts {
		return nil, fmt.Errorf("%d prompts are too many for a scenario, which has at most %d: take a shorter stretch", len(w.asked), maxPrompts)
	}
	w.begin = w.asked[0].At - lead
	w.head(settings)
	for i := range w.asked {
		w.prompt(&w.asked[i])
	}
	w.faults()
	return w.out.Bytes(), nil
}

// lead is when the first prompt of a scenario comes.
const lead = 2 * time.Second

// writer writes a scenario.
type writer struct {
	work     *trace.Work
	life     *trace.Life
	asked    []trace.Asked
	begin    time.Duration
	out      bytes.Buffer
	people   map[string]string // as recorded -> as written
	sessions map[string]string
	count    map[string]int // sessions of a user
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

func (w *writer) head(settings map[string]string) {
	fate := "was stopped, or still ran"
	if w.life.Died {
		fate = "died"
	}
	w.line("about: What a server did that began on %s and %s, as it was recorded.", w.life.Began.UTC().Format(time.DateTime), fate)
	w.line("length: %s", written(w.life.End-w.begin+time.Second))
	if w.life.Died {
		w.line("expect: dies")
	}
	if own := w.work.Most(w.life.Run); own.Used > own.Files {
		w.line("server: %d", max(1, (own.Used-own.Files)>>20))
	}
	if len(settings) > 0 {
		w.line("settings:")
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		w.line("  %s: %q", name, settings[name])
	}
	w.line("prompts:")
}

func (w *writer) prompt(a *trace.Asked) {
	w.line("  - at: %s", written(a.At-w.begin))
	w.line("    user: %s", w.person(a.Offer.User))
	w.line("    session: %s", w.session(a.Offer.User, a.Offer.Session))
	w.line("    agent: %s", agentOf(a.Offer.Agent))
	turn := a.Turn
	if !a.Ran {
		w.line("    # It never ran: what it would have done is not known. This is a usual turn.")
		turn = w.work.Turn("")
	} else if !a.Whole {
		w.line("    # It did not come to its end.")
	}
	w.line("    turn:")
	w.line("      length: %s", written(max(turn.Length, time.Millisecond)))
	if gains := gained(a, &turn) >> 20; gains > 0 {
		w.line("      gains: %d", gains)
	}
	if len(turn.Commands) > 0 {
		w.line("      commands:")
	}
	for i := range turn.Commands[:min(len(turn.Commands), maxCommand)] {
		w.command(&turn.Commands[i])
	}
}

// gained is by how many bytes an agent grew, beside what it takes to start in a scenario.
func gained(a *trace.Asked, turn *trace.Turn) int64 {
	grown := turn.Grows.At(turn.Length)
	if a.Fresh {
		grown += a.Start - Weights(agentOf(a.Offer.Agent)).Private
	}
	return max(0, grown)
}

func (w *writer) command(c *trace.Command) {
	w.line("        - name: %s", strconv.Quote(inALine(c.Name)))
	w.line("          at: %s", written(max(c.After, time.Millisecond)))
	switch then := c.Uses.Then >> 20; {
	case c.Length != trace.Never:
		w.line("          length: %s", written(max(c.Length, time.Millisecond)))
	case then > 0:
		w.line("          then: %d # how it would have gone on is a guess", then)
	default:
		w.line("          length: 10m # its end is not known")
	}
	w.line("          points: %s", pointsText(c.Uses.Points))
}

// inALine is a command as a scenario has it: one of several lines is written in one.
func inALine(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, name)
}

// person is a user's name in the scenario: recordings have aliases, which say nothing.
func (w *writer) person(user string) string {
	if w.people[user] == "" {
		w.people[user] = fmt.Sprintf("user%d", len(w.people)+1)
	}
	return w.people[user]
}

func (w *writer) session(user, session string) string {
	if w.sessions[session] == "" {
		name := w.person(user)
		w.count[name]++
		w.sessions[session] = fmt.Sprintf("%s/%d", name, w.count[name])
	}
	return w.sessions[session]
}

// agentOf is the agent of a scenario that is most like a recorded one.
func agentOf(agent string) string {
	if agent == "demo" {
		return agent
	}
	return "claude"
}

func (w *writer) faults() {
	var blind []trace.Stretch
	for _, s := range w.life.Blind {
		if s.To = min(s.To, w.life.End+time.Second); s.From >= w.begin && s.To > s.From && len(blind) < maxSpans {
			blind = append(blind, s)
		}
	}
	if len(blind) > 0 {
		w.line("faults:\n  no-meter:")
	}
	for _, s := range blind {
		w.line("    - {from: %s, for: %s}", written(s.From-w.begin), written(s.To-s.From))
	}
	for _, at := range w.life.Crashes {
		if at >= w.begin {
			w.line("# After %s an agent was killed by something else.", written(at-w.begin))
		}
	}
}

// written is a time as a scenario has it.
func written(d time.Duration) string { return max(0, d).Round(time.Millisecond).String() }

// pointsText is a shape as a scenario has it, with no more points than it needs.
func pointsText(points []trace.Point) string {
	most := int64(0)
	for _, p := range points {
		most = max(most, p.Bytes)
	}
	within := max(1<<20, most/50)
	kept := simpler(points, within)
	for len(kept) > maxPoints {
		within *= 2
		kept = simpler(points, within)
	}
	if len(kept) == 0 {
		kept = []trace.Point{{}}
	}
	var b strings.Builder
	last := time.Duration(-1)
	for _, p := range kept {
		age := p.Age.Round(time.Millisecond)
		if age <= last {
			continue
		}
		if last >= 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %.1f", age, float64(max(0, p.Bytes))/(1<<20))
		last = age
	}
	return b.String()
}

// simpler leaves out points that are near the line between others (Ramer, Douglas and Peucker).
func simpler(points []trace.Point, within int64) []trace.Point {
	if len(points) < 3 {
		return points
	}
	first, last := points[0], points[len(points)-1]
	far, at := within, 0
	for i, p := range points[1 : len(points)-1] {
		share := float64(p.Age-first.Age) / float64(max(1, last.Age-first.Age))
		line := first.Bytes + int64(share*float64(last.Bytes-first.Bytes))
		if off := max(p.Bytes-line, line-p.Bytes); off > far {
			far, at = off, i+1
		}
	}
	if at == 0 {
		return []trace.Point{first, last}
	}
	left := simpler(points[:at+1], within)
	return slices.Concat(left[:len(left)-1], simpler(points[at:], within))
}
