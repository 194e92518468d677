package agent

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

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
