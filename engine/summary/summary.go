// Package summary says what a session was about without a model: what was asked for, which files changed, which
// commands ran, what it cost, and where it stands. It reads a session's log event by event and keeps a bounded
// picture, however long the log. Pure.
package summary

import (
	"encoding/json"
	"time"

	"coder1/engine/session"
)

// Summary is the picture of a log as far as it was read. The zero Summary has read nothing.
type Summary struct {
	Folder string // the workspace's path: files in it are told from there

	Seq       int64       // of the last event that was read
	Asked     []*Prompt   // the first few and the latest, in their order
	Unshown   int         // prompts between them
	Files     ring[*File] // by their last change
	Commands  ring[*Command]
	Turns     int
	CostUSD   float64
	Tokens    Tokens
	Worked    time.Duration // in turns
	Model     *Model        // the latest summary that a model wrote; nil for none
	ModelCost float64       // of all that a model wrote

	open  []*Prompt // accepted and not ended, the oldest first
	last  *Prompt   // the last that ended
	calls []call    // of tools, without a result yet
	asks  []ask     // for permission, without an answer yet
}

// Prompt is something that was asked for.
type Prompt struct {
	ID      string
	Text    string // its beginning
	Time    time.Time
	Answer  string // the beginning of the last thing that was said to it
	Outcome string // as its turn's end or its own has it; "" while there is none
	Reason  string // of the outcome, or what went wrong
	Skipped int    // how many prompts before it are not here, in an Account
	started bool
}

// File is one that was changed.
type File struct {
	Path  string
	How   string // "written", "edited" or "deleted", the last time
	Times int
}

// Command is a shell command that was run.
type Command struct {
	Text  string // its beginning
	OK    bool   // the last time
	Times int
}

// Tokens are what a model took in and gave out. Input leaves the cache out.
type Tokens struct{ Input, Output, CacheRead, CacheWrite int64 }

// Model is a summary that a model wrote.
type Model struct {
	Text string
	Time time.Time
}

// Bounds of a Summary; texts are in bytes.
const (
	firstAsked   = 3
	latestAsked  = 20
	maxOpen      = 128 // more than can wait
	maxFiles     = 60
	maxCommands  = 40
	maxCalls     = 64 // at the same time
	promptBytes  = 600
	answerBytes  = 1000
	pathBytes    = 300
	commandBytes = 200
	nameBytes    = 100
	// MaxModel is the most that is kept of what a model wrote, in bytes.
	MaxModel = 16 << 10
	// MaxText is the most bytes of Text.
	MaxText = 96 << 10
)

// fields are those of all events that matter here.
type fields struct {
	Prompt     string  `json:"promptId"`
	Text       string  `json:"text"`
	Outcome    string  `json:"outcome"`
	Reason     string  `json:"reason"`
	Error      string  `json:"error"`
	Tool       string  `json:"tool"`
	ToolID     string  `json:"toolId"`
	Name       string  `json:"name"`
	Input      input   `json:"input"`
	IsError    bool    `json:"isError"`
	Request    string  `json:"requestId"`
	CostUSD    float64 `json:"costUsd"`
	DurationMS int64   `json:"durationMs"`
	In         int64   `json:"inputTokens"`
	Out        int64   `json:"outputTokens"`
	CacheRead  int64   `json:"cacheReadTokens"`
	CacheWrite int64   `json:"cacheWriteTokens"`
}

// Add reads one event. Events come in the order of the log; what is of an unknown type, or not as its type
// should be, changes nothing.
func (s *Summary) Add(e session.Event) {
	s.Seq = e.Seq
	take := takers[e.Type]
	if take == nil || e.Type == "tool_result" && len(s.calls) == 0 { // nobody waits for it, and it may be long
		return
	}
	var f fields
	_ = json.Unmarshal(e.Data, &f) // a field of another type than it should have stays empty
	take(s, e, f)
}

var takers = map[string]func(*Summary, session.Event, fields){
	"prompt":               (*Summary).prompt,
	"prompt_edited":        (*Summary).edited,
	"prompt_ended":         (*Summary).promptEnded,
	"turn_started":         (*Summary).turnStarted,
	"turn_ended":           (*Summary).turnEnded,
	"message":              (*Summary).message,
	"tool_call":            (*Summary).toolCall,
	"tool_result":          (*Summary).toolResult,
	"permission_requested": (*Summary).asked,
	"permission_decided":   (*Summary).decided,
	"summary":              (*Summary).written,
}

func (s *Summary) prompt(e session.Event, f fields) {
	p := &Prompt{ID: beginning(f.Prompt, nameBytes), Text: beginning(f.Text, promptBytes), Time: e.Time}
	if len(s.open) == maxOpen {
		s.open = s.open[1:]
	}
	s.open = append(s.open, p)
	s.Asked = append(s.Asked, p)
	if len(s.Asked) > firstAsked+latestAsked {
		s.Asked = append(s.Asked[:firstAsked], s.Asked[firstAsked+1:]...)
		s.Unshown++
	}
}

func (s *Summary) edited(_ session.Event, f fields) {
	if p := s.find(f.Prompt); p != nil {
		p.Text = beginning(f.Text, promptBytes)
	}
}

// find is an open prompt, nil when there is none of that name.
func (s *Summary) find(id string) *Prompt {
	id = beginning(id, nameBytes)
	for _, p := range s.open {
		if p.ID == id {
			return p
		}
	}
	return nil
}

func (s *Summary) promptEnded(_ session.Event, f fields) { s.end(f, f.Reason) }

func (s *Summary) end(f fields, reason string) {
	p := s.find(f.Prompt)
	if p == nil {
		return
	}
	p.Outcome, p.Reason = beginning(f.Outcome, nameBytes), beginning(reason, promptBytes)
	for i := range s.open {
		if s.open[i] == p {
			s.open = append(s.open[:i], s.open[i+1:]...)
			break
		}
	}
	s.last = p
}

func (s *Summary) turnStarted(_ session.Event, f fields) {
	if p := s.find(f.Prompt); p != nil {
		p.started, p.Answer = true, ""
	}
	s.calls, s.asks = nil, nil
}

func (s *Summary) turnEnded(_ session.Event, f fields) {
	s.calls, s.asks = nil, nil
	s.CostUSD += sane(f.CostUSD)
	s.Worked += time.Duration(sane(f.DurationMS)) * time.Millisecond
	read, wrote := sane(f.CacheRead), sane(f.CacheWrite)
	s.Tokens.Input += max(0, sane(f.In)-read-wrote)
	s.Tokens.Output += sane(f.Out)
	s.Tokens.CacheRead += read
	s.Tokens.CacheWrite += wrote
	if f.Outcome == "requeued" {
		if p := s.find(f.Prompt); p != nil {
			p.started = false
		}
		return
	}
	s.Turns++
	reason := f.Error
	if reason == "" {
		reason = f.Reason
	}
	s.end(f, reason)
}

func (s *Summary) message(_ session.Event, f fields) {
	if p := s.find(f.Prompt); p != nil {
		p.Answer = beginning(f.Text, answerBytes)
	}
}

func (s *Summary) written(e session.Event, f fields) {
	s.Model = &Model{beginning(f.Text, MaxModel), e.Time}
	s.ModelCost += sane(f.CostUSD)
}

// sane leaves out what no turn can have cost or taken: a log may come from elsewhere.
func sane[T int64 | float64](n T) T {
	if n < 0 || n > 1e9 {
		return 0
	}
	return n
}
