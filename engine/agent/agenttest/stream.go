package agenttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// message is one answer on its way to the client.
type message struct {
	id          string
	model       string
	inputTokens int
	reply
}

func (m message) outputTokens() int { return 1 + (len(m.thinking)+len(m.text)+len(m.input))/64 }

func (m message) toolID() string { return "toolu_" + m.id[len("msg_"):] }

func (m message) stopReason() string {
	if m.tool != "" {
		return "tool_use"
	}
	return "end_turn"
}

func (m message) head(content []any) map[string]any {
	return map[string]any{
		"id": m.id, "type": "message", "role": "assistant", "model": m.model, "content": content,
		"stop_reason": nil, "stop_sequence": nil,
		"usage": map[string]int{"input_tokens": m.inputTokens, "output_tokens": 1},
	}
}

// whole is the answer in one piece.
func (m message) whole() map[string]any {
	var content []any
	if m.thinking != "" {
		content = append(content, map[string]any{"type": "thinking", "thinking": m.thinking, "signature": "c2lnbmVk"})
	}
	if m.text != "" {
		content = append(content, map[string]any{"type": "text", "text": m.text})
	}
	if m.tool != "" {
		content = append(content, map[string]any{"type": "tool_use", "id": m.toolID(), "name": m.tool, "input": m.input})
	}
	whole := m.head(content)
	whole["stop_reason"] = m.stopReason()
	whole["usage"] = map[string]int{"input_tokens": m.inputTokens, "output_tokens": m.outputTokens()}
	return whole
}

// stream sends the answer as server-sent events.
func (a *API) stream(w http.ResponseWriter, r *http.Request, m message) {
	s := &sse{w: w, flush: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	s.send("message_start", map[string]any{"message": m.head([]any{})})
	if m.thinking != "" {
		s.block(map[string]any{"type": "thinking", "thinking": "", "signature": ""},
			map[string]any{"type": "thinking_delta", "thinking": m.thinking},
			map[string]any{"type": "signature_delta", "signature": "c2lnbmVk"})
	}
	if m.text != "" && !a.sendText(s, r, m) {
		return
	}
	if m.tool != "" {
		s.block(map[string]any{"type": "tool_use", "id": m.toolID(), "name": m.tool, "input": map[string]any{}},
			map[string]any{"type": "input_json_delta", "partial_json": string(m.input)})
	}
	s.send("message_delta", map[string]any{
		"delta": map[string]any{"stop_reason": m.stopReason(), "stop_sequence": nil},
		"usage": map[string]int{"output_tokens": m.outputTokens()},
	})
	s.send("message_stop", map[string]any{})
}

// sendText sends the text block in pieces, and reports false when the client hung up.
func (a *API) sendText(s *sse, r *http.Request, m message) bool {
	s.open(map[string]any{"type": "text", "text": ""})
	for piece := range m.pieces() {
		s.delta(map[string]any{"type": "text_delta", "text": piece})
		if m.slow && !a.pause(r) {
			return false
		}
	}
	if m.hold && !a.hold(r) {
		return false
	}
	s.close()
	return true
}

// pieces cuts the text into words, or into blocks when it is a long one at full speed.
func (m message) pieces() func(yield func(string) bool) {
	if m.slow || len(m.text) < 4<<10 {
		return strings.SplitAfterSeq(m.text, " ")
	}
	return func(yield func(string) bool) {
		for rest := m.text; rest != ""; {
			n := min(len(rest), 1<<10)
			if !yield(rest[:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

func (a *API) pause(r *http.Request) bool {
	pace := a.Pace
	if pace == 0 {
		pace = 50 * time.Millisecond
	}
	select {
	case <-time.After(pace):
		return true
	case <-r.Context().Done():
		return false
	}
}

// sse writes server-sent events, block after block.
type sse struct {
	w     http.ResponseWriter
	flush *http.ResponseController
	index int
}

func (s *sse) send(name string, fields map[string]any) {
	fields["type"] = name
	data, _ := json.Marshal(fields) // of maps, strings and valid JSON only
	// A client that hung up is noticed by the request's context.
	_, _ = fmt.Fprintf(s.w, "event: %s\ndata: %s\n\n", name, data)
	_ = s.flush.Flush()
}

func (s *sse) open(block map[string]any) {
	s.send("content_block_start", map[string]any{"index": s.index, "content_block": block})
}

func (s *sse) delta(delta map[string]any) {
	s.send("content_block_delta", map[string]any{"index": s.index, "delta": delta})
}

func (s *sse) close() {
	s.send("content_block_stop", map[string]any{"index": s.index})
	s.index++
}

func (s *sse) block(start map[string]any, deltas ...map[string]any) {
	s.open(start)
	for _, d := range deltas {
		s.delta(d)
	}
	s.close()
}
