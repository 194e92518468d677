package agent

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func reset(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.answer(l.count)
	first, pid := c.ready.Conversation, c.Process().PID()
	c.must(c.Reset())
	second := await[Ready](c)
	if !uuid.MatchString(second.Conversation) || second.Conversation == first || second.Model != c.ready.Model {
		t.Errorf("ready as %+v after %+v", second, c.ready)
	}
	if said := c.answer(l.count).said(); !strings.Contains(said, l.remembers(1)) || c.Process().PID() != pid {
		t.Errorf("the new conversation: %s", said)
	}
	c.Process().Stop(deadMan)
	c.drain()

	// Both conversations can be had again, and are still two.
	for _, conversation := range []string{first, second.Conversation} {
		c := h.start(conversation)
		if said := c.answer(l.count).said(); !strings.Contains(said, l.remembers(2)) {
			t.Errorf("resumed: %s", said)
		}
		c.Process().Stop(deadMan)
		c.drain()
	}
}

func resume(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.answer(l.count)
	c.answer("remember this")
	conversation := c.ready.Conversation
	c.Process().Stop(deadMan)
	if events := c.drain(); len(events) != 0 {
		t.Errorf("said when it was stopped: %+v", events)
	}
	again := h.start(conversation)
	if again.ready.Conversation != conversation {
		t.Errorf("%s was resumed as %+v", conversation, again.ready)
	}
	if said := again.answer(l.count).said(); !strings.Contains(said, l.remembers(3)) {
		t.Errorf("resumed: %s", said)
	}
}

func resumeAfterKill(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.answer(l.count)
	c.say(l.long)
	await[Delta](c)
	c.Process().Kill()
	c.drain()
	c.running = false
	// The prompt that was cut off may be lost or not, the one that was answered may not.
	said := h.start(c.ready.Conversation).answer(l.count).said()
	if !strings.Contains(said, l.remembers(3)) && !strings.Contains(said, l.remembers(2)) {
		t.Errorf("resumed: %s", said)
	}
}

func lost(t *testing.T, h *house, _ tongue) {
	missing := newID()
	c := h.launch(missing)
	events := c.drain()
	if len(events) != 1 {
		t.Fatalf("said %+v", events)
	}
	if l, ok := events[0].(Lost); !ok || l.Conversation != missing || !strings.Contains(l.Reason, missing) {
		t.Errorf("said %+v", events[0])
	}
	if exit := c.Process().Exit(); exit.Code != 1 || exit.Asked {
		t.Errorf("ended as %+v", exit)
	}
	if err := c.Prompt("anybody there?"); !errors.Is(err, errGone) {
		t.Errorf("a prompt to nobody: %v", err)
	}
}

func killed(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.long)
	await[Delta](c)
	p, err := os.FindProcess(c.Process().PID())
	c.must(err)
	c.must(p.Kill())
	if ends := all[TurnEnded](c.drain()); len(ends) != 0 {
		t.Errorf("the turn of a killed process ended with %+v", ends)
	}
	select {
	case <-c.Process().Done():
	default:
		t.Error("there was nothing more to hear before the process was gone")
	}
	if text := c.Process().Exit().Text; text != "was killed" {
		t.Errorf("the process %s", text)
	}
	for _, err := range []error{c.Prompt("hello?"), c.Interrupt(), c.Reset(), c.Decide("x", Decision{})} {
		if !errors.Is(err, errGone) {
			t.Errorf("asked of a killed process: %v", err)
		}
	}
}
