package agent

import "encoding/json"

// name is a short text that we may remember, such as an ID. One that is not short is cut.
type name string

const maxName = 1 << 10

// UnmarshalJSON leaves what is no text empty.
func (n *name) UnmarshalJSON(raw []byte) error {
	short, _ := cut(read[string](raw), maxName)
	*n = name(short)
	return nil
}

// The lines that an agent writes, as far as we look at them. Fields of an unexpected type are left empty.
type (
	// head is what every line has.
	head struct {
		Type    string `json:"type"`
		Subtype string `json:"subtype"`
		Parent  string `json:"parent_tool_use_id"` // of a sub-agent's: the tool call that started it
	}

	// initLine is a system line with subtype "init": a turn begins.
	initLine struct {
		Session name `json:"session_id"`
		Model   name `json:"model"`
		Version name `json:"claude_code_version"`
	}

	// messageLine is an assistant's or a user's: one finished block, as a rule.
	messageLine struct {
		Message struct {
			ID      name            `json:"id"`
			Content json.RawMessage `json:"content"` // blocks, or a text
		} `json:"message"`
		IsError bool `json:"is_api_error_message"` // the result says the same again
	}

	// block is part of a message. Its type says which fields it has.
	block struct {
		Type      string          `json:"type"`
		Text      string          `json:"text"`
		Thinking  string          `json:"thinking"`
		ID        name            `json:"id"`
		Name      name            `json:"name"`
		Input     json.RawMessage `json:"input"`
		ToolUseID name            `json:"tool_use_id"`
		Content   json.RawMessage `json:"content"` // a tool's result: blocks, or a text
		IsError   bool            `json:"is_error"`
	}

	// streamLine is a piece of a message that is being written.
	streamLine struct {
		Event struct {
			Type    string `json:"type"`
			Index   int    `json:"index"`
			Message struct {
				ID name `json:"id"`
			} `json:"message"`
			Delta struct {
				Type     string `json:"type"`
				Text     string `json:"text"`
				Thinking string `json:"thinking"`
			} `json:"delta"`
		} `json:"event"`
	}

	// resultLine closes a turn.
	resultLine struct {
		Session        name     `json:"session_id"`
		IsError        bool     `json:"is_error"`
		Result         string   `json:"result"`
		Errors         []string `json:"errors"`
		TerminalReason string   `json:"terminal_reason"`
		LocalCommand   name     `json:"local_command"` // the prompt was this slash command
		Origin         struct {
			Kind string `json:"kind"` // who began the turn, if it was not us
		} `json:"origin"`
		DurationMS int64   `json:"duration_ms"`
		TotalCost  float64 `json:"total_cost_usd"` // of the process, or of the conversation when it was resumed
		// Spent is by model, and of this turn alone. Older versions do not tell.
		Spent map[string]struct {
			Cost float64 `json:"costUSD"`
		} `json:"model_usage_since_last_result"`
		Usage struct {
			Input      int64 `json:"input_tokens"`
			CacheWrite int64 `json:"cache_creation_input_tokens"`
			CacheRead  int64 `json:"cache_read_input_tokens"`
			Output     int64 `json:"output_tokens"`
		} `json:"usage"`
	}

	// requestLine is a control_request, or the control_cancel_request that takes it back.
	requestLine struct {
		ID      name `json:"request_id"`
		Request struct {
			Subtype   name            `json:"subtype"`
			Tool      name            `json:"tool_name"`
			ToolUseID name            `json:"tool_use_id"`
			Input     json.RawMessage `json:"input"`
		} `json:"request"`
	}

	// responseLine answers a control_request of ours.
	responseLine struct {
		Response struct {
			Subtype  string       `json:"subtype"`
			ID       name         `json:"request_id"`
			Response introduction `json:"response"`
		} `json:"response"`
	}

	// introduction is the answer to "initialize".
	introduction struct {
		Version name `json:"claude_code_version"`
		Mode    name `json:"current_permission_mode"`
		Models  []struct {
			Value    string `json:"value"`
			Resolved name   `json:"resolvedModel"`
		} `json:"models"`
		Commands []struct {
			Name     name `json:"name"`
			About    name `json:"description"`
			Argument name `json:"argumentHint"`
		} `json:"commands"`
	}
)
