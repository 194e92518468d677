package agent

import (
	"bytes"
	"strings"
	"testing"
)

func allow(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.write("hello.txt", "good morning"))
	call := await[ToolCall](c)
	ask := await[PermissionRequest](c)
	if ask.Tool != "Write" || ask.ID == "" || ask.ToolID != call.ID || !bytes.Contains(ask.Input, []byte("hello.txt")) {
		t.Errorf("called %+v and asked %+v", call, ask)
	}
	if _, there := h.file("hello.txt"); there {
		t.Error("the file was written before that was allowed")
	}
	if err := c.Decide("no such request", Decision{Allow: true}); err == nil {
		t.Error("an answer to no question was accepted")
	}
	c.must(c.Decide(ask.ID, Decision{Allow: true}))
	if err := c.Decide(ask.ID, Decision{}); err == nil {
		t.Error("a second answer was accepted")
	}
	got := c.turn()
	if result := got.result(t); result.IsError || result.ID != call.ID {
		t.Errorf("the tool answered %+v to %+v", result, call)
	}
	if text, _ := h.file("hello.txt"); strings.TrimSpace(text) != "good morning" {
		t.Errorf("the file holds %q", text)
	}
	if got.Outcome != Done || got.said() == "" {
		t.Errorf("then %+v", got)
	}
}

func deny(t *testing.T, h *house, l tongue) {
	c := h.start("")
	for _, message := range []string{"", "not on a Tuesday"} {
		c.say(l.run("touch denied.txt"))
		c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Message: message}))
		got := c.turn()
		if result := got.result(t); !result.IsError || !strings.Contains(result.Output, message) || result.Output == "" {
			t.Errorf("denied with %q: the tool answered %+v", message, result)
		}
		if _, there := h.file("denied.txt"); there || got.Outcome != Done {
			t.Errorf("done: %v; the turn ended with %+v", there, got.TurnEnded)
		}
	}
}

func remember(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.run("touch one.txt"))
	ask := await[PermissionRequest](c)
	if len(ask.Suggestions) == 0 {
		t.Fatalf("nothing is offered to be remembered: %+v", ask)
	}
	c.must(c.Decide(ask.ID, Decision{Allow: true, Remember: true}))
	c.turn()
	got := c.answer(l.run("touch one.txt two.txt"))
	if again := all[PermissionRequest](got.events); len(again) != 0 {
		t.Errorf("asked again: %+v", again)
	}
	if _, there := h.file("two.txt"); !there {
		t.Error("the second command was not run")
	}
}

// grantsEnd says that what was allowed for one conversation is not allowed in the next of the same process.
func grantsEnd(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.write("one.txt", "1"))
	c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true, Remember: true}))
	c.turn()
	if again := all[PermissionRequest](c.answer(l.write("two.txt", "2")).events); len(again) != 0 {
		t.Fatalf("asked again in the same conversation: %+v", again)
	}
	if err := c.Reset(); err != nil {
		return // it knows that it cannot forget
	}
	await[Ready](c)
	c.say(l.write("three.txt", "3"))
	c.must(c.Decide(await[PermissionRequest](c).ID, Decision{}))
	c.turn()
	if _, there := h.file("three.txt"); there {
		t.Error("what was allowed in another conversation was done in this one")
	}
}
