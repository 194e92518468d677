package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestTooManyQuestionsAreDenied(t *testing.T) {
	p := introduced(t, "default")
	_ = p.prompt("go on")
	for i := range maxQuestions {
		hear1[PermissionRequest](t, p, askToUse, i, "{}", "[]")
	}
	p.take()
	if events := p.hear(fmt.Appendf(nil, askToUse, maxQuestions, "{}", "[]")); len(events) != 0 {
		t.Errorf("one more means %+v", events)
	}
	if said := show(t, p.take()); !strings.Contains(said, `"deny"`) {
		t.Errorf("and is answered with %s", said)
	}
	hear1[PermissionRequest](t, p, askToUse, 0, "{}", "[]") // asked again, it is the same question
}

func TestTooMuchIsCut(t *testing.T) {
	huge := strings.Repeat("x", MaxOutput)
	p := introduced(t, "default")
	_ = p.prompt("go on")

	ask := hear1[PermissionRequest](t, p, askToUse, 1, `{"content":"`+huge+`"}`, `["`+huge+`"]`)
	if len(ask.Input) > 2*excerpt || !strings.Contains(string(ask.Input), "too large") {
		t.Errorf("the question is %.100s", ask.Input)
	}
	p.take()
	if err := p.decide(ask.ID, Decision{Allow: true}); err != nil {
		t.Fatal(err)
	}
	if said := show(t, p.take()); said != `[{"type":"control_response","response":{"subtype":"success","request_id":"r1","response":{"behavior":"allow"}}}]` {
		t.Errorf("it is allowed with %.300s", said)
	}

	const result = `{"type":"user","message":{"content":[{"type":"tool_result","content":%q}]}}`
	if r := hear1[ToolResult](t, p, result, huge); r.Truncated || len(r.Output) != MaxOutput {
		t.Errorf("a result that just fits: %v, %d bytes", r.Truncated, len(r.Output))
	}
	if r := hear1[ToolResult](t, p, result, huge[1:]+"é"); !r.Truncated || r.Output != huge[1:] {
		t.Errorf("one that does not: %v, %d bytes", r.Truncated, len(r.Output))
	}
	if m := hear1[Message](t, p, `{"type":"assistant","message":{"content":[{"type":"text","text":%q}]}}`, huge+"x"); m.Text != huge {
		t.Errorf("a message of %d bytes", len(m.Text))
	}
	if d := hear1[Delta](t, p, `{"type":"stream_event","event":{"type":"content_block_delta","delta":{"text":%q}}}`, huge+"x"); d.Text != huge {
		t.Errorf("a piece of %d bytes", len(d.Text))
	}
	if c := hear1[ToolCall](t, p, `{"type":"assistant","message":{"content":[{"type":"tool_use","id":%q,"name":%[1]q,"input":[%[1]q]}]}}`, huge); len(c.ID) != maxName || len(c.Name) != maxName || len(c.Input) > 2*excerpt {
		t.Errorf("a call of %d, %d, %d bytes", len(c.ID), len(c.Name), len(c.Input))
	}
	if o := hear1[Other](t, p, `{"type":"new","data":%q}`, huge); len(o.Raw) > 2*excerpt || !json.Valid(o.Raw) {
		t.Errorf("an unknown line is kept as %.100s", o.Raw)
	}
}

func TestTooManyBlocksAreCut(t *testing.T) {
	p := introduced(t, "default")
	many := strings.Repeat(`{"type":"text","text":"x"},`, maxBlocks) + `{"type":"text","text":"last"}`
	events := p.hear(fmt.Appendf(nil, `{"type":"assistant","message":{"content":[%s]}}`, many))
	if len(all[Message](events)) != maxBlocks || len(all[Other](events)) != 1 {
		t.Errorf("%d messages, %d notes", len(all[Message](events)), len(all[Other](events)))
	}
	r := hear1[ToolResult](t, p, `{"type":"user","message":{"content":[{"type":"tool_result","content":[%s]}]}}`, many)
	if !r.Truncated || strings.Contains(r.Output, "last") {
		t.Errorf("truncated: %v; %d bytes", r.Truncated, len(r.Output))
	}
}

func TestCostThatIsNone(t *testing.T) {
	for _, line := range []string{
		`{"type":"result","model_usage_since_last_result":{"a":{"costUSD":1e308},"b":{"costUSD":1e308}}}`,
		`{"type":"result","model_usage_since_last_result":{"a":{"costUSD":-5}}}`,
		`{"type":"result","total_cost_usd":-1}`,
		`{"type":"result","total_cost_usd":1e308}`,
	} {
		p := introduced(t, "default")
		_ = p.prompt("go on")
		if e := hear1[TurnEnded](t, p, "%s", line); e.CostUSD != 0 {
			t.Errorf("%s costs %v", line, e.CostUSD)
		}
	}
}
