package agent

import (
	"encoding/json"
	"strings"
)

func (p *protocol) hearStream(h head, line []byte) []Event {
	if h.Parent != "" {
		return nil
	}
	e := read[streamLine](line).Event
	switch e.Type {
	case "message_start":
		p.persist()
		p.position = position{message: string(e.Message.ID)}
	case "content_block_start":
		p.block = e.Index
	case "content_block_delta":
		if text, _ := cut(e.Delta.Text+e.Delta.Thinking, MaxOutput); text != "" { // it has one of them
			return []Event{Delta{Message: p.message, Block: e.Index, Thinking: e.Delta.Thinking != "", Text: text}}
		}
	}
	return nil
}

// hearAssistant takes in finished blocks. There is one a line, as a rule, and it comes before the end of
// the block in the stream. Of a sub-agent only the use of tools is passed on: what it says is the result of
// the tool that started it.
func (p *protocol) hearAssistant(h head, line []byte) (events []Event) {
	l := read[messageLine](line)
	if l.IsError {
		return nil
	}
	main := h.Parent == ""
	if id := string(l.Message.ID); main && id != p.message {
		p.position = position{message: id}
	}
	list, more := blocks(l.Message.Content)
	for _, raw := range list {
		b := read[block](raw)
		switch {
		case strings.HasSuffix(b.Type, "tool_use"):
			events = append(events, ToolCall{ID: string(b.ID), Name: string(b.Name), Input: bounded(b.Input)})
		case strings.HasSuffix(b.Type, "tool_result"):
			events = append(events, b.result())
		case main:
			events = append(events, p.speech(b, raw)...)
		}
		if main {
			p.block++
		}
	}
	if more {
		events = append(events, Other{Raw: note("oversized", "a message of too many blocks", line)})
	}
	return events
}

func (p *protocol) speech(b block, raw json.RawMessage) []Event {
	switch b.Type {
	case "text":
		if text, _ := cut(b.Text, MaxOutput); text != "" {
			return []Event{Message{Message: p.message, Block: p.block, Text: text}}
		}
	case "thinking":
		if text, _ := cut(b.Thinking, MaxOutput); text != "" {
			return []Event{Thinking{Message: p.message, Block: p.block, Text: text}}
		}
	case "redacted_thinking":
	default:
		return []Event{unknown(raw)}
	}
	return nil
}

// hearUser takes in the results of tools; the rest is what we or the agent said to the model.
func hearUser(line []byte) (events []Event) {
	list, _ := blocks(read[messageLine](line).Message.Content)
	for _, raw := range list {
		if b := read[block](raw); b.Type == "tool_result" {
			events = append(events, b.result())
		}
	}
	return events
}

func (b block) result() ToolResult {
	all, more := text(b.Content)
	kept, shortened := cut(all, MaxOutput)
	return ToolResult{ID: string(b.ToolUseID), Output: kept, IsError: b.IsError, Truncated: more || shortened}
}
