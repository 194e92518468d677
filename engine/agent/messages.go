package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

func (p *protocol) hearStream(h head, line []byte) []Event {
	if h.Parent != "" {
		return nil
	}
	e := read[streamLine](line).Event
	switch e.Type {
	case "message_start":
		p.persist()
		p.position = position{message: e.Message.ID}
	case "content_block_start":
		p.block = e.Index
	case "content_block_delta":
		switch {
		case e.Delta.Text != "":
			return []Event{Delta{Message: p.message, Block: e.Index, Text: e.Delta.Text}}
		case e.Delta.Thinking != "":
			return []Event{Delta{Message: p.message, Block: e.Index, Text: e.Delta.Thinking, Thinking: true}}
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
	if main && l.Message.ID != p.message {
		p.position = position{message: l.Message.ID}
	}
	for _, raw := range blocks(l.Message.Content) {
		b := read[block](raw)
		switch {
		case strings.HasSuffix(b.Type, "tool_use"):
			events = append(events, ToolCall{ID: b.ID, Name: b.Name, Input: bounded(b.Input)})
		case strings.HasSuffix(b.Type, "tool_result"):
			events = append(events, b.result())
		case main:
			events = append(events, p.speech(b, raw)...)
		}
		if main {
			p.block++
		}
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
	for _, raw := range blocks(read[messageLine](line).Message.Content) {
		if b := read[block](raw); b.Type == "tool_result" {
			events = append(events, b.result())
		}
	}
	return events
}

func (b block) result() ToolResult {
	text, truncated := cut(text(b.Content), MaxOutput)
	return ToolResult{ID: b.ToolUseID, Output: text, IsError: b.IsError, Truncated: truncated}
}

func (p *protocol) hearRequest(line []byte) []Event {
	l := read[requestLine](line)
	r := l.Request
	if r.Subtype != "can_use_tool" {
		p.say(controlResponse(answer{Subtype: "error", ID: l.ID, Error: "Coder1 does not support " + r.Subtype}))
		return []Event{unknown(line)}
	}
	if len(blocks(r.Suggestions)) == 0 || len(r.Suggestions) > MaxOutput {
		r.Suggestions = nil
	}
	p.questions[l.ID] = question{input: r.Input, suggestions: r.Suggestions}
	return []Event{PermissionRequest{
		ID: l.ID, ToolID: r.ToolUseID, Tool: r.Tool, Input: bounded(r.Input), Suggestions: r.Suggestions,
	}}
}

func (p *protocol) hearCancel(line []byte) []Event {
	id := read[requestLine](line).ID
	if _, ok := p.questions[id]; !ok {
		return nil
	}
	delete(p.questions, id)
	return []Event{PermissionWithdrawn{ID: id}}
}

// blocks are the elements of a JSON array; none if it is none.
func blocks(raw json.RawMessage) (list []json.RawMessage) {
	_ = json.Unmarshal(raw, &list)
	return list
}

// text is what a tool answered, which is a text or blocks.
func text(content json.RawMessage) string {
	if s := read[string](content); s != "" {
		return s
	}
	var parts []string
	for _, raw := range blocks(content) {
		b := read[block](raw)
		if b.Type != "text" {
			b.Text = "[" + b.Type + "]"
		}
		parts = append(parts, b.Text)
	}
	return strings.Join(parts, "\n")
}

// cut shortens a text to at most n bytes, between two runes.
func cut(s string, n int) (short string, truncated bool) {
	if len(s) <= n {
		return s, false
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n], true
}

// bounded is a tool's input, or a description of it when it is too large to be kept.
func bounded(input json.RawMessage) json.RawMessage {
	if len(input) == 0 {
		return json.RawMessage("{}")
	}
	if len(input) <= MaxOutput {
		return input
	}
	return note("input", fmt.Sprintf("%d bytes, too large to be shown", len(input)), input)
}

// unknown is a line of a type that we do not know.
func unknown(line []byte) Other {
	if len(line) <= MaxOutput {
		return Other{Raw: bytes.Clone(line)}
	}
	return Other{Raw: note("oversized", fmt.Sprintf("%d bytes, too large to be kept", len(line)), line)}
}

// unreadable is a line that is not JSON.
func unreadable(line []byte) Other {
	return Other{Raw: note("unreadable", "the agent wrote a line that is not JSON", line)}
}

// oversized is a line of which we have only read the beginning.
func oversized(line []byte, length int) Other {
	return Other{Raw: note("oversized", fmt.Sprintf("%d bytes, too large to be read", length), line)}
}

func note(kind, why string, of []byte) json.RawMessage {
	beginning, _ := cut(string(of[:min(len(of), excerpt+utf8.UTFMax)]), excerpt)
	raw, _ := json.Marshal(struct { // of texts only
		Type      string `json:"type"`
		Note      string `json:"note"`
		Beginning string `json:"beginning"`
	}{kind, why, beginning})
	return raw
}
