package agent

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"coder1/engine/agent/agenttest"
)

// What the engine relies on is true of every kind of agent: one suite, run by the real CLI and by the demo
// agent as processes. tongue is how a kind is asked for what the suite needs.
type tongue struct {
	kind      func(t testing.TB, env ...string) Kind
	long      string // an answer that takes longer than any test
	short     string // one of three words
	run       func(command string) string
	write     func(file, text string) string
	count     string // makes it tell how many prompts it remembers
	remembers func(n int) string
}

var tongues = map[string]tongue{
	"claude": {
		kind: realClaude,
		long: "slow: 20000 words", short: "slow: 3 words",
		run:  func(command string) string { return "tool: Bash " + command },
		write: func(file, text string) string {
			return "write: " + file + " " + text
		},
		count:     "what number is this?",
		remembers: func(n int) string { return fmt.Sprintf("prompt %d of this conversation", n) },
	},
	"demo": {
		kind: func(t testing.TB, env ...string) Kind { return Demo(self(t), env) },
		long: "say 10000 words", short: "say 3 words",
		run:  func(command string) string { return "run " + command },
		write: func(file, text string) string {
			return "write " + file + " " + text
		},
		count:     "history",
		remembers: func(n int) string { return fmt.Sprintf("you have said %d things", n) },
	},
}

// realClaude is the pinned CLI with an imitation of its model.
func realClaude(t testing.TB, env ...string) Kind {
	_, url := agenttest.Serve(t)
	env = append(append(agenttest.Env(url), "HOME="+t.TempDir()), env...)
	return Claude(agenttest.CLI(t), env)
}

var behaviours = []struct {
	name string
	test func(*testing.T, *house, tongue)
}{
	{"answers", answers},
	{"one turn at a time", oneTurnAtATime},
	{"answers after a failed tool", failedTool},
	{"shell prefix", shellPrefixed},
	{"allow", allow},
	{"deny", deny},
	{"remember", remember},
	{"grants end with the conversation", grantsEnd},
	{"interrupt an answer", interruptAnswer},
	{"interrupt at once", interruptAtOnce},
	{"interrupt too late", interruptTooLate},
	{"interrupt a question", interruptQuestion},
	{"interrupt a command", interruptCommand},
	{"interrupt nothing", interruptNothing},
	{"reset", reset},
	{"resume", resume},
	{"resume after a kill", resumeAfterKill},
	{"lost", lost},
	{"killed", killed},
}

func TestBehaviour(t *testing.T) {
	for name, l := range tongues {
		t.Run(name, func(t *testing.T) {
			for _, b := range behaviours {
				t.Run(b.name, func(t *testing.T) { b.test(t, newHouse(t, l.kind(t)), l) })
			}
		})
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func answers(t *testing.T, h *house, l tongue) {
	c := h.start("")
	if !uuid.MatchString(c.ready.Conversation) || c.ready.Model == "" {
		t.Errorf("ready as %+v", c.ready)
	}
	for n := 1; n <= 3; n++ {
		got := c.answer(l.count)
		if !strings.Contains(got.said(), l.remembers(n)) {
			t.Errorf("the answer to prompt %d: %s", n, got.said())
		}
		if got.DurationMS < 0 || got.DurationMS > deadMan.Milliseconds() || got.Error != "" {
			t.Errorf("ended with %+v", got.TurnEnded)
		}
		checkDeltas(t, got)
	}
}

// checkDeltas holds every message against what was heard of it while it was written.
func checkDeltas(t *testing.T, got turn) {
	t.Helper()
	type place struct {
		message string
		block   int
	}
	written := map[place]string{}
	for _, d := range all[Delta](got.events) {
		written[place{d.Message, d.Block}] += d.Text
	}
	messages := all[Message](got.events)
	if len(messages) == 0 || len(messages) != len(written) {
		t.Errorf("%d messages, %d of them announced: %+v", len(messages), len(written), got.events)
	}
	for _, m := range messages {
		if w := written[place{m.Message, m.Block}]; m.Message == "" || w != m.Text {
			t.Errorf("message %q is %q and was written as %q", m.Message, m.Text, w)
		}
	}
}

func oneTurnAtATime(t *testing.T, h *house, l tongue) {
	c := h.launch("")
	if err := c.Prompt("too early"); !errors.Is(err, errNotIdle) {
		t.Errorf("a prompt before it is ready: %v", err)
	}
	await[Ready](c)
	c.say(l.long)
	await[Delta](c)
	if err := c.Prompt("and another"); !errors.Is(err, errNotIdle) {
		t.Errorf("a second prompt: %v", err)
	}
	if err := c.Reset(); !errors.Is(err, errNotIdle) {
		t.Errorf("a reset in a turn: %v", err)
	}
	c.must(c.Interrupt())
	c.turn()
	c.must(c.Reset())
	if err := c.Prompt("and another"); !errors.Is(err, errNotIdle) {
		t.Errorf("a prompt during a reset: %v", err)
	}
	await[Ready](c)
	if said := c.answer(l.count).said(); !strings.Contains(said, l.remembers(1)) {
		t.Errorf("a refused prompt was taken in: %s", said)
	}
}

func failedTool(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.run("touch here; echo some words; exit 7"))
	c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true}))
	got := c.turn()
	result := got.result(t)
	if !result.IsError || !strings.Contains(result.Output, "some words") || !strings.Contains(result.Output, "7") {
		t.Errorf("the tool answered %+v", result)
	}
	if _, ok := h.file("here"); !ok || got.Outcome != Done || got.said() == "" {
		t.Errorf("ran: %v; then %+v", ok, got)
	}
}

func shellPrefixed(t *testing.T, h *house, l tongue) {
	h.put("wrapper", "#!/bin/sh\necho \"$#\" >wrapped\necho \"$1\" >>wrapped\nexec sh -c \"$1\"\n")
	makeExecutable(t, filepath.Join(h.dir, "wrapper"))
	h.kind = l.kind(t, shellPrefix+"="+filepath.Join(h.dir, "wrapper"))
	c := h.start("")
	c.say(l.run(`touch "a  b"; echo '$ok'`))
	c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true}))
	if result := c.turn().result(t); result.IsError || !strings.Contains(result.Output, "$ok") {
		t.Errorf("the tool answered %+v", result)
	}
	_, ran := h.file("a  b")
	if wrapped, _ := h.file("wrapped"); !ran || !strings.HasPrefix(wrapped, "1\n") || !strings.Contains(wrapped, "touch") {
		t.Errorf("ran: %v; the wrapper was given %q", ran, wrapped)
	}
}
