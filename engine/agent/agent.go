// Package agent is what the engine knows of an agent CLI: how to start it, prompt it, answer its
// questions, and what it says back. One adapter a file; the engine sees only the types in this one.
package agent

import (
	"context"
	"encoding/json"

	"coder1/engine/process"
)

// A Kind is one sort of agent, such as "claude" or "demo".
type Kind interface {
	// Name is the word used for this kind in the API, in settings and in the books on memory.
	Name() string
	// Start launches a process of this kind. It returns once the program has been started;
	// Ready follows on Events. The context bounds the start only, not the life of the process.
	Start(ctx context.Context, o Options) (Agent, error)

	// Transcript looks at what there is in a configuration folder of a conversation; the error is
	// fs.ErrNotExist when there is nothing.
	Transcript(configDir, conversation string) (Transcript, error)
	// Fork copies a conversation, which nobody may be adding to, and returns the name under which the copy
	// can be resumed. The error is fs.ErrNotExist when there is nothing to copy.
	Fork(configDir, conversation string) (string, error)
	// Forget deletes what there is of a conversation, which no process may have any more. That there is
	// nothing is no error.
	Forget(configDir, conversation string) error
}

// Options say where and as whom an agent starts.
type Options struct {
	Supervisor *process.Supervisor
	Owner      string // who is charged for its memory, such as "process/7"
	Dir        string // working directory: the workspace
	ConfigDir  string // where its transcripts live; must be on the durable disk
	TempDir    string // where it and what it runs put temporary files; "" for the system's place
	Resume     string // conversation to continue, empty for a new one
}

// An Agent is one live agent process. One conversation at a time, one turn at a time.
// Methods may be called from any goroutine; Events is read by one.
type Agent interface {
	// Process is the operating system's side of it, for measuring and killing.
	Process() *process.Process
	// Events delivers what the agent says, in order, and is closed after the process has exited and
	// everything it said was delivered. A reader that stops reading stops the agent, not the server:
	// nothing is buffered beyond one event.
	Events() <-chan Event
	// Prompt begins a turn; exactly one TurnEnded follows, unless the process exits first.
	Prompt(text string) error
	// PromptAfter is Prompt with a text that the agent is to know before it, such as what was said in an
	// earlier conversation.
	PromptAfter(before, text string) error
	// Interrupt asks for the running turn to end early; its TurnEnded follows.
	Interrupt() error
	// Reset drops the conversation and begins a new one in the same process; Ready follows with the new
	// conversation.
	Reset() error
	// Tied reports that the process can no longer be Reset: it was granted something for the length of its
	// conversation that another one must not have.
	Tied() bool
	// Decide answers a PermissionRequest.
	Decide(requestID string, d Decision) error
}

// Decision is a person's answer to a PermissionRequest.
type Decision struct {
	Allow   bool
	Message string // told to the agent with a denial; empty means a plain one
}

// Event is one of the types below. Their JSON is what sessions store and the page receives.
type Event interface{ agentEvent() }

type (
	// Ready says that a conversation is open and a prompt can be sent.
	Ready struct {
		Conversation string `json:"conversation"` // to be given as Options.Resume later
		Model        string `json:"model,omitempty"`
		Version      string `json:"version,omitempty"`
	}
	// Offers tells which prompts beginning with a slash the agent has words of its own for. Live only.
	Offers struct {
		Commands []SlashCommand `json:"commands"`
	}
	// Lost says that the conversation to resume cannot be had any more. It comes in place of the first
	// Ready, and the process exits; the prompt can be run in a new conversation.
	Lost struct {
		Conversation string `json:"conversation"`
		Reason       string `json:"reason"` // in the agent's words
	}
	// Delta is a piece of a message as it is being written. Live only, never stored.
	Delta struct {
		Message  string `json:"message"`  // identifies the message it will become part of
		Block    int    `json:"block"`    // index of the content block within it
		Thinking bool   `json:"thinking"` // the agent's reasoning rather than its answer
		Text     string `json:"text"`
	}
	// Message is a finished block of what the agent says to the user (Markdown).
	Message struct {
		Message string `json:"message"`
		Block   int    `json:"block"`
		Text    string `json:"text"`
	}
	// Thinking is a finished block of the agent's reasoning.
	Thinking struct {
		Message string `json:"message"`
		Block   int    `json:"block"`
		Text    string `json:"text"`
	}
	// ToolCall is the agent using a tool; a ToolResult with the same ID follows.
	ToolCall struct {
		ID    string          `json:"toolId"`
		Name  string          `json:"name"`
		Input json.RawMessage `json:"input"`
	}
	// ToolResult is what the tool answered.
	ToolResult struct {
		ID        string `json:"toolId"`
		Output    string `json:"output"`
		IsError   bool   `json:"isError"`
		Truncated bool   `json:"truncated,omitempty"` // Output was cut to MaxOutput bytes
		Shortened int64  `json:"shortened,omitempty"` // bytes left out of Output later, because the session was not used for long
	}
	// PermissionRequest asks a person whether a tool may be used. The turn waits for Decide.
	PermissionRequest struct {
		ID     string          `json:"requestId"`
		ToolID string          `json:"toolId,omitempty"`
		Tool   string          `json:"tool"`
		Input  json.RawMessage `json:"input"`
	}
	// PermissionWithdrawn says that the agent no longer waits for an answer.
	PermissionWithdrawn struct {
		ID string `json:"requestId"`
	}
	// TurnEnded closes a turn.
	TurnEnded struct {
		Outcome      Outcome `json:"outcome"`
		Error        string  `json:"error,omitempty"`
		CostUSD      float64 `json:"costUsd"` // of this turn alone
		DurationMS   int64   `json:"durationMs"`
		InputTokens  int64   `json:"inputTokens"` // cache reads and writes included
		OutputTokens int64   `json:"outputTokens"`
		// Of the input tokens, those that were read from the model's cache and those written into it.
		CacheReadTokens  int64 `json:"cacheReadTokens,omitempty"`
		CacheWriteTokens int64 `json:"cacheWriteTokens,omitempty"`
	}
	// Other is a message of a type this version does not know. It is kept as it came.
	Other struct {
		Raw json.RawMessage `json:"raw"`
	}
)

func (Ready) agentEvent()               {}
func (Offers) agentEvent()              {}
func (Lost) agentEvent()                {}
func (Delta) agentEvent()               {}
func (Message) agentEvent()             {}
func (Thinking) agentEvent()            {}
func (ToolCall) agentEvent()            {}
func (ToolResult) agentEvent()          {}
func (PermissionRequest) agentEvent()   {}
func (PermissionWithdrawn) agentEvent() {}
func (TurnEnded) agentEvent()           {}
func (Other) agentEvent()               {}

// SlashCommand is a prompt that the agent knows by name.
type SlashCommand struct {
	Name        string `json:"name" doc:"Without the slash"`
	Description string `json:"description"`
	Argument    string `json:"argument,omitempty" doc:"What may follow it, in words"`
}

// Outcome says how a turn ended.
type Outcome string

// The outcomes an agent reports.
const (
	Done        Outcome = "done"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted"
)

// MaxOutput bounds the bytes of a tool's output, or of one message block, that are kept.
const MaxOutput = 256 << 10
