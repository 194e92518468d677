package server

import (
	"context"
	"math"
	"time"

	"coder1/engine"
	"coder1/engine/summary"
)

// Summary says what a session was about.
type Summary struct {
	Asked    []AskedFor   `json:"asked" doc:"The first few prompts and the latest, in their order"`
	Files    []FileChange `json:"files" doc:"The latest changed first"`
	Commands []CommandRun `json:"commands" doc:"The latest run first"`
	CostUSD  float64      `json:"costUsd"`
	Tokens   Tokens       `json:"tokens"`
	Seconds  float64      `json:"seconds" doc:"Spent in turns"`
	Turns    int          `json:"turns"`
	State    string       `json:"state" enum:"idle,queued,running,waiting"`
	Last     string       `json:"last" doc:"Where it stands, in words" example:"waits for your permission to run npm test"`
	Text     string       `json:"text" doc:"All of it as Markdown"`

	Model        *ModelSummary `json:"model,omitempty" doc:"The latest that a model wrote"`
	ModelWriting string        `json:"modelWriting,omitempty" enum:"queued,running" doc:"A model is to write one, or writes it"`
}

// AskedFor is a prompt and what came of it.
type AskedFor struct {
	PromptID string    `json:"promptId"`
	Text     string    `json:"text" doc:"Its beginning"`
	Time     time.Time `json:"time"`
	Answer   string    `json:"answer,omitempty" doc:"The beginning of the last thing that was said to it"`
	Outcome  string    `json:"outcome,omitempty" doc:"How it ended; absent while it has not"`
	Skipped  int       `json:"skipped,omitempty" doc:"How many prompts before it are not listed"`
}

// FileChange is a file that was changed.
type FileChange struct {
	Path  string `json:"path" doc:"In the workspace, or from the root"`
	How   string `json:"how" enum:"written,edited,deleted" doc:"The last time"`
	Times int    `json:"times"`
}

// CommandRun is a shell command that was run.
type CommandRun struct {
	Command string `json:"command"`
	OK      bool   `json:"ok" doc:"The last time"`
	Times   int    `json:"times"`
}

// Tokens are what a model took in and gave out.
type Tokens struct {
	Input      int64 `json:"input" doc:"Without what came from the cache or went there"`
	Output     int64 `json:"output"`
	CacheRead  int64 `json:"cacheRead"`
	CacheWrite int64 `json:"cacheWrite"`
}

// ModelSummary is one that a model wrote.
type ModelSummary struct {
	Text string    `json:"text" doc:"Markdown"`
	Time time.Time `json:"time"`
}

func overviewOf(o engine.Overview) Summary {
	s := Summary{
		Asked: []AskedFor{}, Files: []FileChange{}, Commands: []CommandRun{}, CostUSD: o.CostUSD, Tokens: Tokens(o.Tokens),
		Seconds: math.Round(o.Worked.Seconds()*10) / 10, Turns: o.Turns, State: string(o.State), Last: o.Standing, Text: o.Text,
		Model: (*ModelSummary)(o.Model), ModelWriting: string(o.Writing),
	}
	for _, p := range o.Asked {
		s.Asked = append(s.Asked, AskedFor{PromptID: p.ID, Text: p.Text, Time: p.Time, Answer: p.Answer, Outcome: p.Outcome, Skipped: p.Skipped})
	}
	for _, f := range o.Files {
		s.Files = append(s.Files, FileChange(f))
	}
	for _, c := range o.Commands {
		s.Commands = append(s.Commands, commandOf(c))
	}
	return s
}

func commandOf(c summary.Command) CommandRun { return CommandRun{c.Text, c.OK, c.Times} }

type summaryOutput struct{ Body Summary }

func (s *Server) summary(ctx context.Context, in *SessionPath) (*summaryOutput, error) {
	o, err := s.engine.Overview(ctx, in.ID)
	return &summaryOutput{overviewOf(o)}, err
}

func (s *Server) writeSummary(ctx context.Context, in *SessionPath) (*promptOutput, error) {
	p, err := s.engine.WriteSummary(ctx, in.ID)
	return &promptOutput{answerOf(p)}, err
}
