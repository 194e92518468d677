package trace

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"coder1/engine/governor"
)

// Row is a line of a comparison, in words.
type Row struct{ Name, Recorded, Here string }

// Rows compares what was recorded with what would have been.
func (o *Outcome) Rows() []Row {
	rows := []Row{{"settings", settingsWords(o.Recorded.settings), settingsWords(o.Settings)}, {"the server", survival(&o.Recorded), o.survival()}}
	here := o.Here.Rows()
	for i, r := range o.Recorded.Rows() {
		rows = append(rows, Row{r[0], r[1], here[i][1]})
	}
	return rows
}

// Rows are the tally in words: names and figures.
func (t *Tally) Rows() [][2]string {
	count := func(name string, n int) [2]string { return [2]string{name, fmt.Sprint(n)} }
	return [][2]string{
		{"most memory in use", fmt.Sprintf("%d MB", t.Peak>>20)},
		{"most that was pinned", fmt.Sprintf("%d MB", t.PeakPinned>>20)},
		{"time from warning on", brief(t.OverWarning)},
		{"time from panic on", brief(t.OverPanic)},
		{"wait, half of the prompts", brief(t.Wait(0.5))},
		{"wait, 99 of 100 prompts", brief(t.Wait(0.99))},
		count("prompts accepted", t.Prompts),
		count("prompts refused", t.Refused),
		count("turns finished", t.Finished),
		count("turns cut short, to run again", t.Requeued),
		count("turns given up", t.Failed),
		count("processes sent away", t.Evictions),
		count("frozen", t.Freezes),
		count("commands killed", t.Killed),
		count("agents killed", t.KilledAgent),
	}
}

func settingsWords(c governor.Config) string {
	words := fmt.Sprintf("%d MB, hard limit %d; %d turns, %d processes", c.Budget>>20, c.Hard>>20, c.MaxAgents, c.MaxProcesses)
	if c.Unpooled {
		words = fmt.Sprintf("%d MB, hard limit %d; no pool", c.Budget>>20, c.Hard>>20)
	}
	return words
}

// survival says how the server fared here. What would have come after the recorded one died is not known.
func (o *Outcome) survival() string {
	if o.Unknown > 0 && o.Here.Died == 0 {
		return "lives as long"
	}
	return survival(&o.Here)
}

func survival(t *Tally) string {
	switch t.Died {
	case 0:
		return "lives"
	case 1:
		return "dies after " + brief(t.DiedAt)
	}
	return fmt.Sprintf("dies %d times, first after %s", t.Died, brief(t.DiedAt))
}

// brief is a duration as precise as it matters.
func brief(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < 10*time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	words := d.Round(time.Second).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(words, zero) {
			words = words[:len(words)-2]
		}
	}
	return words
}

