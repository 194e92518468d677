package scenario

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"coder1/engine/trace"
)

// Write says what came of a run, for people.
func (r *Result) Write(w io.Writer) error {
	c := r.Settings
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(out, name+"\t"+format+"\n", args...) // Flush tells
	}
	fate := "lives"
	if r.Died > 0 {
		fate = "DIES after " + brief(r.DiedAfterMS)
	}
	line("scenario", "%s, seed %d, %s", r.Scenario, r.Seed, targetWords[r.Target])
	line("the server", "%s", fate)
	line("most memory in use", "%d MB, %d of it pinned; the budget is %d, the hard limit %d", r.PeakBytes>>20, r.PinnedBytes>>20, c.Budget>>20, c.Hard>>20)
	line("time above", "warning %s, panic %s, hard limit %s, of %s", brief(r.OverWarningMS), brief(r.OverPanicMS), brief(r.OverHardMS), brief(r.SpanMS))
	line("prompts", "%d accepted, %d refused; %s", r.Prompts, r.Refused, counted(r.Ended))
	line("longest wait", "%s; half waited at most %s", brief(r.WaitMaxMS), brief(r.WaitP50MS))
	line("stopped", "%d commands, %d agents; frozen %d times; %d idle agents given back; %d turns ran again",
		r.KilledCommands, r.KilledAgents, r.Freezes, r.Evictions, r.Requeued)
	if len(r.Broken) == 0 {
		line("rules", "all kept")
	}
	for i, b := range r.Broken {
		name := ""
		if i == 0 {
			name = "BROKEN"
		}
		line(name, "%s", b)
	}
	if r.More > 0 {
		line("", "and %d times more", r.More)
	}
	return out.Flush()
}

var targetWords = map[string]string{Sim: "simulated", "cloud": "for real, on the server", "desktop": "for real, in the desktop program"}

func brief(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	if d > 10*time.Second {
		d = d.Round(time.Second)
	}
	return d.String()
}

func counted(all map[string]int) string {
	if len(all) == 0 {
		return "none ended"
	}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		words = append(words, fmt.Sprintf("%d %s", all[name], name))
	}
	return strings.Join(words, ", ")
}

// Write says what a search found. took is how long it took.
func (f *Search) Write(w io.Writer, took time.Duration) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d of the seeds %d to %d, %s of the server's time in %s: %.0f seeds a second, %.0f times real time.\n", f.Scenario, f.Played,
		f.From, f.To, f.Span.Round(time.Second), took.Round(10*time.Millisecond), float64(f.Played)/took.Seconds(), f.Span.Seconds()/took.Seconds())
	fmt.Fprintf(&b, "Most memory in use: %d MB (seed %d), most that was pinned: %d MB (seed %d), longest wait: %s (seed %d). Frozen %d times, stopped %d times.\n",
		f.Peak.Value>>20, f.Peak.Seed, f.Pinned.Value>>20, f.Pinned.Seed, brief(f.Wait.Value), f.Wait.Seed, f.Frozen, f.Killed)
	if f.Failing == 0 {
		b.WriteString("Every rule was kept.\n")
	} else {
		fmt.Fprintf(&b, "%d seeds broke a rule:\n", f.Failing)
	}
	for _, r := range f.Broken {
		fmt.Fprintf(&b, "  %s: %d seeds, such as %s\n", r.Rule, r.Count, strings.Trim(strings.Join(strings.Fields(fmt.Sprint(r.Seeds)), ", "), "[]"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lastLines is how many of a run's last steps are shown.
const lastLines = 30

// Write shows the smallest run: its prompts, and its last steps.
func (s *Shrunk) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "The smallest run that breaks “%s”: %d of the %d prompts of seed %d.\n", s.Rule, len(s.Script.Prompts), s.Of, s.Seed)
	for _, p := range s.Script.Prompts {
		fmt.Fprintf(&b, "  %8s  %s asks in %s, for a turn of %s%s\n", clock(p.At), p.Offer.User, p.Offer.Session, p.Turn.Length, commandWords(p.Turn.Commands))
	}
	for _, at := range s.Script.Crashes {
		fmt.Fprintf(&b, "  %8s  an agent crashes\n", clock(at))
	}
	for _, win := range s.Script.NoMeter {
		fmt.Fprintf(&b, "  %8s  memory cannot be measured until %s\n", clock(win.From), clock(win.To))
	}
	for _, win := range s.Script.DiskFull {
		fmt.Fprintf(&b, "  %8s  the disk is full until %s\n", clock(win.From), clock(win.To))
	}
	if s.Script.slowBoot.Max > 0 {
		fmt.Fprintf(&b, "  agents take %s to %s to start\n", s.Script.slowBoot.Min, s.Script.slowBoot.Max)
	}
	for _, br := range s.Result.Broken {
		fmt.Fprintf(&b, "Broken: %s\n", br)
	}
	var story bytes.Buffer
	if err := trace.Show(&story, trace.Parse(s.record), false); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(story.String()), "\n")
	b.WriteString("Its last steps:\n")
	for _, line := range lines[max(0, len(lines)-lastLines):] {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	_, err := b.WriteTo(w)
	return err
}

func clock(d time.Duration) string { return fmt.Sprintf("%.3fs", d.Seconds()) }

func commandWords(all []trace.Command) string {
	var b strings.Builder
	for _, c := range all {
		length := "until it is stopped"
		if c.Length != trace.Never {
			length = "for " + c.Length.String()
		}
		fmt.Fprintf(&b, ", %s (after %s, %s, %s)", c.Name, c.After, length, sizeWords(c.Uses))
	}
	return b.String()
}

func sizeWords(s trace.Shape) string {
	if s.Then > 0 {
		return fmt.Sprintf("%d MB a second", s.Then>>20)
	}
	most := int64(0)
	for _, p := range s.Points {
		most = max(most, p.Bytes)
	}
	return fmt.Sprintf("up to %d MB", most>>20)
}
