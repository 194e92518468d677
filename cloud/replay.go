package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

type replayCommand struct {
	File string `arg:"" help:"A recording, or the folder of them (trace in the data folder)."`
	whatIf
	Sweep string `placeholder:"NAME=FROM..TO[:STEP]" help:"Try a row of values for limit, hard-limit, max-processes, max-agents or idle-timeout (seconds)."`
	JSON  bool   `help:"Print JSON."`
	HTML  string `placeholder:"FILE" help:"Write a page with charts."`
}

// whatIf are the settings that can be tried; those that are not given stay as recorded.
type whatIf struct {
	Limit        *int64         `placeholder:"MB" help:"MEMORY_LIMIT_MB. The thresholds and the hard limit keep their proportion to it unless given."`
	HardLimit    *int64         `placeholder:"MB" help:"What must never be used: the instance's memory."`
	Warning      *int64         `placeholder:"MB" help:"MEMORY_WARNING_THRESHOLD."`
	Panic        *int64         `placeholder:"MB" help:"MEMORY_PANIC_THRESHOLD."`
	MaxProcesses *int           `placeholder:"N" help:"MAX_CLAUDE_PROCESSES."`
	MaxAgents    *int           `placeholder:"N" help:"MAX_CONCURRENT_AGENTS."`
	IdleTimeout  *time.Duration `placeholder:"TIME" help:"PROCESS_IDLE_TIMEOUT, such as 30s."`
	Pool         *bool          `negatable:"" help:"PROCESS_POOL_ENABLED."`
	Queue        *bool          `negatable:"" help:"ENABLE_QUEUE_MANAGEMENT."`
	Degradation  *bool          `negatable:"" help:"ENABLE_GRACEFUL_DEGRADATION."`
	Aggressive   *bool          `negatable:"" help:"ENABLE_AGGRESSIVE_CLEANUP."`
}

func (w *whatIf) any() bool { return *w != whatIf{} }

// change makes the settings to be tried of the recorded ones.
func (w *whatIf) change(c *governor.Config) {
	if w.Limit != nil {
		of := func(n int64) int64 { return int64(float64(n) * float64(*w.Limit*governor.MB) / float64(c.Budget)) }
		c.Warning, c.Panic, c.Hard, c.Budget = of(c.Warning), of(c.Panic), of(c.Hard), *w.Limit*governor.MB
	}
	for _, s := range []struct {
		given *int64
		to    *int64
	}{{w.HardLimit, &c.Hard}, {w.Warning, &c.Warning}, {w.Panic, &c.Panic}} {
		if s.given != nil {
			*s.to = *s.given * governor.MB
		}
	}
	set(&c.MaxProcesses, w.MaxProcesses)
	set(&c.MaxAgents, w.MaxAgents)
	set(&c.IdleTimeout, w.IdleTimeout)
	for _, s := range []struct {
		given *bool
		off   *bool
	}{{w.Pool, &c.Unpooled}, {w.Queue, &c.NoQueue}, {w.Degradation, &c.NoDegradation}, {w.Aggressive, &c.NoAggression}} {
		if s.given != nil {
			*s.off = !*s.given
		}
	}
}

func set[T any](to, given *T) {
	if given != nil {
		*to = *given
	}
}

// check reports settings that cannot be.
func check(c governor.Config) error {
	mb := func(n int64) int64 { return n / governor.MB }
	switch {
	case c.Budget < 64*governor.MB:
		return fmt.Errorf("--limit is %d; it must be 64 or more", mb(c.Budget))
	case c.Panic > c.Budget:
		return fmt.Errorf("--panic is %d; it must not be above the limit (%d)", mb(c.Panic), mb(c.Budget))
	case c.Warning >= c.Panic || c.Warning <= 0:
		return fmt.Errorf("--warning is %d; it must be above 0 and below the panic threshold (%d)", mb(c.Warning), mb(c.Panic))
	case c.Hard != 0 && c.Hard <= c.Panic:
		return fmt.Errorf("--hard-limit is %d; it must be above the panic threshold (%d)", mb(c.Hard), mb(c.Panic))
	case c.MaxAgents < 1:
		return fmt.Errorf("--max-agents is %d; it must be 1 or more", c.MaxAgents)
	case c.MaxProcesses < 1:
		return fmt.Errorf("--max-processes is %d; it must be 1 or more", c.MaxProcesses)
	}
	return nil
}

// Run replays: to compare, or with other settings.
func (c *replayCommand) Run() error {
	f, err := load(c.File)
	if err != nil {
		return err
	}
	s := trace.Summarize(f)
	if s.Lives == 0 {
		return unreadable(f.Name, s.Damage)
	}
	tried := s.Settings
	c.change(&tried)
	if err := check(tried); err != nil {
		return err
	}
	report := trace.NewReport(f, s)
	compare := !c.any() && c.Sweep == ""
	if c.Sweep != "" {
		if report.Sweep, err = c.sweep(f); err != nil {
			return err
		}
	}
	if !compare && c.Sweep == "" || c.HTML != "" {
		o, err := trace.WhatIf(f, trace.Fit(f), c.change, report.Observer())
		if err != nil {
			return exitError{exitUnreadable, err}
		}
		report.Outcome = &o
	}
	if c.HTML != "" {
		if err := c.writePage(report); err != nil {
			return err
		}
	}
	switch {
	case compare:
		return c.compare(f, &s)
	case c.JSON:
		return printJSON(report)
	case report.Sweep != nil:
		return report.Sweep.Write(os.Stdout)
	}
	return report.Outcome.Write(os.Stdout)
}

func (c *replayCommand) writePage(r *trace.Report) error {
	file, err := os.Create(c.HTML)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	err = r.Write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		fmt.Fprintln(os.Stderr, "The page is in", c.HTML)
	}
	return err
}

