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
