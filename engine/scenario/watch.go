package scenario

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/trace"
)

// Watch sees what a governor is told and decides, of a simulation or of a recording, counts what came of it,
// and checks what must always be so:
//
//   - the server never dies, unless that is what the scenario shows
//   - every prompt that is offered is answered at once, and every one that was accepted ends
//   - a session has at most one turn at a time, and so has a process
//   - there are never more processes, nor more turns, than the settings and the tier allow
//   - nothing stands still for longer than the governor promises
//   - every refusal, wait, stop and kill says why
type Watch struct {
	settings governor.Config
	expect   Outcome
	worded   bool // decisions say why, which those of a recording do not
	tally    trace.Tally
	tier     governor.Tier
	at       time.Duration

	prompts   map[string]time.Duration // prompts that were accepted and have not ended -> when
	running   map[string]governor.StartTurn
	processes map[int]bool             // live ones
	frozen    map[string]time.Duration // since when
	ended     map[string]int           // prompts by what became of them
	broken    []Breach
	more      int // breaches that were not kept
}

// Breach is something that must not be.
type Breach struct {
	Rule string        `json:"rule"` // what should always be so
	At   time.Duration `json:"atNs"`
	What string        `json:"what"`
}

func (b Breach) String() string {
	return fmt.Sprintf("%s: after %s %s", b.Rule, b.At.Round(time.Millisecond), b.What)
}

// Rules that a Breach can name, the worst first.
const (
	ruleGoesOn    = "the governor goes on"
	ruleLives     = "the server lives"
	ruleDies      = "the server dies, as this scenario is to show"
	ruleAnswered  = "every prompt is answered"
	ruleEnds      = "every accepted prompt ends"
	ruleOneTurn   = "one turn at a time in a session and on a process"
	ruleProcesses = "no more processes than allowed"
	ruleTurns     = "no more turns than allowed"
	ruleFrozen    = "nothing stands still for long"
	ruleReasons   = "every decision says why"
)

var rules = []string{ruleGoesOn, ruleLives, ruleDies, ruleAnswered, ruleEnds, ruleOneTurn, ruleProcesses, ruleTurns, ruleFrozen, ruleReasons}

func compareRules(a, b string) int { return slices.Index(rules, a) - slices.Index(rules, b) }

// NewWatch begins at a head.
func NewWatch(h trace.Head, expect Outcome) *Watch {
	w := &Watch{settings: h.Settings, expect: expect, tier: tierOf(h), at: h.At,
		prompts: map[string]time.Duration{}, running: map[string]governor.StartTurn{},
		processes: map[int]bool{}, frozen: map[string]time.Duration{}, ended: map[string]int{}}
	for _, p := range h.State.Pool.Processes {
		w.processes[p.ID] = true
	}
	for _, p := range h.State.Prompts {
		w.prompts[p.Prompt] = p.Since
		if slices.Contains(h.State.Running, p.Prompt) {
			w.running[p.Prompt] = governor.StartTurn{Prompt: p.Prompt, Session: p.Session, Process: p.Process}
		}
	}
	w.tally.Begin(h)
	return w
}

// tierOf is the tier at a head.
func tierOf(h trace.Head) governor.Tier {
	state, err := governor.Restore(h.Settings, h.State)
	if err != nil {
		state = governor.New(h.Settings)
	}
	return state.View(h.At).Tier
}

const maxBroken = 20 // more are only counted

func (w *Watch) broke(rule, format string, args ...any) {
	if len(w.broken) == maxBroken {
		w.more++
		return
	}
	w.broken = append(w.broken, Breach{rule, w.at, fmt.Sprintf(format, args...)})
}

// Open is how many accepted prompts have not ended.
func (w *Watch) Open() int { return len(w.prompts) }

func (w *Watch) open() []string { return slices.Sorted(maps.Keys(w.prompts)) }

// Step takes in a step.
func (w *Watch) Step(at time.Duration, ev governor.Event, out []governor.Decision) {
	w.at = at
	w.tally.Step(at, ev, out)
	answers := 0
	w.hear(ev)
	for _, d := range out {
		w.decided(d)
		switch d.(type) {
		case governor.Accept, governor.Refuse:
			answers++
		}
	}
	if e, ok := ev.(governor.PromptOffered); ok && answers != 1 {
		w.broke(ruleAnswered, "%s got %d answers", e.Prompt, answers)
	}
	w.checkFrozen()
}

// longestFrozen is what the governor's promise comes to: memory may become impossible to measure just before its
// time is up, after which it waits as long again; then a second passes until the next tick.
const longestFrozen = 2*governor.MaxFrozen + 2*time.Second