// sweep tries a row of values.
func (c *replayCommand) sweep(f *trace.File) (*trace.Sweep, error) {
	name, values, err := parseSweep(c.Sweep)
	if err != nil {
		return nil, err
	}
	s := &trace.Sweep{Name: name, Values: values}
	fitted := trace.Fit(f)
	for _, v := range values {
		w := c.whatIf
		w.put(name, v)
		var bad error
		o, err := trace.WhatIf(f, fitted, func(cfg *governor.Config) {
			w.change(cfg)
			bad = check(*cfg)
		}, trace.Observer{})
		if bad != nil {
			return nil, fmt.Errorf("--sweep: with %s %d %w", name, v, bad)
		}
		if err != nil {
			return nil, exitError{exitUnreadable, err}
		}
		s.Here = append(s.Here, o)
	}
	return s, nil
}

// put sets a swept value.
func (w *whatIf) put(name string, v int64) {
	n := int(v)
	idle := time.Duration(v) * time.Second
	switch name {
	case "limit":
		w.Limit = &v
	case "hard-limit":
		w.HardLimit = &v
	case "max-processes":
		w.MaxProcesses = &n
	case "max-agents":
		w.MaxAgents = &n
	case "idle-timeout":
		w.IdleTimeout = &idle
	}
}

// maxSweep is how many values are tried.
const maxSweep = 200

// parseSweep reads NAME=FROM..TO[:STEP]. Without a step there are about a dozen values.
func parseSweep(text string) (name string, values []int64, err error) {
	form := fmt.Errorf("--sweep is %q; it must be like limit=256..1024 or max-processes=1..5:1", text)
	name, span, ok := strings.Cut(text, "=")
	steps := map[string]int64{"limit": 32, "hard-limit": 32, "max-processes": 1, "max-agents": 1, "idle-timeout": 5}
	unit, known := steps[name]
	if !ok || !known {
		return "", nil, form
	}
	var from, to, step int64
	if _, err := fmt.Sscanf(span, "%d..%d:%d", &from, &to, &step); err != nil {
		if n, _ := fmt.Sscanf(span, "%d..%d", &from, &to); n != 2 || strings.Contains(span, ":") {
			return "", nil, form
		}
		step = max((to-from)/12/unit, 1) * unit
	}
	if from <= 0 || to < from || step <= 0 || (to-from)/step >= maxSweep {
		return "", nil, form
	}
	for v := from; v <= to; v += step {
		values = append(values, v)
	}
	return name, values, nil
}

// compare has this build decide again, and says what is different.
func (c *replayCommand) compare(f *trace.File, s *trace.Summary) error {
	began := time.Now()
	r := trace.Replay(f)
	took := time.Since(began)
	if c.JSON {
		if err := encode(os.Stdout, r); err != nil {
			return err
		}
	} else {
		printResult(os.Stdout, &r, s, took)
	}
	if r.Difference != nil {
		return exitError{exitDifferent, fmt.Errorf("this build (%s) decides otherwise", version)}
	}
	return nil
}

func printResult(w io.Writer, r *trace.Result, s *trace.Summary, took time.Duration) {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // nobody is left to tell
	say("%s of Coder1 %s: %d inputs in %s.", s.End.Sub(s.Begin).Round(time.Second), strings.Join(r.Builds, ", "), r.Steps, took.Round(time.Millisecond))
	for _, d := range r.Damage {
		say("From byte %d on the file cannot be read: %s. The rest is used.", d.Offset, d.Reason)
	}
	if r.Lost > 0 {
		say("%d inputs could not be recorded.", r.Lost)
	}
	if r.Unknown > 0 {
		say("%d inputs or decisions are not known to this build; what follows them is not compared until the next head.", r.Unknown)
	}
	d := r.Difference
	if d == nil {
		say("All %d decisions are the same.", r.Decisions)
		return
	}
	say("%d decisions are the same. The first difference is in line %d, at %s:", r.Decisions, d.Line, d.Time.Format("2006-01-02 15:04:05.000"))
	for _, line := range d.Before {
		say("    %s", line)
	}
	v := d.State
	say("  state     %d MB used, level %s, tier %s, %d turns, %d processes, %d waiting", v.Used>>20, v.Level, v.Tier, v.Running, len(v.Processes), len(v.Queue))
	say("  input     %s", d.Input)
	for _, line := range d.Recorded {
		say("  recorded  %s", line)
	}
	for _, line := range d.Replayed {
		say("  here      %s", line)
	}
}

// outcome is what is printed as JSON.
type outcome struct {
	Value       int64              `json:"value,omitempty"` // of what is swept
	Settings    governor.Config    `json:"settings"`
	Recorded    trace.Figures      `json:"recorded"`
	Here        trace.Figures      `json:"here"`
	Divergences []trace.Divergence `json:"divergences"`
	Notes       []string           `json:"notes"`
}

func outcomeOf(o *trace.Outcome) outcome {
	settings := o.Settings
	settings.Learned = governor.Learned{}
	return outcome{Settings: settings, Recorded: o.Recorded.Figures(), Here: o.Here.Figures(), Divergences: o.Divergences, Notes: o.Notes()}
}

func printJSON(r *trace.Report) error {
	if r.Sweep == nil {
		return encode(os.Stdout, outcomeOf(r.Outcome))
	}
	var all []outcome
	for i := range r.Sweep.Here {
		o := outcomeOf(&r.Sweep.Here[i])
		o.Value = r.Sweep.Values[i]
		all = append(all, o)
	}
	return encode(os.Stdout, map[string]any{"sweep": r.Sweep.Name, "values": all})
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
