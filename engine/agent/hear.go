package agent

import (
	"encoding/json"
	"strings"
)

// quiet are the subtypes of system lines that tell the user nothing: signs of life, and what other lines
// say as well.
var quiet = map[string]bool{
	"init": true, "status": true, "thinking_tokens": true, "session_state_changed": true,
	"task_started": true, "task_progress": true, "task_updated": true, "task_notification": true,
	"background_tasks_changed": true, "hook_started": true, "hook_progress": true, "hook_response": true,
}

// hear takes in one line and returns what it means.
func (p *protocol) hear(line []byte) []Event {
	var h head
	if err := json.Unmarshal(line, &h); err != nil && !json.Valid(line) {
		return []Event{unreadable(line)}
	}
	events := p.understand(h, line)
	if p.phase == resetting {
		return nil // of a conversation that is being dropped
	}
	return events
}

func (p *protocol) understand(h head, line []byte) []Event {
	switch h.Type {
	case "system":
		return p.hearSystem(h, line)
	case "stream_event":
		return p.hearStream(h, line)
	case "assistant":
		return p.hearAssistant(h, line)
	case "user":
		return hearUser(line)
	case "result":
		return p.hearResult(line)
	case "control_request":
		return p.hearRequest(line)
	case "control_cancel_request":
		return p.hearCancel(line)
	case "control_response":
		return p.hearResponse(line)
	case "conversation_reset", "keep_alive", "tool_progress":
		return nil
	default:
		return []Event{unknown(line)}
	}
}

// read decodes a line that is known to be JSON; a field of another type than expected stays empty.
func read[T any](line []byte) (v T) {
	_ = json.Unmarshal(line, &v)
	return v
}

func (p *protocol) hearSystem(h head, line []byte) []Event {
	switch {
	case h.Subtype == "init":
		p.persist()
		return p.hearInit(read[initLine](line))
	case h.Subtype == "status":
		p.persist()
		return nil
	case quiet[h.Subtype]:
		return nil
	}
	return []Event{unknown(line)}
}

// hearInit announces the conversation again if it is not as it was announced.
func (p *protocol) hearInit(l initLine) []Event {
	now := p.ready
	if p.phase != resetting && l.Session != "" {
		now.Conversation = l.Session
	}
	if l.Model != "" {
		now.Model = l.Model
	}
	if l.Version != "" {
		now.Version = l.Version
	}
	if now == p.ready || p.phase == starting {
		return nil
	}
	p.ready = now
	return []Event{now}
}

func (p *protocol) hearResponse(line []byte) []Event {
	r := read[responseLine](line).Response
	switch p.phase {
	case starting:
		p.phase = idle
		p.mode, p.ready.Version = r.Response.Mode, r.Response.Version
		for _, m := range r.Response.Models {
			if m.Value == "default" {
				p.ready.Model = m.Resolved
			}
		}
		return []Event{p.ready}
	case resetting:
		p.stuck = p.stuck || r.Subtype == "error" // the permission mode could not be put back
	}
	return nil
}

func (p *protocol) hearResult(line []byte) []Event {
	r := read[resultLine](line)
	p.spent += p.cost(r)
	if r.Origin.Kind == "task-notification" {
		return nil // a turn that the agent began by itself
	}
	switch p.phase {
	case starting:
		return p.failToStart(r)
	case resetting:
		return p.finishReset(r)
	case running:
		return p.endTurn(r)
	}
	return nil
}

// cost is what was spent since the last result, in dollars. The total cannot be relied upon: it goes on
// where it was when a conversation is resumed, and begins again at /clear.
func (p *protocol) cost(r resultLine) float64 {
	before := p.total
	p.total = r.TotalCost
	if r.Spent != nil {
		sum := 0.0
		for _, model := range r.Spent {
			sum += model.Cost
		}
		return sum
	}
	if r.TotalCost < before {
		return r.TotalCost
	}
	return r.TotalCost - before
}

// failToStart tells of the one thing that can be told before the agent is ready; it exits next.
func (p *protocol) failToStart(r resultLine) []Event {
	if !p.resumed {
		return nil
	}
	return []Event{Lost{Conversation: p.ready.Conversation, Reason: r.explain()}}
}

// finishReset announces the new conversation, if there is one.
func (p *protocol) finishReset(r resultLine) []Event {
	if r.IsError || r.Session == "" || r.Session == p.ready.Conversation {
		p.stuck = true
	}
	if p.stuck {
		return nil
	}
	p.phase, p.spent = idle, 0
	p.ready.Conversation = r.Session
	return []Event{p.ready}
}

func (p *protocol) endTurn(r resultLine) []Event {
	p.phase = idle
	clear(p.questions)
	if r.LocalCommand != "" && r.LocalCommand != "clear" && r.LocalCommand != "compact" {
		p.changed = "/" + r.LocalCommand + " may have changed its settings"
	}
	e := TurnEnded{
		Outcome: Done, CostUSD: p.spent, DurationMS: r.DurationMS,
		InputTokens: r.Usage.Input + r.Usage.CacheWrite + r.Usage.CacheRead, OutputTokens: r.Usage.Output,
	}
	p.spent = 0
	switch {
	case !r.IsError:
	case p.stopped, strings.HasPrefix(r.TerminalReason, "aborted"):
		e.Outcome = Interrupted
	default:
		e.Outcome, e.Error = Failed, r.explain()
	}
	return []Event{e}
}

// explain says what went wrong, in the agent's words.
func (r resultLine) explain() string {
	text := r.Result
	if text == "" {
		text = strings.Join(r.Errors, "\n")
	}
	if text == "" {
		text = "The agent did not say what went wrong."
	}
	text, _ = cut(text, excerpt)
	return text
}