// Write writes the comparison as a table, and what was the first to be different.
func (o *Outcome) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\trecorded\there") // Flush tells
	for _, r := range o.Rows() {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\n", r.Name, r.Recorded, r.Here)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, line := range o.Notes() {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

const unknownNote = "The recorded server died for want of memory. Where it would have lived on, what would have come then is not known: it is not in the recording."

// Notes say how far the comparison can be trusted.
func (o *Outcome) Notes() []string {
	var notes []string
	if o.Unknown > 0 {
		notes = append(notes, unknownNote)
	} else if len(o.Divergences) == 0 {
		notes = append(notes, "Nothing would have been different: no decision that matters to a process is another one.")
	}
	for _, d := range o.Divergences {
		notes = append(notes, fmt.Sprintf("Simulated from %s on, where after “%s” the governor decides %s instead of %s.",
			d.Time.Format(time.DateTime), d.Input, listed(d.Here), listed(d.Recorded)))
	}
	if o.Guessed > 0 && len(o.Divergences) > 0 {
		notes = append(notes, fmt.Sprintf("%d commands were killed in the recording. How they would have gone on is not known: here they go on growing as they did.", o.Guessed))
	}
	if o.Lost > 0 {
		notes = append(notes, fmt.Sprintf("%d inputs could not be recorded.", o.Lost))
	}
	for _, d := range o.Damage {
		notes = append(notes, fmt.Sprintf("The part of the file that begins at byte %d is damaged: %s. What can be read of it was used.", d.Offset, d.Reason))
	}
	return notes
}

func listed(decisions []string) string {
	if len(decisions) == 0 {
		return "nothing"
	}
	return "“" + strings.Join(decisions, "; ") + "”"
}

// Sweep is what a recording would have been under a row of settings.
type Sweep struct {
	Name   string // of what is swept
	Values []int64
	Here   []Outcome
}

// Write writes a line for each value: the curve of survival.
func (s *Sweep) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintf(t, "%s\tthe server\tpeak\tfrom panic on\twait, half\t99 of 100\tfinished\tcut short\tfrozen\tkilled\trefused\n", s.Name) // Flush tells
	for i, v := range s.Values {
		h := &s.Here[i].Here
		_, _ = fmt.Fprintf(t, "%d\t%s\t%d MB\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", v, s.Here[i].survival(), h.Peak>>20, brief(h.OverPanic),
			brief(h.Wait(0.5)), brief(h.Wait(0.99)), h.Finished, h.Requeued, h.Freezes, h.Killed+h.KilledAgent, h.Refused)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if slices.ContainsFunc(s.Here, func(o Outcome) bool { return o.Unknown > 0 }) {
		_, err := fmt.Fprintln(w, unknownNote)
		return err
	}
	return nil
}

//go:embed report.html
var pageHead string

// Report is a page with charts that needs nothing but itself.
type Report struct {
	File    string
	Summary Summary
	Outcome *Outcome
	Sweep   *Sweep

	recorded, here *chart
}

// NewReport makes a Report of a recording; its Observer is to be given to WhatIf.
func NewReport(f *File, s Summary) *Report {
	return &Report{File: f.Name, Summary: s}
}

// Observer collects what the charts show.
func (r *Report) Observer() Observer {
	return Observer{
		Settings: func(recorded, here governor.Config) {
			if r.recorded == nil {
				r.recorded = newChart(r.Summary.Begin, r.Summary.End, recorded)
				r.here = newChart(r.Summary.Begin, r.Summary.End, here)
			}
		},
		Recorded: func(at time.Time, ev governor.Event, out []governor.Decision) { r.recorded.step(at, ev, out) },
		Here:     func(at time.Time, ev governor.Event, out []governor.Decision) { r.here.step(at, ev, out) },
	}
}

// Write writes the page. It is put together by hand: the server, which holds its program in memory, has no
// other use for a template engine.
func (r *Report) Write(w io.Writer) error {
	p := page{}
	p.b.WriteString(pageHead)
	p.add("<h1>Flight recording</h1>\n<p class=\"dim\">%s · %s to %s UTC · Coder1 %s</p>\n", r.File, r.Summary.Begin.UTC().Format(time.DateTime),
		r.Summary.End.UTC().Format(time.DateTime), strings.Join(r.Summary.Builds, ", "))
	if r.Outcome != nil {
		p.comparison(r.Outcome)
	}
	if r.recorded != nil {
		p.picture(r.recorded.draw("As it was"))
		if len(r.Outcome.Divergences) > 0 {
			p.picture(r.here.draw("As it would have been"))
		}
	}
	if r.Sweep != nil {
		p.sweep(r.Sweep)
	}
	p.b.WriteString("</html>\n")
	_, err := io.WriteString(w, p.b.String())
	return err
}

// page is the text of a page.
type page struct{ b strings.Builder }

// add appends to the page; texts among the arguments are escaped.
func (p *page) add(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = html.EscapeString(text)
		}
	}
	fmt.Fprintf(&p.b, format, args...)
}

func (p *page) comparison(o *Outcome) {
	p.add("<table>\n<tr><th></th><th>as it was</th><th>as it would have been</th></tr>\n")
	for _, row := range o.Rows() {
		p.add("<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n", row.Name, row.Recorded, row.Here)
	}
	p.add("</table>\n")
	for _, note := range o.Notes() {
		p.add("<p>%s</p>\n", note)
	}
}

// svg appends a drawing of some height.
func (p *page) svg(height int, label string, draw func()) {
	p.add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n", drawingWide, height, label)
	draw()
	p.add("</svg>\n")
}

