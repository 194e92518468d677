package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"coder1/engine/scenario"
	"coder1/engine/trace"

	"github.com/alecthomas/kong"
)

// coder1 runs the program's command line, and returns what it prints and its exit status.
func coder1(t *testing.T, args ...string) (out string, status int) {
	t.Helper()
	printed, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdout
	os.Stdout = printed
	defer func() { os.Stdout = before }()
	var cli commands
	parser, err := kong.New(&cli, kong.Name("coder1"), kong.Vars{"version": version})
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := parser.Parse(args)
	if err == nil {
		err = ctx.Run()
	}
	_ = printed.Close()
	text, readErr := os.ReadFile(printed.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	if err == nil {
		return string(text), 0
	}
	failed := exitError{status: 1}
	errors.As(err, &failed)
	return string(text) + err.Error(), failed.status
}

// A developer with a recording gets from it to an answer, as docs/memory-problem.md says.
func TestFromARecordingToAnAnswer(t *testing.T) {
	dir := t.TempDir()
	night, again := filepath.Join(dir, "night.trace.zst"), filepath.Join(dir, "night.yaml")
	expect := func(status int, wants []string, args ...string) string {
		t.Helper()
		out, got := coder1(t, args...)
		if got != status {
			t.Errorf("%v: exit status %d\n%s", args, got, out)
		}
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%v: %q is not in\n%s", args, want, out)
			}
		}
		return out
	}
	governed := []string{"--pool", "--queue", "--aggressive", "--degradation", "--max-processes=2", "--max-agents=2"}
	expect(0, []string{"DIES after", "all kept"}, "scenario", "run", "before", "--trace", night)
	expect(0, []string{"1, of which 1 broke off"}, "trace", "stats", night)
	expect(0, []string{"THE SERVER DIED for want of memory", "npm test"}, "trace", "show", night)
	expect(0, []string{"decisions are the same"}, "replay", night)
	expect(0, []string{"dies after 14s                   lives"}, append([]string{"replay", night}, governed...)...)
	expect(0, []string{"\n384    dies", "lives as long", "is not known"}, "replay", night, "--sweep=limit=256..1024")
	text := expect(0, []string{"expect: dies", `PROCESS_POOL_ENABLED: "false"`, "npm test"}, "scenario", "from", night)
	if err := os.WriteFile(again, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(0, []string{"DIES after", "all kept"}, "scenario", "run", again)
	expect(1, []string{"lives", "BROKEN", "a rule was broken"}, "scenario", "run", again, "--set=PROCESS_POOL_ENABLED=true",
		"--set=ENABLE_QUEUE_MANAGEMENT=true", "--set=ENABLE_AGGRESSIVE_CLEANUP=true")
	if err := os.WriteFile(again, []byte(strings.Replace(text, "expect: dies", "expect: survives", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(1, []string{"3 of the seeds 1 to 3", "the server lives: 3 seeds, such as 1, 2, 3", "The smallest run that breaks “the server lives”",
		"Its last steps:", "3 of 3 seeds broke a rule"}, "scenario", "run", again, "--seeds=1..3")
}

func TestScenarioCommands(t *testing.T) {
	all, err := scenario.Library()
	if err != nil {
		t.Fatal(err)
	}
	if out, status := coder1(t, "scenario", "list"); status != 0 || strings.Count(out, "\n") != len(all) || !strings.Contains(out, "leak") {
		t.Errorf("%d: %s", status, out)
	}
	if out, status := coder1(t, "scenario", "show", "leak"); status != 0 || !strings.HasPrefix(out, "about: ") {
		t.Errorf("%d: %s", status, out)
	}
	var result scenario.Result
	if out, status := coder1(t, "scenario", "run", "leak", "--seed=7", "--json"); status != 0 || json.Unmarshal([]byte(out), &result) != nil ||
		result.Seed != 7 || result.KilledCommands != 1 || result.Ended["finished"] != result.Prompts {
		t.Errorf("%d: %s", status, out)
	}
	var found scenario.Search
	if out, status := coder1(t, "scenario", "run", "leak", "--seeds=3..12", "--json"); status != 0 || json.Unmarshal([]byte(out), &found) != nil || found.Played != 10 {
		t.Errorf("%d: %s", status, out)
	}
	for _, c := range []struct{ want, args string }{
		{`--seeds is "9..1"; it must be like 1..10000`, "run leak --seeds=9..1"},
		{`--seeds is "many"`, "run leak --seeds=many"},
		{`there is no scenario "nothing"`, "run nothing"},
		{`there is no scenario "nothing"`, "show nothing"},
		{"settings.COLOUR is no setting", "run leak --set=COLOUR=red"},
		{"write the recording", "run leak --trace=/no/such/folder/file"},
		{"no such file", "from /no/such/file"},
		{"--life is 5; the recording has lives 1 to 2", "from ../engine/trace/testdata/traces/killed-in-mid-turn.trace.zst --life=5"},
	} {
		if out, status := coder1(t, append([]string{"scenario"}, strings.Fields(c.args)...)...); status == 0 || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d, %s", c.args, status, out)
		}
	}
}

// The settings of a recording come back as they were.
func TestSettingsHaveTheirNamesBack(t *testing.T) {
	all, err := scenario.Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		o, err := optionsOf(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := optionsOf(&scenario.Scenario{Settings: namesOf(o.Settings)})
		if err != nil || !reflect.DeepEqual(again.Settings, o.Settings) {
			t.Errorf("%s: %v\n%+v\n%+v, %v", s.Name, namesOf(o.Settings), o.Settings, again.Settings, err)
		}
	}
	if lives := trace.Fit(trace.Parse(nil)).Lives(); len(lives) != 0 {
		t.Errorf("%v", lives)
	}
}
