// Package scenario is the simulator: scripted loads, written in YAML and drawn by a seed, that are played on a
// virtual clock against the governor, with processes that use memory by models. A scenario says who works, how
// their agents' commands use memory, and what fails; a run of it breaks no invariant, or the scenario says so.
package scenario

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"coder1/engine/trace"

	"go.yaml.in/yaml/v3"
)

// Scenario is a scripted load. The file that it is read from is described in docs/scenarios.md.
type Scenario struct {
	Name     string            `yaml:"-"`
	About    string            `yaml:"about"`
	Length   Times             `yaml:"length"` // nobody asks for more after this; what is in line is then worked off
	Settings map[string]string `yaml:"settings"`
	Expect   Outcome           `yaml:"expect"`
	Server   Sizes             `yaml:"server"` // MB of the server itself
	Users    []Users           `yaml:"users"`
	Prompts  []Asked           `yaml:"prompts"` // one by one, as of a recording
	Faults   Faults            `yaml:"faults"`
}

// Outcome is how a scenario is meant to end.
type Outcome string

// The outcomes.
const (
	Survives Outcome = "survives" // the default
	Dies     Outcome = "dies"     // the system kills the server
)

// Users are some people who do the same sort of thing.
type Users struct {
	Count    int    `yaml:"count"`
	Sessions int    `yaml:"sessions"` // of each
	Agent    string `yaml:"agent"`
	Prompts  int    `yaml:"prompts"` // of each; 0: as many as there is time for
	First    Times  `yaml:"first"`   // when the first prompt comes
	Every    Times  `yaml:"every"`   // from one prompt to the next
	Turn     Turn   `yaml:"turn"`
}

// Asked is a prompt that comes at a time.
type Asked struct {
	At      Times  `yaml:"at"`
	User    string `yaml:"user"`
	Session string `yaml:"session"`
	Agent   string `yaml:"agent"`
	Turn    Turn   `yaml:"turn"`
}

// Turn is what a prompt makes an agent do.
type Turn struct {
	Length   Times     `yaml:"length"`
	Gains    Sizes     `yaml:"gains"` // MB by which the agent grows
	Commands []Command `yaml:"commands"`
}

// Command is a shell command that an agent runs in a turn.
type Command struct {
	Name   string   `yaml:"name"`
	Chance *float64 `yaml:"chance"` // from 0 to 1; always when not given
	After  Times    `yaml:"after"`  // since the turn began, or the command before it ended
	At     Times    `yaml:"at"`     // in place of after: since the turn began
	Length Times    `yaml:"length"`
	Shape  Shape    `yaml:"shape"`
	MB     Sizes    `yaml:"mb"`     // the most it uses; of leak and runaway what it gains in a second
	Points Points   `yaml:"points"` // in place of a shape
	Then   Sizes    `yaml:"then"`   // MB that it gains in a second after the last of the points
}

// Points are MB by age, such as 0s 0, 1.5s 40, 20s 12.5, with a straight line between them.
type Points []trace.Point

// UnmarshalYAML reads "0s 0, 1.5s 40".
func (p *Points) UnmarshalYAML(n *yaml.Node) error {
	all := strings.Split(n.Value, ",")
	for _, text := range all {
		age, size, _ := strings.Cut(strings.TrimSpace(text), " ")
		at, err := time.ParseDuration(age)
		mb, wrong := strconv.ParseFloat(strings.TrimSpace(size), 64)
		last := trace.Point{Age: -1}
		if len(*p) > 0 {
			last = (*p)[len(*p)-1]
		}
		if err != nil || wrong != nil || at <= last.Age || at > maxTime || !(mb >= 0 && mb <= maxMB) || len(all) > maxPoints {
			return fmt.Errorf("line %d: %q is no point; write ages and MB in order, such as 0s 0, 1.5s 40, 20s 12.5; at most %d", n.Line, text, maxPoints)
		}
		*p = append(*p, trace.Point{Age: at, Bytes: int64(mb * (1 << 20))})
	}
	return nil
}

// Faults are what fails.
type Faults struct {
	Crash    Times  `yaml:"crash"`     // from one crash of an agent process to the next; 0 for none
	SlowBoot Times  `yaml:"slow-boot"` // how long agents take to start
	NoMeter  []Span `yaml:"no-meter"`  // when memory cannot be measured
	DiskFull []Span `yaml:"disk-full"` // when prompts cannot be stored
}

// Span is a part of a run.
type Span struct {
	From Times `yaml:"from"`
	For  Times `yaml:"for"`
}

// Times is a time, such as 30s, or one between two, such as 20s..1m30s, to be drawn.
type Times struct{ Min, Max time.Duration }