func (p *page) picture(pic picture) {
	p.add("<h2>%s</h2>\n<div class=\"legend\">", pic.Title)
	for _, a := range pic.Areas {
		p.add("<span><i class=\"c%d\"></i>%s, at most %s</span>", a.Color, a.Name, a.Peak)
	}
	p.add("</div>\n")
	p.svg(memoryHeight, "Memory by owner. "+pic.Title, func() {
		for _, a := range pic.Areas {
			p.add("<path class=\"c%d\" d=\"%s\"><title>%s</title></path>\n", a.Color, a.Path, a.Name)
		}
		for _, l := range pic.Limits {
			p.add("<path class=\"limit %s\" d=\"M0 %dH%d\"/><text x=\"4\" y=\"%d\" dy=\"-3\">%s</text>\n", l.Class, l.Y, drawingWide, l.Y, l.Name)
		}
	})
	p.svg(14, "Decisions", func() {
		for _, m := range pic.Marks {
			p.add("<rect class=\"%s\" x=\"%d\" y=\"2\" width=\"2\" height=\"10\"><title>%s</title></rect>\n", m.Kind, m.X, m.Title)
		}
	})
	p.svg(queueHeight, "Prompts that wait", func() {
		p.add("<path class=\"queue\" d=\"%s\"/><text x=\"4\" y=\"12\">prompts that wait, at most %d</text>\n", pic.Queue, pic.Most)
	})
	p.svg(14, "Time", func() {
		for _, h := range pic.Hours {
			p.add("<text class=\"axis\" x=\"%d\" y=\"11\">%s</text>\n", h.X, h.Text)
		}
	})
	p.add("<p class=\"dim\">Marks: ")
	for _, m := range [][2]string{{"freeze", "frozen"}, {"kill", "killed"}, {"evict", "sent away"}, {"refuse", "refused"}, {"ended", "turn ended by the governor"}} {
		p.add("<span class=\"mark\"><i class=\"%s\"></i>%s</span> ", m[0], m[1])
	}
	if pic.More > 0 {
		p.add("%d more are not shown.", pic.More)
	}
	p.add("</p>\n")
}

func (p *page) sweep(s *Sweep) {
	c := s.curve()
	p.add("<h2>Survival by %s</h2>\n", s.Name)
	p.svg(200, "Turns finished, and waits", func() {
		p.add("<path class=\"done\" d=\"%s\"/><path class=\"wait\" d=\"%s\"/>\n", c.Finished, c.Waits)
		for _, at := range c.Points {
			class := "alive"
			if at.Dead {
				class = "dead"
			}
			p.add("<circle class=\"%s\" cx=\"%d\" cy=\"%d\" r=\"4\"><title>%s</title></circle>", class, at.X, at.Y, at.Title)
			p.add("<text class=\"axis\" x=\"%d\" y=\"196\" text-anchor=\"middle\">%d</text>\n", at.X, at.Value)
		}
	})
	p.add("<p class=\"dim\">Solid: turns finished, at most %d. Dashed: the wait that 99 of 100 prompts stay below, at most %s. Red: the server dies.</p>\n", c.Most, c.Longest)
}

// curve is the picture of a Sweep: what was finished, and where the server lives.
type curve struct {
	Finished string // a path
	Waits    string
	Most     int
	Longest  string
	Points   []curvePoint
}

type curvePoint struct {
	X, Y  int
	Dead  bool
	Value int64
	Title string
}

func (s *Sweep) curve() *curve {
	c := &curve{}
	longest := time.Duration(1)
	for i := range s.Here {
		c.Most = max(c.Most, s.Here[i].Here.Finished)
		longest = max(longest, s.Here[i].Here.Wait(0.99))
	}
	c.Longest = brief(longest)
	low, high := slices.Min(s.Values), slices.Max(s.Values)
	for i, v := range s.Values {
		h := &s.Here[i].Here
		x := 30 + int((v-low)*(drawingWide-60)/max(1, high-low))
		y := 180 - h.Finished*160/max(1, c.Most)
		c.Points = append(c.Points, curvePoint{x, y, h.Died > 0, v, fmt.Sprintf("%d: %s, %d turns finished, peak %d MB", v, s.Here[i].survival(), h.Finished, h.Peak>>20)})
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		c.Finished += fmt.Sprintf("%s%d %d", verb, x, y)
		c.Waits += fmt.Sprintf("%s%d %d", verb, x, 180-int(float64(h.Wait(0.99))/float64(longest)*160))
	}
	return c
}
