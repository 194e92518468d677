package scenario

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/trace"
)

// story plays a script in the simulator and tells of it.
func story(t *testing.T, s *Scenario, script *Script, o Options) Story {
	t.Helper()
	var record bytes.Buffer
	o.Record = &record
	if _, err := s.Play(script, o); err != nil {
		t.Fatal(err)
	}
	return Tell(trace.Parse(record.Bytes()), script)
}

const storied = `
length: 60s
users:
  - prompts: 2
    first: 2s
    every: 30s
    turn:
      length: 8s
      commands:
        - {name: npm ci, after: 1s, length: 2s, shape: steady, mb: 20}
        - {name: python train.py, after: 1s, shape: runaway, mb: 400}
  - {prompts: 2, first: 3s, every: 5s, turn: {length: 12s}}
  - {prompts: 1, first: 5s, turn: {length: 3s}}
`

func TestAStoryIsWithoutTimesAndNumbers(t *testing.T) {
	s := parse(t, storied)
	script := s.Script(1)
	told := story(t, s, script, usual())
	for subject, want := range map[string]string{
		"user1-1": `is accepted, runs on a new process, "npm ci" (1) begins, "python train.py" (2) begins, "python train.py" (2) is frozen, "python train.py" (2) is killed, finishes`,
		"user2-1": "is accepted, runs on a new process, finishes",
		"user2-2": "is accepted, runs on",
		"user3-1": "is accepted, runs on",
		theOrder:  "user1-1, user2-1, user3-1, user2-2, user1-2",
		theLevels: "warning, panic, emergency",
		theTiers:  "standard, essential",
	} {
		if got := strings.Join(told.Told[subject], ", "); !strings.HasPrefix(got, want) {
			t.Errorf("of %s it tells %q, want %q", subject, got, want)
		}
	}
	if w := told.Waits; w["user1-1"] > time.Second || w["user3-1"] < 5*time.Second {
		t.Errorf("waits: %v", w)
	}
	if told.Cut || told.Settings.Budget != usual().Settings.Budget || told.Settings.Costs != nil {
		t.Errorf("cut %v, settings %+v", told.Cut, told.Settings)
	}
	if d := told.Differences(story(t, s, script, usual())); len(d) > 0 {
		t.Errorf("the same run is told differently: %v", d)
	}
}

func TestStoriesPart(t *testing.T) {
	s := parse(t, storied)
	script := s.Script(1)
	a := story(t, s, script, usual())
	other := usual()
	other.Settings.MaxProcesses, other.Settings.MaxAgents = 1, 1
	d := a.Differences(story(t, s, script, other))
	subjects := make([]string, len(d))
	for i, one := range d {
		subjects[i] = one.Subject
	}
	if !slices.Contains(subjects, "settings") || !slices.Contains(subjects, "user2-1") || slices.Contains(subjects, theLevels) {
		t.Errorf("they part in %v: %v", subjects, d)
	}
}

// What a server that died could not write down any more is no difference; what it wrote down is.
func TestStoriesOfTheDead(t *testing.T) {
	long := Story{Cut: true, Subjects: []string{"a", "b"}, Told: map[string][]string{"a": {"x", "y"}, "b": {"x"}}}
	short := Story{Cut: true, Subjects: []string{"a"}, Told: map[string][]string{"a": {"x"}}}
	if d := append(long.Differences(short), short.Differences(long)...); len(d) > 0 {
		t.Errorf("differences: %v", d)
	}
	short.Told["a"] = []string{"z"}
	if d := long.Differences(short); len(d) != 1 || d[0].Subject != "a" || d[0].A != "x, y" || d[0].B != "z" {
		t.Errorf("differences: %v", d)
	}
	long.Waits, short.Waits = map[string]time.Duration{"p": 10 * time.Second, "q": 0}, map[string]time.Duration{"p": 12 * time.Second, "q": 3 * time.Second}
	if d := long.Differences(short); len(d) != 2 || d[1].Subject != "q" || d[1].B != "waits 3s" {
		t.Errorf("differences: %v", d)
	}
	short.Told["a"], short.Waits, short.Cut = []string{"x"}, nil, false
	if d := long.Differences(short); len(d) != 2 || d[1].B != "nothing more" {
		t.Errorf("of one that lived: %v", d)
	}
}
