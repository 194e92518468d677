package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"coder1/cloud/live"
	"coder1/engine"
	"coder1/engine/scenario"
	"coder1/engine/trace"
)

type parityCommand struct {
	Names   []string `arg:"" optional:"" help:"Scenarios of the library, or files. All of the library when none is named."`
	Targets []string `default:"sim,cloud" enum:"sim,cloud,desktop" help:"Where they are played; the first is what the others are compared with."`
	Seed    uint64   `default:"1" help:"What is drawn by chance is drawn by this number."`
	Tries   int      `default:"1" help:"Play a scenario again, up to so many times in all, while it is different and the machine was busy."`
	Keep    string   `placeholder:"FOLDER" help:"Write a flight recording of each run into it."`
	Log     string   `placeholder:"FILE" help:"Write what the servers say into it."`
	JSON    bool     `help:"Print JSON."`
}

// outcomeAt is what came of a scenario on a target, beside what came of it on the first.
type outcomeAt struct {
	*scenario.Result
	ChargedBytes int64                 `json:"chargedBytes,omitempty"` // by the kernel's books, dropped file pages included
	OffPercent   float64               `json:"offPercent"`             // by how much the peak is above that of the first target
	Compared     bool                  `json:"compared"`               // with the first target; never where one of the two was not played
	Differences  []scenario.Difference `json:"differences"`
	Busy         float64               `json:"busy"`              // share of the time in which something waited for a processor
	Skipped      string                `json:"skipped,omitempty"` // why it was not played there

	story scenario.Story
}

// parityRow is a scenario on all targets.
type parityRow struct {
	Scenario string       `json:"scenario"`
	Targets  []*outcomeAt `json:"targets"`
}

// Run plays the scenarios everywhere and compares.
func (c *parityCommand) Run() error {
	all, err := c.scenarios()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	log, closeLog, err := logTo(c.Log)
	if err != nil {
		return err
	}
	defer closeLog()
	var rows []parityRow
	for _, s := range all {
		row, err := c.row(ctx, s, log)
		if err != nil {
			return fmt.Errorf("scenario %s: %w", s.Name, err)
		}
		rows = append(rows, row)
		if !c.JSON {
			fmt.Fprintf(os.Stderr, "%s\n", row.short(c.Targets))
		}
	}
	return c.print(rows)
}

