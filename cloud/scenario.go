package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"coder1/engine"
	"coder1/engine/governor"
	"coder1/engine/scenario"

	"github.com/alecthomas/kong"
)

type scenarioCommand struct {
	List listScenarios `cmd:"" help:"List the scenarios that are built in."`
	Show showScenario  `cmd:"" help:"Print a scenario, to begin one's own with."`
	Run  runScenario   `cmd:"" help:"Play a scenario and say what came of it."`
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
	return &to.Settings, nil
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
	Name  string `arg:"" help:"One of the library, or a file."`
	Seed  uint64 `default:"1" help:"What is drawn by chance is drawn by this number."`
	Trace string `placeholder:"FILE" help:"Write a flight recording of the run."`
	JSON  bool   `help:"Print JSON."`
}

// Run plays it.
func (c *runScenario) Run() error {
	s, err := scenario.Open(c.Name)
	if err != nil {
		return err
	}
	o, err := optionsOf(s)
	if err != nil {
		return err
	}
	r, err := s.Run(c.Seed, o)
	if err != nil {
		return err
	}
	return encode(os.Stdout, r)
}
