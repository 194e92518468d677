package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"coder1/engine/trace"
)

type traceCommand struct {
	Show  showCommand  `cmd:"" help:"Print a flight recording for people to read."`
	Stats statsCommand `cmd:"" help:"Print what a flight recording holds and what came of it."`
}

type showCommand struct {
	File string `arg:"" help:"A recording, or the folder of them (trace in the data folder)."`
	All  bool   `help:"Print every measurement and every second."`
}

// Run prints the recording.
func (c *showCommand) Run() error {
	f, err := load(c.File)
	if err != nil {
		return err
	}
	return trace.Show(os.Stdout, f, c.All)
}

type statsCommand struct {
	File string `arg:"" help:"A recording, or the folder of them (trace in the data folder)."`
}

// Run prints the figures.
func (c *statsCommand) Run() error {
	f, err := load(c.File)
	if err != nil {
		return err
	}
	s := trace.Summarize(f)
	if s.Lives == 0 {
		return unreadable(f.Name, s.Damage)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	printStats(w, &s)
	return w.Flush()
}

func printStats(w io.Writer, s *trace.Summary) {
	line := func(name, format string, args ...any) {
		_, _ = fmt.Fprintf(w, name+"\t"+format+"\n", args...) // Flush tells
	}
	hours := s.End.Sub(s.Begin).Hours()
	line("from", "%s", s.Begin.Format(time.DateTime+" MST"))
	line("to", "%s", s.End.Format(time.DateTime+" MST"))
	line("recorded by", "Coder1 %s on %s", strings.Join(s.Builds, ", "), strings.Join(s.Platforms, ", "))
	line("size", "%.1f KB, %.1f KB an hour", float64(s.Size)/1024, float64(s.Size)/1024/max(hours, 1.0/3600))
	line("lives of the server", "%d, of which %d broke off", s.Lives, s.Tally.Died)
	line("inputs that were lost", "%d", s.Lost)
	for _, d := range s.Damage {
		line("damaged", "from byte %d on: %s", d.Offset, d.Reason)
	}
	line("budget", "%d MB, warning %d, panic %d, hard limit %d", s.Settings.Budget>>20, s.Settings.Warning>>20, s.Settings.Panic>>20, s.Settings.Hard>>20)
	for _, row := range s.Tally.Rows() {
		line(row[0], "%s", row[1])
	}
	line("inputs", "%s", counts(s.Inputs))
	line("decisions", "%s", counts(s.Decisions))
}

// counts lists how often there was what, the most frequent first.
func counts(all map[string]int) string {
	names := slices.Sorted(maps.Keys(all))
	slices.SortStableFunc(names, func(a, b string) int { return all[b] - all[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", all[name], name)
	}
	return strings.Join(names, ", ")
}

// Exit statuses of `coder1 replay`, beside 0 for the same decisions.
const (
	exitDifferent  = 1
	exitUnreadable = 2
)

// exitError ends the program with a status of its own.
type exitError struct {
	status int
	error
}

func (e exitError) Unwrap() error { return e.error }

func load(path string) (*trace.File, error) {
	f, err := trace.Load(path)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	return f, nil
}

func unreadable(name string, damage []trace.Damage) error {
	why := "it is empty"
	if len(damage) > 0 {
		why = damage[0].Reason
	}
	return exitError{exitUnreadable, fmt.Errorf("%s is no flight recording that can be read: %s", name, why)}
}