func (c *parityCommand) scenarios() ([]*scenario.Scenario, error) {
	if len(c.Names) == 0 {
		return scenario.Library()
	}
	var all []*scenario.Scenario
	for _, name := range c.Names {
		s, err := scenario.Open(name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// row plays a scenario on every target.
func (c *parityCommand) row(ctx context.Context, s *scenario.Scenario, log io.Writer) (parityRow, error) {
	row := parityRow{Scenario: s.Name}
	script := oneOwner(s.Script(c.Seed))
	for _, target := range c.Targets {
		o := &outcomeAt{Differences: []scenario.Difference{}}
		row.Targets = append(row.Targets, o)
		for try := 1; ; try++ {
			played, err := playOn(ctx, target, s, script, log)
			if errors.Is(err, live.ErrSimulated) {
				o.Skipped = err.Error()
				break
			}
			if err == nil {
				err = c.keep(s.Name+"-"+target, played.Recording)
			}
			if err != nil {
				return row, fmt.Errorf("on %s: %w", target, err)
			}
			o.take(played, script)
			if first := row.Targets[0]; first != o && first.Result != nil {
				o.compare(first)
			}
			if len(o.Differences) == 0 || o.Busy < busy || try >= c.Tries {
				break
			}
		}
	}
	return row, nil
}

// busy is the share of the time from which on a machine has no time for what is to happen in real time: commands
// run below everything else, and come late.
const busy = 0.3

// keep writes a recording into the folder for them, if there is one.
func (c *parityCommand) keep(name string, f *trace.File) error {
	if c.Keep == "" {
		return nil
	}
	if err := os.WriteFile(filepath.Join(c.Keep, name+trace.Extension), f.Bytes(), 0o600); err != nil {
		return fmt.Errorf("keep the recording: %w", err)
	}
	return nil
}

func (o *outcomeAt) take(r *live.Run, script *scenario.Script) {
	o.Result, o.ChargedBytes, o.Busy, o.story = r.Result, r.Charged, r.Busy, scenario.Tell(r.Recording, script)
}

// oneOwner makes all users of a script one, as the server has it, each with a folder of his own.
func oneOwner(script *scenario.Script) *scenario.Script {
	one := *script
	one.Prompts = slices.Clone(script.Prompts)
	for i := range one.Prompts {
		o := &one.Prompts[i].Offer
		o.Profile = strings.Join([]string{engine.Owner, o.User, o.Agent}, "/")
		o.User = engine.Owner
	}
	return &one
}

// thePeak is what a difference of the most memory is of; all others are of what was decided.
const thePeak = "the peak"

// peakTolerance is by how many percent a peak may be off.
const peakTolerance = 10

// compare compares with what came of it on the first target.
func (o *outcomeAt) compare(first *outcomeAt) {
	o.Compared, o.OffPercent = true, 0
	o.Differences = append([]scenario.Difference{}, first.story.Differences(o.story)...)
	differ := func(subject, a, b string) {
		o.Differences = append(o.Differences, scenario.Difference{Subject: subject, A: a, B: b})
	}
	if a, b := first.Died > 0, o.Died > 0; a != b || a && apart(first.DiedAfterMS, o.DiedAfterMS) {
		differ("the end", endOf(first), endOf(o))
	}
	if first.Died > 0 || o.Died > 0 || first.PeakBytes == 0 {
		return // a server that died had all there was
	}
	o.OffPercent = 100 * (float64(o.PeakBytes)/float64(first.PeakBytes) - 1)
	if math.Abs(o.OffPercent) > peakTolerance {
		differ(thePeak, fmt.Sprintf("%d MB", first.PeakBytes>>20), fmt.Sprintf("%d MB, %+.1f %%", o.PeakBytes>>20, o.OffPercent))
	}
}

// apart reports whether deaths are further apart than waits may be.
func apart(a, b int64) bool { return max(a-b, b-a) > max(2000, a/4) }

func endOf(o *outcomeAt) string {
	if o.Died > 0 {
		return fmt.Sprintf("the server dies after %.1f s", float64(o.DiedAfterMS)/1000)
	}
	return "the server lives"
}

// print prints the outcome; the error says whether anything was different.
func (c *parityCommand) print(rows []parityRow) error {
	var err error
	if c.JSON {
		err = encode(os.Stdout, rows)
	} else {
		err = c.table(os.Stdout, rows)
	}
	return errors.Join(err, c.verdict(rows))
}

// verdict is an error when anything was different.
func (c *parityCommand) verdict(rows []parityRow) error {
	different := 0
	for _, row := range rows {
		if slices.ContainsFunc(row.Targets, func(o *outcomeAt) bool { return len(o.Differences) > 0 }) {
			different++
		}
	}
	if different == 0 {
		return nil
	}
	return exitError{exitDifferent, fmt.Errorf("%d of %d scenarios are not the same everywhere", different, len(rows))}
}

func (c *parityCommand) table(out io.Writer, rows []parityRow) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	head := "scenario"
	for i, target := range c.Targets {
		if head += "\t" + target + ", peak MB"; i > 0 {
			head += "\tpeak\tdecisions"
		}
	}
	_, _ = fmt.Fprintln(w, head) // Flush tells
	var notes bytes.Buffer
	for _, row := range rows {
		line := row.Scenario
		for i, o := range row.Targets {
			peak, off, same := o.words()
			if line += "\t" + peak; i > 0 {
				line += "\t" + off + "\t" + same
			}
			for _, d := range o.Differences {
				fmt.Fprintf(&notes, "%s, %s | %s: %v\n", row.Scenario, c.Targets[0], c.Targets[i], d)
			}
			if len(o.Differences) > 0 && o.Busy >= busy {
				fmt.Fprintf(&notes, "%s, %s: for %.0f %% of the time something waited for a processor, so that what happened for real came late\n",
					row.Scenario, c.Targets[i], 100*o.Busy)
			}
			if o.Skipped != "" {
				fmt.Fprintf(&notes, "%s, %s: %s\n", row.Scenario, c.Targets[i], o.Skipped)
			}
		}
		_, _ = fmt.Fprintln(w, line)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := notes.WriteTo(out)
	return err
}

// words are an outcome's figures for a table.
func (o *outcomeAt) words() (peak, off, same string) {
	if o.Result == nil {
		return "-", "-", "not played"
	}
	if peak = fmt.Sprint(o.PeakBytes >> 20); o.Died > 0 {
		peak = "dies"
	}
	decided := func(d scenario.Difference) bool { return d.Subject != thePeak }
	switch {
	case !o.Compared:
		return peak, "-", "not compared"
	case slices.ContainsFunc(o.Differences, decided):
		same = "different"
	default:
		same = "same"
	}
	if off = fmt.Sprintf("%+.1f %%", o.OffPercent); o.Died > 0 {
		off = "-"
	}
	return peak, off, same
}

// short says in a line how far it is.
func (r *parityRow) short(targets []string) string {
	var parts []string
	for i, o := range r.Targets {
		peak, off, same := o.words()
		if i == 0 {
			off, same = "", ""
		}
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", targets[i], peak, off, same)))
	}
	return r.Scenario + ": " + strings.Join(parts, "; ")
}

// playOn plays a script on a target.
func playOn(ctx context.Context, target string, s *scenario.Scenario, script *scenario.Script, log io.Writer) (*live.Run, error) {
	set, err := settingsOf(s)
	if err != nil {
		return nil, err
	}
	if target == scenario.Sim {
		o, err := optionsOf(s)
		if err != nil {
			return nil, err
		}
		var record bytes.Buffer
		o.Record = &record
		r, err := s.Play(script, o)
		return &live.Run{Result: r, Recording: trace.Parse(record.Bytes())}, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own path: %w", err)
	}
	return live.Play(ctx, s, script, live.Options{Target: target, Program: self, Window: filepath.Join(filepath.Dir(self), "coder1-desktop"),
		Settings: s.Settings, HardMB: set.HardLimitMB, Log: log})
}

// logTo opens a file for what servers say; nowhere without a name.
func logTo(name string) (io.Writer, func(), error) {
	if name == "" {
		return io.Discard, func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	return f, func() { _ = f.Close() }, nil
}
