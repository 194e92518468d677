package agent

import "encoding/json"

// The lines that we write.

// userLine is a prompt. What comes before it is a block of its own, so that the prompt is still told apart:
// it may be a slash command.
func userLine(before, text string) any {
	type message struct {
		Role    string `json:"role"`
		Content any    `json:"content"`
	}
	type textBlock struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	var content any = text
	if before != "" {
		content = []textBlock{{"text", before}, {"text", text}}
	}
	return struct {
		Type    string  `json:"type"`
		Message message `json:"message"`
	}{"user", message{"user", content}}
}

// ask is the request of a control_request.
type ask struct {
	Subtype string `json:"subtype"`
	Mode    string `json:"mode,omitempty"`
}

func controlRequest(id name, request ask) any {
	return struct {
		Type    string `json:"type"`
		ID      name   `json:"request_id"`
		Request ask    `json:"request"`
	}{"control_request", id, request}
}

// answer is the response of a control_response.
type answer struct {
	Subtype  string `json:"subtype"`
	ID       string `json:"request_id"`
	Response any    `json:"response,omitempty"`
	Error    string `json:"error,omitempty"`
}

func controlResponse(a answer) any {
	return struct {
		Type     string `json:"type"`
		Response answer `json:"response"`
	}{"control_response", a}
}

// verdict answers whether a tool may be used.
type verdict struct {
	Behavior string          `json:"behavior"`
	Input    json.RawMessage `json:"updatedInput,omitempty"`
	Message  string          `json:"message,omitempty"`
}
