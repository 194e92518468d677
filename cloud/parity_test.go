package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/scenario"
	"coder1/engine/trace"
)

// storyOf plays a script in the simulator and tells of it.
func storyOf(t *testing.T, s *scenario.Scenario, script *scenario.Script) scenario.Story {
	t.Helper()
	played, err := playOn(t.Context(), scenario.Sim, s, script, io.Discard)
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return scenario.Tell(played.Recording, script)
}

// slower is a script whose turns and commands take longer, as they do in real time.
func slower(script *scenario.Script, percent int64) *scenario.Script {
	longer := func(d time.Duration) time.Duration { return d + d/100*time.Duration(percent) }
	slow := *script
	slow.Prompts = slices.Clone(script.Prompts)
	for i := range slow.Prompts {
		turn := &slow.Prompts[i].Turn
		turn.Length, turn.Commands = longer(turn.Length), slices.Clone(turn.Commands)
		for j := range turn.Commands {
			c := &turn.Commands[j]
			if c.After = longer(c.After); c.Length != trace.Never {
				c.Length = longer(c.Length)
			}
		}
	}
	return &slow
}

// A scenario whose story hangs on a megabyte or a moment shows nothing, and is another one each time that it is
// played for real.
func TestTheLibraryIsNotOnTheEdge(t *testing.T) {
	all, err := scenario.Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		script := oneOwner(s.Script(1))
		told := storyOf(t, s, script)
		other := func(what string, script *scenario.Script, serverMB int64) {
			moved := *s
			moved.Server = scenario.Sizes{Min: serverMB, Max: serverMB}
			for _, d := range told.Differences(storyOf(t, &moved, script)) {
				t.Errorf("%s, with %s: %v", s.Name, what, d)
			}
		}
		other("2 MB less", script, s.Server.Max-2)
		other("2 MB more", script, s.Server.Max+2)
		other("2 % more time", slower(script, 2), s.Server.Max)
	}
}

func TestUsersAreOneWhereTheServerIsReal(t *testing.T) {
	s, err := scenario.Open("five-users-pooled")
	if err != nil {
		t.Fatal(err)
	}
	script := s.Script(1)
	one := oneOwner(script)
	profiles := map[string]bool{}
	for i, p := range one.Prompts {
		profiles[p.Offer.Profile] = true
		if p.Offer.User != "owner" || script.Prompts[i].Offer.User == "owner" || p.Offer.Session != script.Prompts[i].Offer.Session {
			t.Errorf("%+v becomes %+v", script.Prompts[i].Offer, p.Offer)
		}
	}
	if len(profiles) != 5 {
		t.Errorf("the workspaces are %v", profiles)
	}
}

func TestParityTable(t *testing.T) {
	c := parityCommand{Targets: []string{"sim", "cloud", "desktop"}, Seed: 1}
	result := func(peakMB int64, died int) *scenario.Result {
		return &scenario.Result{Figures: trace.Figures{PeakBytes: peakMB << 20, Died: died}}
	}
	first, second := &outcomeAt{Result: result(200, 0)}, &outcomeAt{Result: result(210, 0), Busy: 0.9}
	second.story = scenario.Story{Subjects: []string{"p"}, Told: map[string][]string{"p": {"waits"}}}
	second.compare(first)
	dead := &outcomeAt{Result: result(512, 1)}
	dead.compare(first)
	rows := []parityRow{{"one", []*outcomeAt{first, second, {Skipped: "sim only: x"}}}, {"two", []*outcomeAt{first, dead, first}}}
	var out bytes.Buffer
	if err := c.table(&out, rows); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"+5.0 %", "different", "not played", "dies", "one, sim | cloud: p: nothing more | waits", "one, cloud: for 90 % of the time",
		"one, desktop: sim only: x", "two, sim | cloud: the end: the server lives | the server dies after 0.0 s"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table is without %q:\n%s", want, &out)
		}
	}
	var exit exitError
	if err := c.verdict(rows); !errors.As(err, &exit) || exit.status != exitDifferent || !strings.Contains(err.Error(), "2 of 2") {
		t.Errorf("the verdict is %v", err)
	}
	if err := c.verdict(rows[:0]); err != nil {
		t.Errorf("of nothing the verdict is %v", err)
	}
}

// Whether it is the same is said of what was compared only, and a peak or a death that is far off is not the same.
func TestParityComparesPeaksAndDeaths(t *testing.T) {
	c := parityCommand{Targets: []string{"cloud", "sim"}}
	lives := func(peakMB int64) *outcomeAt {
		return &outcomeAt{Result: &scenario.Result{Figures: trace.Figures{PeakBytes: peakMB << 20}}}
	}
	dies := func(afterMS, peakMB int64) *outcomeAt {
		return &outcomeAt{Result: &scenario.Result{Figures: trace.Figures{PeakBytes: peakMB << 20, Died: 1, DiedAfterMS: afterMS}}}
	}
	for name, o := range map[string]struct {
		first, second *outcomeAt
		says          []string
		same          bool
	}{
		"a peak that is near":  {lives(300), lives(329), []string{"+9.7 %", "same"}, true},
		"a peak above":         {lives(300), lives(333), []string{"+11.0 %", "same", "the peak: 300 MB | 333 MB, +11.0 %"}, false},
		"a peak below":         {lives(300), lives(260), []string{"-13.3 %", "the peak: 300 MB | 260 MB, -13.3 %"}, false},
		"a peak before death":  {dies(9000, 300), dies(9000, 500), []string{"dies", "same"}, true},
		"a death of a quarter": {dies(40_000, 512), dies(50_000, 512), []string{"same"}, true},
		"a later death":        {dies(40_000, 512), dies(50_001, 512), []string{"different", "the end: the server dies after 40.0 s | the server dies after 50.0 s"}, false},
		"an earlier death":     {dies(4000, 512), dies(1999, 512), []string{"different", "the end: "}, false},
		"early deaths":         {dies(4000, 512), dies(2000, 512), []string{"same"}, true},
		"nothing to compare":   {&outcomeAt{Skipped: "sim only"}, lives(300), []string{"not compared", "sim only"}, true},
	} {
		if o.first.Result != nil {
			o.second.compare(o.first)
		}
		rows := []parityRow{{"one", []*outcomeAt{o.first, o.second}}}
		var out bytes.Buffer
		if err := c.table(&out, rows); err != nil {
			t.Fatal(err)
		}
		for _, want := range o.says {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: the table is without %q:\n%s", name, want, &out)
			}
		}
		if o.second.Compared == (o.first.Result == nil) {
			t.Errorf("%s: compared: %v", name, o.second.Compared)
		}
		if err := c.verdict(rows); (err == nil) != o.same {
			t.Errorf("%s: the verdict is %v", name, err)
		}
	}
}