// Sizes is a number, such as 120, or one between two, such as 80..150, to be drawn.
type Sizes struct{ Min, Max int64 }

// UnmarshalYAML reads "30s" or "20s..40s".
func (t *Times) UnmarshalYAML(n *yaml.Node) error {
	from, to, err := between(n.Value, time.ParseDuration)
	if err != nil || from < 0 || to > maxTime {
		return fmt.Errorf("line %d: %q is no time; write 30s, or 20s..1m30s for one between two; at most 168h", n.Line, n.Value)
	}
	*t = Times{from, to}
	return nil
}

// UnmarshalYAML reads "120" or "80..150".
func (s *Sizes) UnmarshalYAML(n *yaml.Node) error {
	from, to, err := between(n.Value, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 32) })
	if err != nil || from < 0 || to > maxMB {
		return fmt.Errorf("line %d: %q is no size; write 120, or 80..150 for one between two, in MB; at most %d", n.Line, n.Value, maxMB)
	}
	*s = Sizes{from, to}
	return nil
}

func between[T int64 | time.Duration](text string, parse func(string) (T, error)) (from, to T, err error) {
	low, high, two := strings.Cut(text, "..")
	if from, err = parse(strings.TrimSpace(low)); err != nil || !two {
		return from, from, err
	}
	if to, err = parse(strings.TrimSpace(high)); err == nil && to < from {
		err = errors.New("the first is above the second")
	}
	return from, to, err
}

func (t Times) draw(r *rand.Rand) time.Duration {
	return t.Min + time.Duration(r.Int64N(int64(t.Max-t.Min)/1e6+1))*time.Millisecond
}

func (s Sizes) draw(r *rand.Rand) int64 { return (s.Min + r.Int64N(s.Max-s.Min+1)) << 20 }

// serverWeighs is the server's own memory in MB where a scenario does not say: measured idle it was 6 to 9 MB, and up
// to 15 while agents come and go. Its program's file, and those of agents, are mapped beside that; the kernel
// keeps such pages on its inactive list, where they count for nobody (docs/parity.md).
var serverWeighs = Sizes{10, 10}

// maxFile is how large a scenario may be.
const maxFile = 1 << 20

