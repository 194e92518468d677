package scenario

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/trace"
)

// Story is what a recording tells of each subject, in order: without times and numbers, and under the names that
// the script has for prompts, sessions and commands. Two runs of a script can so be compared, whoever played it.
// docs/parity.md says what is told, and what is left out and why.
type Story struct {
	Settings governor.Config
	Subjects []string // in the order in which they appear
	Told     map[string][]string
	Waits    map[string]time.Duration // prompt -> from its acceptance to its first turn
	Cut      bool                     // the server was gone before it could end its recording: the last second may be missing
}

// Subjects of what concerns everybody: the order in which prompts first run, the levels of pressure that were
// reached, and the tiers come down to.
const (
	theOrder  = "order"
	theLevels = "levels"
	theTiers  = "tiers"
)

// Tell takes the story from a recording of a script. It ends with the last prompt.
func Tell(f *trace.File, script *Script) Story {
	t := teller{Story: Story{Told: map[string][]string{}, Waits: map[string]time.Duration{}, Cut: true}, script: script, prompts: map[string]*Prompt{},
		turns: map[int]*Prompt{}, sessions: map[int]string{}, going: map[int]bool{}, commands: map[string]told{}, asked: map[string]int{},
		accepted: map[string]time.Duration{}}
	for it := range f.Items() {
		switch it := it.(type) {
		case trace.Head:
			if t.begun {
				continue
			}
			t.begun, t.Settings = true, it.Settings
			t.Settings.Learned, t.Settings.Costs = governor.Learned{}, nil
		case trace.Step:
			t.step(&it)
		case trace.End:
			t.Cut = it.How != trace.Closed
		}
	}
	return t.Story
}

// teller goes through a recording.
type teller struct {
	Story
	script   *Script
	begun    bool
	offered  int
	open     int                // prompts that have not ended
	prompts  map[string]*Prompt // by their names in the recording
	turns    map[int]*Prompt    // process -> whose turn it is
	sessions map[int]string     // process -> the session it was last for
	going    map[int]bool       // processes that were told to go
	commands map[string]told    // group -> whose it is
	asked    map[string]int     // prompt -> commands that were asked for
	at       time.Duration
	accepted map[string]time.Duration // prompt -> when
	level    governor.Level           // the highest so far
	tier     *governor.Tier           // the lowest so far; nil for none
}

// told is a command under the name that it has in a story.
type told struct{ subject, name string }

// note adds a word to a subject's story, unless that is what it ends with.
func (t *teller) note(subject, format string, args ...any) {
	if t.offered == len(t.script.Prompts) && t.open == 0 {
		return
	}
	word := fmt.Sprintf(format, args...)
	all, known := t.Told[subject]
	if !known {
		t.Subjects = append(t.Subjects, subject)
	}
	if len(all) == 0 || all[len(all)-1] != word {
		t.Told[subject] = append(all, word)
	}
}

func (t *teller) step(s *trace.Step) {
	t.at = s.At
	switch e := s.Event.(type) {
	case governor.PromptOffered:
		if t.offered < len(t.script.Prompts) {
			t.prompts[e.Prompt] = &t.script.Prompts[t.offered]
			t.offered++
			t.open++
		}
	case governor.PromptCancelled:
		if p := t.prompts[e.Prompt]; p != nil {
			t.note(p.Offer.Prompt, "is withdrawn")
			t.close(e.Prompt)
		}
	case governor.TurnEnded:
		if p := t.prompts[e.Prompt]; p != nil {
			t.note(p.Offer.Prompt, "%s", map[bool]string{false: "finishes", true: "is interrupted"}[e.Interrupted])
			t.close(e.Prompt)
		}
	case governor.CommandAsked:
		t.ask(e)
	case governor.ProcessExited:
		how := map[governor.Failure]string{governor.Killed: "is killed from outside", governor.StartFailed: "does not start",
			governor.Stuck: "is given up", governor.Forgot: "has forgotten"}[e.Failure]
		if how != "" && !t.going[e.Process] && t.sessions[e.Process] != "" {
			t.note(t.sessions[e.Process], "its process %s", how)
		}
		delete(t.sessions, e.Process)
		delete(t.going, e.Process)
	}
	for _, d := range s.Decisions {
		t.decided(d)
	}
}

// close ends the story of a prompt.
func (t *teller) close(prompt string) {
	if t.prompts[prompt] != nil {
		t.open--
		delete(t.prompts, prompt)
	}
}

// ask names a command by the script: the first that its prompt's turn asks for is the first in it.
func (t *teller) ask(e governor.CommandAsked) {
	p := t.turns[e.Process]
	if p == nil {
		return
	}
	name := p.Offer.Prompt
	n := t.asked[name]
	t.asked[name]++
	what := "a command"
	if n < len(p.Turn.Commands) {
		what = p.Turn.Commands[n].Name
	}
	t.commands[e.Group] = told{name, fmt.Sprintf("%q (%d)", what, n+1)}
}

