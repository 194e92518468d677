package agent

import (
	"encoding/json"
	"fmt"
)

// question is a permission request that waits for its answer.
type question struct {
	input json.RawMessage
}

// maxQuestions bounds the permission requests that wait at the same time.
const maxQuestions = 32

func (p *protocol) hearRequest(line []byte) []Event {
	l := read[requestLine](line)
	id, r := string(l.ID), l.Request
	if r.Subtype != "can_use_tool" {
		p.say(controlResponse(answer{Subtype: "error", ID: id, Error: "Coder1 does not support " + string(r.Subtype)}))
		return []Event{unknown(line)}
	}
	if _, again := p.questions[id]; !again && len(p.questions) >= maxQuestions {
		p.answer(id, verdict{Behavior: "deny", Message: "There are too many other questions at the moment."})
		return nil
	}
	q := question{r.Input}
	if len(q.input) > MaxOutput {
		q.input = nil // it is allowed as it was asked for
	}
	p.questions[id] = q
	return []Event{PermissionRequest{
		ID: id, ToolID: string(r.ToolUseID), Tool: string(r.Tool), Input: bounded(r.Input),
	}}
}

func (p *protocol) hearCancel(line []byte) []Event {
	id := string(read[requestLine](line).ID)
	if _, ok := p.questions[id]; !ok {
		return nil
	}
	delete(p.questions, id)
	return []Event{PermissionWithdrawn{ID: id}}
}

func (p *protocol) decide(id string, d Decision) error {
	q, ok := p.questions[id]
	if !ok {
		return fmt.Errorf("the agent is not waiting for an answer to %q", id)
	}
	delete(p.questions, id)
	v := verdict{Behavior: "deny", Message: d.Message}
	if d.Allow {
		v = verdict{Behavior: "allow", Input: q.input}
	} else if v.Message == "" {
		v.Message = "The user did not allow this."
	}
	p.answer(id, v)
	return nil
}

func (p *protocol) answer(id string, v verdict) {
	p.say(controlResponse(answer{Subtype: "success", ID: id, Response: v}))
}