// Parse reads a scenario. Its errors name the line or the field.
func Parse(name string, in io.Reader) (*Scenario, error) {
	raw, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read scenario %s: %w", name, err)
	}
	if len(raw) > maxFile {
		return nil, fmt.Errorf("scenario %s is longer than %d KB", name, maxFile>>10)
	}
	s := &Scenario{Name: name, Expect: Survives, Server: serverWeighs}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(s); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("scenario %s is empty; docs/scenarios.md says what goes into it", name)
	} else if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	} else if !errors.Is(d.Decode(new(any)), io.EOF) {
		return nil, fmt.Errorf("scenario %s: the file holds more than one document; only one is possible", name)
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// Bounds of a scenario: a run of the largest takes seconds.
const (
	maxTime    = 7 * 24 * time.Hour
	maxUsers   = 1000
	maxPrompts = 20_000
	maxCommand = 100
	maxSpans   = 100
	maxPoints  = 200
	maxMB      = 1 << 20 // a terabyte
)

// validate reports every field that cannot be, and fills in what is not given.
func (s *Scenario) validate() error {
	var bad []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	check(s.Length.Min > 0, "length is %v; it must be above 0", s.Length.Min)
	check(s.Expect == Survives || s.Expect == Dies, "expect is %q; it must be survives or dies", s.Expect)
	check(len(s.Users)+len(s.Prompts) > 0, "users is empty; it must list who works")
	users, prompts := 0, 0
	for i := range s.Users {
		u, at := &s.Users[i], fmt.Sprintf("users[%d]", i)
		orElse(&u.Count, 1)
		orElse(&u.Sessions, 1)
		orElse(&u.Agent, "claude")
		users += min(max(u.Count, 0), maxUsers+1)
		check(u.Count > 0 && u.Count <= maxUsers && u.Sessions > 0, "%s: count and sessions must be 1 or more, and count at most %d", at, maxUsers)
		check(known(u.Agent), "%s.agent is %q; it must be claude or demo", at, u.Agent)
		check(u.Prompts >= 0, "%s.prompts is %d; it must be 0 or more", at, u.Prompts)
		prompts += min(max(u.Count, 0), maxUsers) * u.most(s.Length.Max)
		check(u.Every.Min >= time.Second || u.Prompts == 1, "%s.every is %v; it must be 1s or more, unless prompts is 1", at, u.Every.Min)
		u.Turn.validate(at+".turn", check)
	}
	for i := range s.Prompts {
		p, at := &s.Prompts[i], fmt.Sprintf("prompts[%d]", i)
		orElse(&p.Agent, "claude")
		orElse(&p.User, "user")
		orElse(&p.Session, p.User)
		check(known(p.Agent), "%s.agent is %q; it must be claude or demo", at, p.Agent)
		p.Turn.validate(at+".turn", check)
	}
	prompts += len(s.Prompts)
	check(users <= maxUsers, "there are %d users or more; at most %d are possible", users, maxUsers)
	check(prompts <= maxPrompts, "it could come to %d prompts; at most %d are possible: make length shorter or every longer", prompts, maxPrompts)
	check(s.Faults.Crash.Max == 0 || s.Faults.Crash.Min >= time.Second, "faults.crash is %v; it must be 1s or more", s.Faults.Crash.Min)
	for _, f := range []struct {
		name  string
		spans []Span
	}{{"no-meter", s.Faults.NoMeter}, {"disk-full", s.Faults.DiskFull}} {
		check(len(f.spans) <= maxSpans, "faults.%s has %d spans; at most %d are possible", f.name, len(f.spans), maxSpans)
		for i, span := range f.spans {
			check(span.For.Min > 0, "faults.%s[%d].for is %v; it must be above 0", f.name, i, span.For.Min)
		}
	}
	return errors.Join(bad...)
}

func known(agent string) bool { return agent == "claude" || agent == "demo" }

func (t *Turn) validate(at string, check func(bool, string, ...any)) {
	check(t.Length.Min > 0, "%s.length is %v; it must be above 0", at, t.Length.Min)
	check(len(t.Commands) <= maxCommand, "%s has %d commands; at most %d are possible", at, len(t.Commands), maxCommand)
	for j := range t.Commands {
		t.Commands[j].validate(fmt.Sprintf("%s.commands[%d]", at, j), check)
	}
}

func (c *Command) validate(at string, check func(bool, string, ...any)) {
	check(c.Name != "", "%s.name is empty; it must be what people would see, such as npm test", at)
	check(!strings.ContainsFunc(c.Name, unicode.IsControl), "%s.name is %q; it must be one line, without control characters", at, c.Name)
	check(c.Chance == nil || *c.Chance >= 0 && *c.Chance <= 1, "%s.chance must be from 0 to 1", at)
	check(c.At.Max == 0 || c.After.Max == 0, "%s has at and after; it must have only one of them", at)
	if c.Points != nil {
		check(c.Shape == "" && c.MB.Max == 0, "%s has points; it must have neither shape nor mb", at)
		check(c.Length.Min > 0 || c.Then.Min > 0, "%s: length and then are 0; one must be above 0, or it never ends", at)
		return
	}
	_, known := shapes[c.Shape]
	check(known, "%s.shape is %q; it must be one of %s, or points must be given", at, c.Shape, shapeNames())
	check(c.Length.Min > 0 || c.Shape == "runaway", "%s.length is %v; it must be above 0", at, c.Length.Min)
	check(c.MB.Max > 0, "%s.mb is 0; it must be the most that the command uses", at)
	check(c.Then.Max == 0, "%s.then is for points only", at)
}

// most is how many prompts one of them can send within a length.
func (u *Users) most(length time.Duration) int {
	n := 1
	if u.Every.Min > 0 {
		n += int(length / max(u.Every.Min, time.Second))
	}
	if u.Prompts > 0 {
		n = min(n, u.Prompts)
	}
	return n
}

func orElse[T comparable](to *T, usual T) {
	var zero T
	if *to == zero {
		*to = usual
	}
}

//go:embed library/*.yaml
var library embed.FS

const extension = ".yaml"

// Library lists the scenarios that are built in, in the order of their names.
func Library() ([]*Scenario, error) {
	names, err := fs.Glob(library, "library/*"+extension)
	if err != nil {
		return nil, err
	}
	all := make([]*Scenario, len(names))
	for i, name := range names {
		if all[i], err = Open(strings.TrimSuffix(path.Base(name), extension)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Open reads a scenario from a file, or takes one of the library by its name.
func Open(name string) (*Scenario, error) {
	text, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(strings.TrimSuffix(filepath.Base(name), extension), bytes.NewReader(text))
}

// Source is the text of a scenario: of the library by its name, or a file.
func Source(name string) ([]byte, error) {
	text, err := library.ReadFile("library/" + name + extension)
	if err == nil {
		return text, nil
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no scenario %q: neither a file nor one of the library, which `coder1 scenario list` shows", name)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // was only read
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		err = fmt.Errorf("read scenario %s: %w", name, err)
	}
	return text, err
}
