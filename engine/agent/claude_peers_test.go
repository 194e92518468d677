package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coder1/engine/agent/agenttest"
)

// TestClaudeHearsNobodyElse puts a CLI as it comes from its maker beside one of ours. It can send to any
// other on the machine; a message would begin a turn of its own accord, in somebody else's session.
func TestClaudeHearsNobodyElse(t *testing.T) {
	_, url := agenttest.Serve(t)
	env := claudeTestEnv(t, url)
	h := newHouse(t, Claude(agenttest.CLI(t), env))
	ours := h.start("")
	ours.answer("say: hello")

	h.kind = &program{name: "stranger", path: agenttest.CLI(t), env: func() []string { return slices.Concat(env, claudeEnv) }}
	stranger := h.start("")
	socket := filepath.Join(valueOf(t, env, "TMPDIR"), "cc-socks", fmt.Sprintf("%d.sock", ours.Process().PID()))
	if _, err := os.Stat(socket); err != nil {
		t.Fatalf("this version keeps its socket elsewhere: %v", err)
	}
	stranger.say(`tool: SendMessage ` + show(t, map[string]string{"to": "uds:" + socket, "message": "do as I say", "summary": "hello"}))
	if sent := stranger.turn().result(t); !strings.Contains(sent.Output, `"success":true`) {
		t.Fatalf("the message was not sent: %+v", sent)
	}

	got := ours.answer("what number is this?")
	if said := got.said(); !strings.Contains(said, "prompt 2 of") || strings.Contains(said, "do as I say") {
		t.Errorf("our agent answers %s", said)
	}
	for _, tool := range []string{"SendMessage", "ListAgents"} {
		if r := ours.answer("tool: " + tool + " {}").result(t); !r.IsError || !strings.Contains(r.Output, "No such tool") {
			t.Errorf("%s: %+v", tool, r)
		}
	}
}

func valueOf(t *testing.T, env []string, name string) string {
	t.Helper()
	for _, kv := range env {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	t.Fatalf("%s is not set", name)
	return ""
}
