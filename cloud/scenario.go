package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"coder1/engine"
	"coder1/engine/governor"
	"coder1/engine/scenario"
	"coder1/engine/trace"

	"github.com/alecthomas/kong"
)

type scenarioCommand struct {
	List listScenarios `cmd:"" help:"List the scenarios that are built in."`
	Show showScenario  `cmd:"" help:"Print a scenario, to begin one's own with."`
	Run  runScenario   `cmd:"" help:"Play a scenario and say what came of it."`
	From fromRecording `cmd:"" help:"Write a scenario of what a flight recording shows, to be played again."`
}

type listScenarios struct{}

// Run lists the library.
func (listScenarios) Run() error {
	all, err := scenario.Library()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	for _, s := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", s.Name, s.About) // Flush tells
	}
	return w.Flush()
}

type showScenario struct {
	Name string `arg:"" help:"One of the library, or a file."`
}

// Run prints the scenario as it is written.
func (c *showScenario) Run() error {
	text, err := scenario.Source(c.Name)
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	return err
}

// usualHardLimit is what an instance has that the settings are made for, in MB: Render's Starter.
const usualHardLimit = 512

// settingsOf are the settings of a scenario: those of a server that is given them and nothing else.
func settingsOf(s *scenario.Scenario) (*engine.Settings, error) {
	var to struct {
		engine.Settings `embed:""`
	}
	parser, err := kong.New(&to, kong.Name("scenario"), kong.NoDefaultHelp())
	if err != nil {
		return nil, err
	}
	flags := map[string]*kong.Flag{}
	for _, f := range parser.Model.Flags {
		for _, name := range f.Envs {
			flags[name] = f
		}
		f.Tag.Envs = nil // this process's own are another matter
	}
	var args []string
	for _, name := range slices.Sorted(maps.Keys(s.Settings)) {
		f := flags[name]
		if f == nil {
			return nil, fmt.Errorf("scenario %s: settings.%s is no setting; `coder1 config` lists them", s.Name, name)
		}
		args = append(args, "--"+f.Name+"="+s.Settings[name])
	}
	if _, err := parser.Parse(args); err != nil {
		var wrong *kong.ParseError
		if errors.As(err, &wrong) {
			err = wrong.Unwrap()
		}
		return nil, fmt.Errorf("scenario %s: settings: %w", s.Name, err)
	}
	if to.HardLimitMB == 0 {
		to.HardLimitMB = usualHardLimit
	}
	if err := to.Validate(); err != nil {
		return nil, fmt.Errorf("scenario %s: settings: %w", s.Name, err)
	}
	return &to.Settings, nil
}

// namesOf are the settings of a governor's that are not the usual ones, by their public names.
func namesOf(c governor.Config) map[string]string {
	mb := func(n int64) string { return strconv.FormatInt(n/governor.MB, 10) }
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	all := func(c governor.Config) map[string]string {
		return map[string]string{
			"MEMORY_LIMIT_MB": mb(c.Budget), "MEMORY_WARNING_THRESHOLD": mb(c.Warning), "MEMORY_PANIC_THRESHOLD": mb(c.Panic),
			"HARD_LIMIT_MB": mb(c.Hard), "MAX_CONCURRENT_AGENTS": strconv.Itoa(c.MaxAgents), "MAX_CLAUDE_PROCESSES": strconv.Itoa(c.MaxProcesses),
			"MAX_ACTIVE_SESSIONS": strconv.Itoa(c.MaxSessions), "PROCESS_IDLE_TIMEOUT": ms(c.IdleTimeout), "SESSION_CLEANUP_INTERVAL": ms(c.Cleanup),
			"PROCESS_POOL_ENABLED": strconv.FormatBool(!c.Unpooled), "ENABLE_QUEUE_MANAGEMENT": strconv.FormatBool(!c.NoQueue),
			"ENABLE_GRACEFUL_DEGRADATION": strconv.FormatBool(!c.NoDegradation), "ENABLE_AGGRESSIVE_CLEANUP": strconv.FormatBool(!c.NoAggression),
		}
	}
	names := all(c)
	if usual, err := optionsOf(&scenario.Scenario{}); err == nil {
		maps.DeleteFunc(names, func(name, value string) bool { return all(usual.Settings)[name] == value })
	}
	return names
}

type fromRecording struct {
	File string        `arg:"" help:"A recording, or the folder of them (trace in the data folder)."`
	Last time.Duration `placeholder:"TIME" help:"Only the last such part of it, such as 10m."`
	Life int           `placeholder:"N" help:"Which life of the server, from 1: the last that died, or else the last."`
}