func (w *Watch) checkFrozen() {
	for _, group := range slices.Sorted(maps.Keys(w.frozen)) {
		if since := w.frozen[group]; w.at-since > longestFrozen {
			w.broke(ruleFrozen, "%s stands still since %s", group, since.Round(time.Millisecond))
			delete(w.frozen, group)
		}
	}
}

func (w *Watch) hear(ev governor.Event) {
	switch e := ev.(type) {
	case governor.PromptRestored:
		w.prompts[e.Prompt] = w.at
	case governor.TurnEnded:
		if turn, runs := w.running[e.Prompt]; runs && !e.Interrupted {
			w.over(turn.Prompt, "finished")
		}
	case governor.ProcessExited:
		delete(w.processes, e.Process)
		delete(w.frozen, fmt.Sprintf("process/%d", e.Process))
	case governor.CommandEnded:
		delete(w.frozen, e.Group)
	}
}

// over notes that a prompt has ended.
func (w *Watch) over(prompt, how string) {
	if _, known := w.prompts[prompt]; known {
		w.ended[how]++
	}
	delete(w.prompts, prompt)
	delete(w.running, prompt)
}

func (w *Watch) decided(d governor.Decision) {
	if f := reflect.ValueOf(d).FieldByName("Reason"); w.worded && f.IsValid() && f.String() == "" {
		w.broke(ruleReasons, "%T has no reason", d)
	}
	switch d := d.(type) {
	case governor.Accept:
		w.prompts[d.Prompt] = w.at
	case governor.Cancelled:
		w.over(d.Prompt, "cancelled")
	case governor.StartTurn:
		w.start(d)
	case governor.EndTurn:
		delete(w.running, d.Prompt)
		if d.Outcome != governor.Requeued {
			w.over(d.Prompt, string(d.Outcome))
		}
	case governor.SetTier:
		w.tier = d.Tier
	case governor.Freeze:
		w.frozen[d.Group] = w.at
	case governor.Thaw:
		delete(w.frozen, d.Group)
	case governor.Kill:
		delete(w.frozen, d.Group)
	}
}

func (w *Watch) start(d governor.StartTurn) {
	for _, prompt := range slices.Sorted(maps.Keys(w.running)) {
		other := w.running[prompt]
		if other.Session == d.Session || other.Process == d.Process {
			w.broke(ruleOneTurn, "%s begins in %s on process %d while %s runs in %s on process %d", d.Prompt, d.Session, d.Process,
				other.Prompt, other.Session, other.Process)
		}
	}
	w.running[d.Prompt] = d
	fresh := d.How == pool.New || d.How == pool.Resumed
	if fresh {
		w.processes[d.Process] = true
	}
	if w.settings.Unpooled {
		return
	}
	if most := w.settings.MaxProcesses; fresh && len(w.processes) > most {
		w.broke(ruleProcesses, "process %d is number %d; %d are allowed", d.Process, len(w.processes), most)
	}
	if most := min(w.tier.MaxAgents(), w.settings.MaxAgents, w.settings.MaxProcesses); len(w.running) > most {
		w.broke(ruleTurns, "%s is turn number %d; in the %s tier %d are allowed", d.Prompt, len(w.running), w.tier, most)
	}
}

// Result ends the watch. Nothing more is to come: what has not ended never will.
func (w *Watch) Result(died bool) *Result {
	switch {
	case died:
		w.tally.Die()
		if w.expect != Dies {
			w.broke(ruleLives, "it used more than the %d MB there are", w.settings.Hard>>20)
		}
	case w.expect == Dies:
		w.broke(ruleDies, "it still lives")
	}
	if !died {
		for _, prompt := range w.open() {
			w.broke(ruleEnds, "%s, accepted after %s, has not ended", prompt, w.prompts[prompt].Round(time.Millisecond))
		}
	}
	return &Result{Settings: w.settings, Figures: w.tally.Figures(), Ended: w.ended, Broken: append([]Breach{}, w.broken...), More: w.more}
}

// Result is what came of a run.
type Result struct {
	Scenario string          `json:"scenario"`
	Seed     uint64          `json:"seed"`
	Target   string          `json:"target"`
	Settings governor.Config `json:"-"`
	trace.Figures
	Ended  map[string]int `json:"ended"` // prompts by what became of them: finished, interrupted, failed, parked, cancelled
	Broken []Breach       `json:"broken"`
	More   int            `json:"moreBroken,omitempty"` // that are not listed
}