func (t *teller) decided(d governor.Decision) {
	switch d := d.(type) {
	case governor.Accept:
		t.of(d.Prompt, "is accepted")
		t.accepted[d.Prompt] = t.at
	case governor.Refuse:
		t.of(d.Prompt, "is refused")
		t.close(d.Prompt)
	case governor.Cancelled:
		t.of(d.Prompt, "is cancelled")
		t.close(d.Prompt)
	case governor.StartTurn:
		t.start(d)
	case governor.EndTurn:
		t.of(d.Prompt, "is %s", d.Outcome)
		if d.Outcome != governor.Requeued {
			t.close(d.Prompt)
		}
	case governor.Interrupt:
		t.of(d.Prompt, "is to be interrupted")
	case governor.Evict:
		t.dismiss(d.Process)
	case governor.StartCommand:
		t.group(d.Group, "begins")
	case governor.Freeze:
		t.group(d.Group, "is frozen")
	case governor.Kill:
		t.group(d.Group, killed)
	case governor.SetLevel:
		if d.Level > t.level {
			t.level = d.Level
			t.note(theLevels, "%v", d.Level)
		}
	case governor.SetTier:
		if t.tier == nil || d.Tier < *t.tier {
			t.tier = &d.Tier
			t.note(theTiers, "%v", d.Tier)
		}
	}
}

func (t *teller) of(prompt, format string, args ...any) {
	if p := t.prompts[prompt]; p != nil {
		t.note(p.Offer.Prompt, format, args...)
	}
}

func (t *teller) start(d governor.StartTurn) {
	p := t.prompts[d.Prompt]
	if p == nil {
		return
	}
	t.turns[d.Process], t.sessions[d.Process] = p, p.Offer.Session
	if _, again := t.Waits[p.Offer.Prompt]; !again {
		t.Waits[p.Offer.Prompt] = t.at - t.accepted[d.Prompt]
		t.note(theOrder, "%s", p.Offer.Prompt)
	}
	t.asked[p.Offer.Prompt] = 0
	t.note(p.Offer.Prompt, "runs on %s", map[governor.How]string{pool.Warm: "its own warm process", pool.Reset: "another session's process, cleared",
		pool.New: "a new process", pool.Resumed: "a new process that resumes"}[d.How])
}

// group tells of an agent or a command.
func (t *teller) group(group, what string) {
	if c, ok := t.commands[group]; ok {
		t.note(c.subject, "%s %s", c.name, what)
		return
	}
	var process int
	switch n, _ := fmt.Sscanf(group, "process/%d", &process); {
	case n != 1 || t.sessions[process] == "" || strings.Count(group, "/") != 1:
	case what == killed:
		t.dismiss(process)
	default:
		t.note(t.sessions[process], "its process %s", what)
	}
}

// killed is what is told of a command that the governor ended.
const killed = "is killed"

// dismiss tells of an agent process that has to go. Whether one that was asked to is still there when it would be
// killed is a matter of milliseconds.
func (t *teller) dismiss(process int) {
	t.going[process] = true
	t.note(t.sessions[process], "its process has to go")
}

// Difference is where two stories part.
type Difference struct {
	Subject string `json:"subject"`
	A       string `json:"a"` // what the first tells there
	B       string `json:"b"`
}

// String says it in a line.
func (d Difference) String() string { return fmt.Sprintf("%s: %s | %s", d.Subject, d.A, d.B) }

// Differences compares two stories: settings, then each subject by where the two first part. When both servers
// died, what one of the recordings has no more is no difference.
func (s Story) Differences(o Story) []Difference {
	var all []Difference
	if a, b := s.Settings, o.Settings; !reflect.DeepEqual(a, b) {
		all = append(all, Difference{"settings", fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b)})
	}
	subjects := slices.Clone(s.Subjects)
	for _, subject := range slices.Sorted(maps.Keys(o.Told)) {
		if !slices.Contains(subjects, subject) {
			subjects = append(subjects, subject)
		}
	}
	for _, subject := range subjects {
		a, b := s.Told[subject], o.Told[subject]
		if i := parting(a, b); i >= 0 && (i < min(len(a), len(b)) || !s.Cut || !o.Cut) {
			all = append(all, Difference{subject, from(a, i), from(b, i)})
		}
	}
	for _, prompt := range slices.Sorted(maps.Keys(s.Waits)) {
		a := s.Waits[prompt]
		if b, both := o.Waits[prompt]; both && max(a-b, b-a) > max(waitTolerance, a/4) {
			all = append(all, Difference{prompt, "waits " + a.Round(time.Second/10).String(), "waits " + b.Round(time.Second/10).String()})
		}
	}
	return all
}

// waitTolerance is by how much waits may differ. What waits for something that ends at about the time at which it
// comes does so for a moment, or not at all.
const waitTolerance = 2 * time.Second

// parting is where two lists part, -1 if nowhere.
func parting(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return i
		}
	}
	return -1
}

// from is what comes from a place on, in short.
func from(list []string, i int) string {
	const most = 4
	switch rest := list[i:]; {
	case len(rest) == 0:
		return "nothing more"
	case len(rest) > most:
		return strings.Join(rest[:most], ", ") + " …"
	default:
		return strings.Join(rest, ", ")
	}
}
