package agent

import "encoding/json"

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
		now.Conversation = string(l.Session)
	}
	if l.Model != "" {
		now.Model = string(l.Model)
	}
	if l.Version != "" {
		now.Version = string(l.Version)
	}
	if now == p.ready || p.phase == starting {
		return nil
	}
	p.ready = now
	return []Event{now}
}

// hearResponse takes in an answer to a request of ours. To an interruption there is none that matters.
func (p *protocol) hearResponse(line []byte) []Event {
	r := read[responseLine](line).Response
	switch {
	case p.phase == starting:
		return p.begin(r.Response)
	case p.phase == resetting && r.ID == p.modeRequest && r.Subtype == "error":
		p.stuck = true // the permission mode could not be put back
	}
	return nil
}

// begin takes in what the agent says of itself at the start.
func (p *protocol) begin(r introduction) []Event {
	p.phase = idle
	p.mode, p.ready.Version = string(r.Mode), string(r.Version)
	for _, m := range r.Models {
		if m.Value == "default" {
			p.ready.Model = string(m.Resolved)
		}
	}
	if len(r.Commands) == 0 {
		return []Event{p.ready}
	}
	var all Offers
	for _, c := range r.Commands[:min(len(r.Commands), maxCommands)] {
		all.Commands = append(all.Commands, SlashCommand{string(c.Name), string(c.About), string(c.Argument)})
	}
	return []Event{p.ready, all}
}

// maxCommands bounds what is told of an agent's own commands.
const maxCommands = 200
