package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"coder1/engine/agent"
	"coder1/engine/governor"
	"coder1/engine/session"
)

// What a session's log holds beside the agent's own events: each type is stored under the name that
// eventType gives it, with these fields. The JSON is a contract with the page and with exported files.
type (
	// PromptEvent is a prompt that was accepted.
	PromptEvent struct {
		Prompt string `json:"promptId"`
		Text   string `json:"text"`
	}
	// PromptEdited replaces the text of a waiting prompt.
	PromptEdited struct {
		Prompt string `json:"promptId"`
		Text   string `json:"text"`
	}
	// PromptEnded is a prompt that left without a finished turn: "cancelled" or "parked".
	PromptEnded struct {
		Prompt  string `json:"promptId"`
		Outcome string `json:"outcome"`
		Reason  string `json:"reason"`
	}
	// TurnStarted says on which process a prompt runs, and why on that one.
	TurnStarted struct {
		Prompt  string       `json:"promptId"`
		How     governor.How `json:"how"`
		Process int          `json:"process"`
		Reason  string       `json:"reason"`
	}
	// TurnEnded closes what TurnStarted opened.
	TurnEnded struct {
		Prompt string `json:"promptId"`
		agent.TurnEnded
		Reason string `json:"reason,omitempty"`
	}
	// PermissionDecided answers a permission request: "allow", "deny" or "withdrawn".
	PermissionDecided struct {
		Prompt   string `json:"promptId"`
		Request  string `json:"requestId"`
		Decision string `json:"decision"`
		Rule     string `json:"rule,omitempty"` // in words: what need not be asked for any more, or why it was not asked
		Message  string `json:"message,omitempty"`
	}
	// SummaryWritten is a summary of the session up to here that a model wrote, as Markdown.
	SummaryWritten struct {
		Text    string  `json:"text"`
		CostUSD float64 `json:"costUsd"`
	}
	// Notice tells the session's user what was done that concerns him.
	Notice struct {
		Prompt string `json:"promptId,omitempty"`
		Level  string `json:"level"` // "info" or "warning"
		Text   string `json:"text"`
	}
)

// record makes a log entry of one of the types above.
func record(data any) session.Event {
	return entry(eventType(data), data)
}

// recordAgent makes a log entry of what an agent said in a prompt's turn, false for what is not kept.
func recordAgent(prompt string, ev agent.Event) (session.Event, bool) {
	name := eventType(ev)
	if name == "" {
		return session.Event{}, false
	}
	e := entry(name, ev)
	head := entry("", struct {
		Prompt string `json:"promptId"`
	}{prompt}).Data
	e.Data = append(append(head[:len(head)-1], ','), e.Data[1:]...)
	return e, true
}

func entry(name string, data any) session.Event {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("a %s cannot be written as JSON: %v", name, err)) // only invalid RawMessage could, and adapters check theirs
	}
	return session.Event{Type: name, Data: raw}
}

// eventTypes names what a log can hold. Of what an agent says the rest is live only.
var eventTypes = []EventType{
	{"prompt", PromptEvent{}},
	{"prompt_edited", PromptEdited{}},
	{"prompt_ended", PromptEnded{}},
	{"turn_started", TurnStarted{}},
	{"message", agent.Message{}},
	{"thinking", agent.Thinking{}},
	{"tool_call", agent.ToolCall{}},
	{"tool_result", agent.ToolResult{}},
	{"permission_requested", agent.PermissionRequest{}},
	{"permission_decided", PermissionDecided{}},
	{"turn_ended", TurnEnded{}},
	{"summary", SummaryWritten{}},
	{"notice", Notice{}},
	{"agent_event", agent.Other{}},
}

// EventType is a type of log entry, with an example of its own fields. Those of an agent have a promptId
// beside them.
type EventType struct {
	Name string
	Data any
}

// EventTypes lists the types of log entries.
func EventTypes() []EventType { return slices.Clone(eventTypes) }

var eventNames = func() map[reflect.Type]string {
	names := map[reflect.Type]string{}
	for _, t := range eventTypes {
		names[reflect.TypeOf(t.Data)] = t.Name
	}
	return names
}()

// eventType is the name under which something is logged, "" for what is not.
func eventType(data any) string { return eventNames[reflect.TypeOf(data)] }
