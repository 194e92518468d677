package agent

// The lines that the demo agent writes: the part of the protocol of Claude Code that it needs.
type (
	demoResult struct {
		Type       string   `json:"type"`
		Subtype    string   `json:"subtype"`
		IsError    bool     `json:"is_error"`
		Result     string   `json:"result"`
		Errors     []string `json:"errors,omitempty"`
		Reason     string   `json:"terminal_reason,omitempty"`
		Command    string   `json:"local_command,omitempty"`
		Session    string   `json:"session_id"`
		DurationMS int64    `json:"duration_ms"`
	}

	demoMessage struct {
		ID      string `json:"id,omitempty"`
		Role    string `json:"role,omitempty"`
		Content []any  `json:"content,omitempty"` // of the types below
	}

	demoText struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}

	toolCall struct {
		Type  string         `json:"type"`
		ID    string         `json:"id"`
		Name  string         `json:"name"`
		Input map[string]any `json:"input"`
	}

	toolAnswer struct {
		Type    string `json:"type"`
		ID      string `json:"tool_use_id"`
		Content string `json:"content"`
		IsError bool   `json:"is_error"`
	}

	// demoEvent is a piece of a message of one block.
	demoEvent struct {
		Type    string       `json:"type"`
		Index   int          `json:"index"`
		Message *demoMessage `json:"message,omitempty"`
		Delta   *demoDelta   `json:"delta,omitempty"`
	}

	demoDelta struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
)

func (d *demo) stream(event demoEvent) {
	d.write(struct {
		Type  string    `json:"type"`
		Event demoEvent `json:"event"`
	}{"stream_event", event})
}

func (d *demo) message(role, id string, content any) {
	d.write(struct {
		Type    string      `json:"type"`
		Message demoMessage `json:"message"`
	}{role, demoMessage{id, role, []any{content}}})
}
