package scenario

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

const whole = `
about: All there is.
length: 1m..2m
expect: dies
server: 60
settings: {MAX_CLAUDE_PROCESSES: "3"}
users:
  - count: 2
    sessions: 3
    agent: demo
    prompts: 4
    first: 1s
    every: 20s..30s
    turn:
      length: 5s
      gains: 2..8
      commands:
        - {name: npm test, chance: 0.5, after: 1s, length: 3s..5s, shape: test run, mb: 40..80}
faults:
  crash: 30s
  slow-boot: 2s..3s
  no-meter: [{from: 10s, for: 5s}]
  disk-full: [{from: 20s..25s, for: 5s}]
`

func parse(t *testing.T, text string) *Scenario {
	t.Helper()
	s, err := Parse("test", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParse(t *testing.T) {
	half := 0.5
	want := &Scenario{Name: "test", About: "All there is.", Length: Times{time.Minute, 2 * time.Minute}, Expect: Dies, Server: Sizes{60, 60},
		Settings: map[string]string{"MAX_CLAUDE_PROCESSES": "3"},
		Users: []Users{{Count: 2, Sessions: 3, Agent: "demo", Prompts: 4, First: seconds(1, 1), Every: seconds(20, 30), Turn: Turn{
			Length: seconds(5, 5), Gains: Sizes{2, 8}, Commands: []Command{
				{Name: "npm test", Chance: &half, After: seconds(1, 1), Length: seconds(3, 5), Shape: "test run", MB: Sizes{40, 80}}}}}},
		Faults: Faults{Crash: seconds(30, 30), SlowBoot: seconds(2, 3), NoMeter: []Span{{seconds(10, 10), seconds(5, 5)}},
			DiskFull: []Span{{seconds(20, 25), seconds(5, 5)}}}}
	if got := parse(t, whole); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func seconds(from, to int) Times {
	return Times{time.Duration(from) * time.Second, time.Duration(to) * time.Second}
}

// Whatever is wrong is named, with the line or the field, and with what would be right.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{whole, "", "is empty"},
		{whole, "[]", "line 1"},
		{"about:", "abuot:", "line 2: field abuot not found"},
		{"length: 1m..2m", "length: 100", `line 3: "100" is no time; write 30s, or 20s..1m30s`},
		{"length: 1m..2m", "length: 2m..1m", `line 3: "2m..1m" is no time`},
		{"length: 1m..2m", "length: -1m", `line 3: "-1m" is no time`},
		{"length: 1m..2m", "length: [1m]", "line 3"},
		{"length: 1m..2m", "", "length is 0s; it must be above 0"},
		{"length: 1m..2m", "length: 200h", `line 3: "200h" is no time`},
		{"expect: dies", "expect: explodes", `expect is "explodes"; it must be survives or dies`},
		{"server: 60", "server: much", `line 5: "much" is no size; write 120, or 80..150`},
		{"server: 60", "server: 99999999999", "is no size"},
		{"server: 60", "server: 5000000", `line 5: "5000000" is no size; write 120, or 80..150 for one between two, in MB; at most 1048576`},
		{"count: 2", "count: -2", "users[0]: count and sessions must be 1 or more"},
		{"count: 2", "count: 2000", "there are 1001 users or more; at most 1000"},
		{"count: 2", "count: 9999999999999999999999", "line 8"},
		{"sessions: 3", "sessions: -3", "users[0]: count and sessions must be 1 or more"},
		{"agent: demo", "agent: cobol", `users[0].agent is "cobol"; it must be claude or demo`},
		{"prompts: 4", "prompts: -1", "users[0].prompts is -1; it must be 0 or more"},
		{"every: 20s..30s", "every: 20ms", "users[0].every is 20ms; it must be 1s or more, unless prompts is 1"},
		{"prompts: 4\n    first: 1s\n    every: 20s..30s", "count2: 4", "field count2 not found"},
		{"prompts: 4", "prompts: 0 # for ever\n    every: 1s", "line 14: mapping key \"every\" already defined"},
		{"      length: 5s\n", "", "users[0].turn.length is 0s; it must be above 0"},
		{"name: npm test, ", "", "users[0].turn.commands[0].name is empty"},
		{"name: npm test, ", `name: "npm\ntest", `, `users[0].turn.commands[0].name is "npm\ntest"; it must be one line`},
		{"chance: 0.5", "chance: 5", "users[0].turn.commands[0].chance must be from 0 to 1"},
		{"chance: 0.5", "chance: often", "line 18"},
		{"shape: test run", "shape: round", `users[0].turn.commands[0].shape is "round"; it must be one of burst, leak, npm install, runaway, sawtooth, steady, test run`},
		{"length: 3s..5s, ", "", "users[0].turn.commands[0].length is 0s; it must be above 0"},
		{"mb: 40..80", "mb: 0", "users[0].turn.commands[0].mb is 0; it must be"},
		{"shape: test run", `points: "0s 0, 1s 5"`, "users[0].turn.commands[0] has points; it must have neither shape nor mb"},
		{"shape: test run, mb: 40..80", `points: "1s 0, 1s 5"`, `line 18: " 1s 5" is no point; write ages and MB in order, such as 0s 0, 1.5s 40`},
		{"shape: test run, mb: 40..80", "points: 1s", `line 18: "1s" is no point`},
		{"shape: test run, mb: 40..80", "points: 1s NaN", `"1s NaN" is no point`},
		{"after: 1s", "after: 1s, at: 1s", "users[0].turn.commands[0] has at and after; it must have only one of them"},
		{"length: 3s..5s, shape: test run, mb: 40..80", "points: 1s 5", "users[0].turn.commands[0]: length and then are 0; one must be above 0"},
		{"mb: 40..80", "mb: 40, then: 3", "users[0].turn.commands[0].then is for points only"},
		{"faults:", "prompts: [{at: 1s, agent: cobol, turn: {length: 1s}}]\nfaults:", `prompts[0].agent is "cobol"; it must be claude or demo`},
		{"faults:", "prompts: [{at: 1s, turn: {}}]\nfaults:", "prompts[0].turn.length is 0s; it must be above 0"},
		{"crash: 30s", "crash: 30ms", "faults.crash is 30ms; it must be 1s or more"},
		{"for: 5s}]\n  disk", "for: 0s}]\n  disk", "faults.no-meter[0].for is 0s; it must be above 0"},
		{"users:\n", "users: []\nusers2:\n", "line 8: field users2 not found"},
		{whole, "about: nobody\nlength: 1m\n", "users is empty; it must list who works"},
		{whole, whole + "---\nabout: another\n", "holds more than one document"},
		{whole, strings.Repeat("#", maxFile+1), "is longer than 1024 KB"},
	} {
		text := strings.Replace(whole, c.old, c.new, 1)
		if text == whole {
			t.Fatalf("%q is not in the text", c.old)
		}
		_, err := Parse("test", strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "scenario test") {
			t.Errorf("%.40q: got %v, want %s", c.new, err, c.want)
		}
	}
}

// What is wrong in several places is told at once.
func TestEveryErrorIsTold(t *testing.T) {
	_, err := Parse("test", strings.NewReader("length: 1m\nexpect: x\nusers: [{agent: y, every: 5s, turn: {length: 1s}}]\n"))
	if err == nil || !strings.Contains(err.Error(), "expect is") || !strings.Contains(err.Error(), "agent is") {
		t.Errorf("%v", err)
	}
}

func TestOpen(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(name, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(name); err != nil || s.Name != "mine" {
		t.Errorf("a file: %+v, %v", s, err)
	}
	if s, err := Open("leak"); err != nil || s.Name != "leak" {
		t.Errorf("one of the library: %+v, %v", s, err)
	}
	for name, want := range map[string]string{"no-such": "`coder1 scenario list`", "": "there is no scenario", "../scenario.go": "", t.TempDir(): "read scenario"} {
		if s, err := Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v", name, s, err)
		}
	}
}

// Every field and every shape is in the documentation.
func TestEveryFieldIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "scenarios.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := strings.ReplaceAll(string(text), "npm\ninstall", "npm install")
	var names []string
	for _, one := range []any{Scenario{}, Users{}, Asked{}, Turn{}, Command{}, Faults{}, Span{}} {
		for i := range reflect.TypeOf(one).NumField() {
			if tag := reflect.TypeOf(one).Field(i).Tag.Get("yaml"); tag != "-" {
				names = append(names, tag)
			}
		}
	}
	for _, name := range append(names, strings.Split(shapeNames(), ", ")...) {
		if !regexp.MustCompile("[`{ ]" + regexp.QuoteMeta(name) + "[`,}]").MatchString(doc) {
			t.Errorf("docs/scenarios.md does not say what %q is", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	all, err := Library()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range all {
		text, err := Source(s.Name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz", strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "fuzz") {
				t.Errorf("%v does not say which scenario", err)
			}
			return
		}
		script := s.Script(1)
		if len(script.Prompts) > maxPrompts || script.Length <= 0 {
			t.Errorf("%d prompts in %v", len(script.Prompts), script.Length)
		}
		for i, p := range script.Prompts {
			if p.At < 0 || p.At >= script.Length || i > 0 && p.At < script.Prompts[i-1].At || p.Turn.Length <= 0 {
				t.Fatalf("prompt %d comes after %v and takes %v", i, p.At, p.Turn.Length)
			}
		}
	})
}
