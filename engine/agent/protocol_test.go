package agent

import (
	"fmt"
	"testing"
)

// introduced is a protocol whose agent is ready.
func introduced(t *testing.T, mode string) *protocol {
	t.Helper()
	p := newProtocol("c", false)
	p.take()
	hear1[Ready](t, p, `{"type":"control_response","response":{"subtype":"success","request_id":"coder1-1","response":{"current_permission_mode":%q}}}`, mode)
	return p
}

// hear1 takes in a line that is one event.
func hear1[E Event](t *testing.T, p *protocol, format string, args ...any) E {
	t.Helper()
	line := fmt.Appendf(nil, format, args...)
	events := p.hear(line)
	if len(events) == 1 {
		if e, ok := events[0].(E); ok {
			return e
		}
	}
	var want E
	t.Fatalf("%.200s means %.300v, want one %T", line, events, want)
	return want
}

const askToUse = `{"type":"control_request","request_id":"r%d","request":{"subtype":"can_use_tool","tool_name":"Write","input":%s,"permission_suggestions":%s}}`

func TestAllowingOnceGrantsNothing(t *testing.T) {
	p := introduced(t, "default")
	_ = p.prompt("go on")
	ask := hear1[PermissionRequest](t, p, askToUse, 1, "{}", `[{"type":"addRules","destination":"session"}]`)
	if err := p.decide(ask.ID, Decision{Allow: true}); err != nil {
		t.Fatal(err)
	}
	hear1[TurnEnded](t, p, `{"type":"result"}`)
	if err := p.reset(); err != nil {
		t.Error(err)
	}
}

func TestALocalCommandMayChangeSettings(t *testing.T) {
	for command, mayReset := range map[string]bool{"": true, "clear": true, "compact": true, "model": false} {
		p := introduced(t, "default")
		_ = p.prompt("/" + command)
		hear1[TurnEnded](t, p, `{"type":"result","local_command":%q}`, command)
		if err := p.reset(); (err == nil) != mayReset {
			t.Errorf("after /%s, a reset: %v", command, err)
		}
	}
}
