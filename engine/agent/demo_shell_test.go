package agent

import (
	"strings"
	"testing"
)

func TestDemoRuns(t *testing.T) {
	h, c := demoTalk(t)
	c.allowing = true
	for _, r := range []struct {
		prompt, output string
		failed         bool
	}{
		{"run echo one; echo two >&2", "one\ntwo", false},
		{"$ echo `echo three`", "three", false},
		{"run printf '\\n\\n  indented\\n\\n'", "\n\n  indented", false},
		{"run exit 3", "exit status 3", true},
		{"run no-such-command 2>/dev/null", "exit status 127", true},
		{"run kill -9 $$", "signal: killed", true},
		{"run printf 'a\\377b'", "a\uFFFDb", false},
		{"run read line || echo nothing to read", "nothing to read", false},
	} {
		if got := c.answer(r.prompt).result(t); got.Output != r.output || got.IsError != r.failed {
			t.Errorf("%q: %+v", r.prompt, got)
		}
	}
	c.answer("run pwd >where")
	if where, _ := h.file("where"); strings.TrimSpace(where) != h.dir {
		t.Errorf("commands run in %q", where)
	}
}

func TestDemoBoundsOutput(t *testing.T) {
	_, c := demoTalk(t)
	c.allowing = true
	out := c.answer("run head -c 10000000 /dev/zero | tr '\\0' x").result(t).Output
	text, rest, _ := strings.Cut(out, "\n")
	if len(text) != maxRead || rest != "… (9934464 more bytes are not shown)" {
		t.Errorf("%d bytes and %q", len(text), rest)
	}
}

// TestDemoDoesNotWaitForWhatGoesOn: a command may leave something running that keeps its output open.
func TestDemoDoesNotWaitForWhatGoesOn(t *testing.T) {
	_, c := demoTalk(t)
	c.allowing = true
	if r := c.answer("run echo started; sleep 3600 &").result(t); r.Output != "started" || r.IsError {
		t.Errorf("the tool answered %+v", r)
	}
}