// Run writes the scenario to standard output.
func (c *fromRecording) Run() error {
	f, err := load(c.File)
	if err != nil {
		return err
	}
	work := trace.Fit(f)
	lives := work.Lives()
	if len(lives) == 0 {
		return unreadable(f.Name, trace.Summarize(f).Damage)
	}
	if c.Life < 0 || c.Life > len(lives) {
		return fmt.Errorf("--life is %d; the recording has lives 1 to %d", c.Life, len(lives))
	}
	life := &lives[len(lives)-1]
	for i := range lives {
		if lives[i].Died {
			life = &lives[i]
		}
	}
	if c.Life > 0 {
		life = &lives[c.Life-1]
	}
	text, err := scenario.From(work, life, c.Last, namesOf(life.Settings))
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	return err
}

// optionsOf are a scenario's settings for the simulator.
func optionsOf(s *scenario.Scenario) (scenario.Options, error) {
	set, err := settingsOf(s)
	if err != nil {
		return scenario.Options{}, err
	}
	return scenario.Options{Settings: set.GovernorConfig(set.HardLimitMB * governor.MB), Blind: !set.MemoryMonitoring, Build: version}, nil
}

type runScenario struct {
	Name   string            `arg:"" help:"One of the library, or a file."`
	Target string            `default:"sim" enum:"sim,cloud,desktop" help:"Where: simulated, or for real by the server or the desktop program, in a hard limit."`
	Seed   uint64            `default:"1" help:"What is left to chance is drawn by this number."`
	Seeds  string            `placeholder:"FROM..TO" help:"Look for seeds with which a rule is broken, and show the smallest such run."`
	Set    map[string]string `placeholder:"NAME=VALUE" help:"A setting in place of the scenario's own."`
	Trace  string            `placeholder:"FILE" help:"Write a flight recording of the run."`
	Log    string            `placeholder:"FILE" help:"Write what a real server says."`
	JSON   bool              `help:"Print JSON."`
}

// maxSeeds are more than anybody waits for.
const maxSeeds = 1_000_000_000

// errBroken ends the program with exitDifferent.
var errBroken = errors.New("a rule was broken")

// Run plays it.
func (c *runScenario) Run() error {
	s, err := scenario.Open(c.Name)
	if err != nil {
		return err
	}
	if s.Settings == nil {
		s.Settings = map[string]string{}
	}
	maps.Copy(s.Settings, c.Set)
	o, err := optionsOf(s)
	if err != nil {
		return err
	}
	switch {
	case c.Target != scenario.Sim && c.Seeds != "":
		return errors.New("--seeds is for --target sim: what takes an hour there would take years in real time")
	case c.Target != scenario.Sim:
		return c.live(s)
	case c.Seeds != "":
		return c.search(s, o)
	}
	return c.once(s, o)
}

// live plays the scenario in real time.
func (c *runScenario) live(s *scenario.Scenario) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log, closeLog, err := logTo(c.Log)
	if err != nil {
		return err
	}
	defer closeLog()
	played, err := playOn(ctx, c.Target, s, s.Script(c.Seed), log)
	if err != nil {
		return err
	}
	if c.Trace != "" {
		if err := os.WriteFile(c.Trace, played.Recording.Bytes(), 0o600); err != nil {
			return fmt.Errorf("write the recording: %w", err)
		}
	}
	return c.tell(played.Result)
}

func (c *runScenario) once(s *scenario.Scenario, o scenario.Options) error {
	var file *os.File
	if c.Trace != "" {
		var err error
		if file, err = os.Create(c.Trace); err != nil {
			return fmt.Errorf("write the recording: %w", err)
		}
		o.Record = file
	}
	r, err := s.Run(c.Seed, o)
	if file != nil {
		if closed := file.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return c.tell(r)
}

// tell prints a result, and is an error when a rule was broken.
func (c *runScenario) tell(r *scenario.Result) error {
	write := r.Write
	if c.JSON {
		write = func(w io.Writer) error { return encode(w, r) }
	}
	if err := write(os.Stdout); err != nil {
		return err
	}
	if len(r.Broken) > 0 {
		return exitError{exitDifferent, errBroken}
	}
	return nil
}

func (c *runScenario) search(s *scenario.Scenario, o scenario.Options) error {
	var from, to uint64
	if n, _ := fmt.Sscanf(c.Seeds, "%d..%d", &from, &to); n != 2 || to < from || to-from >= maxSeeds {
		return fmt.Errorf("--seeds is %q; it must be like 1..10000, with at most %d seeds", c.Seeds, maxSeeds)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	began := time.Now()
	found, err := s.Search(ctx, from, to, o)
	took := time.Since(began)
	if err != nil {
		return err
	}
	if c.JSON {
		err = encode(os.Stdout, found)
	} else {
		err = found.Write(os.Stdout, took)
	}
	if err != nil || found.Failing == 0 {
		return err
	}
	if !c.JSON {
		small, err := found.Smallest(s, o)
		if err == nil {
			err = small.Write(os.Stdout)
		}
		if err != nil {
			return err
		}
	}
	return exitError{exitDifferent, fmt.Errorf("%d of %d seeds broke a rule", found.Failing, found.Played)}
}
