package server

import (
	"context"
	"math"

	"coder1/engine"
	"coder1/engine/agent"
	"coder1/engine/governor"
)

// PromptAnswer says what became of a prompt that was accepted.
type PromptAnswer struct {
	PromptID             string `json:"promptId"`
	Status               string `json:"status" enum:"running,queued"`
	Position             int    `json:"position" doc:"1 goes next; 0 when running"`
	EstimatedWait        string `json:"estimatedWait" example:"40 seconds"`
	EstimatedWaitSeconds int    `json:"estimatedWaitSeconds"`
	Message              string `json:"message" example:"High demand - you're #2 in queue"`
	Reason               string `json:"reason" doc:"Why it waits, or how it runs"`
}

func answerOf(p engine.Placed) PromptAnswer {
	a := PromptAnswer{PromptID: p.Prompt, Status: "running", Reason: p.Reason, Message: "Running"}
	if !p.Running {
		a.Status, a.Position, a.Message = "queued", p.Position, governor.Message(p.Position)
		a.EstimatedWait, a.EstimatedWaitSeconds = governor.Words(p.Wait), int(math.Ceil(p.Wait.Seconds()))
	}
	return a
}

// PromptPath is the part of a path that names a prompt.
type PromptPath struct {
	SessionPath
	Prompt string `path:"promptId"`
}

type (
	promptInput struct {
		SessionPath
		Body struct {
			Text string `json:"text" doc:"What the agent should do; 1 MiB at most"`
		}
	}
	commandsOutput    struct{ Body []agent.SlashCommand }
	promptOutput      struct{ Body PromptAnswer }
	changePromptInput struct {
		PromptPath
		Body struct {
			Text   *string `json:"text,omitempty" doc:"New text"`
			Before *string `json:"before,omitempty" doc:"Move before this waiting prompt of the same user; empty for the end of the line"`
		}
	}
	decideInput struct {
		SessionPath
		Request string `path:"requestId"`
		Body    struct {
			Decision string `json:"decision" enum:"allow,deny"`
			Remember string `json:"remember,omitempty" enum:"session,always" doc:"Do not ask again for what pattern covers: in this session, or always in this workspace"`
			Pattern  string `json:"pattern,omitempty" maxLength:"4000" doc:"The command or path itself, or its beginning followed by *; empty for every use of the tool"`
			Message  string `json:"message,omitempty" maxLength:"4000" doc:"Told to the agent with a denial"`
		}
	}
)

func (s *Server) prompt(_ context.Context, in *promptInput) (*promptOutput, error) {
	p, err := s.engine.Prompt(in.ID, in.Body.Text)
	return &promptOutput{answerOf(p)}, err
}

func (s *Server) changePrompt(_ context.Context, in *changePromptInput) (*struct{}, error) {
	if in.Body.Text == nil && in.Body.Before == nil {
		return nil, newProblem(422, "give text to edit the prompt, or before to move it")
	}
	if in.Body.Text != nil {
		if err := s.engine.EditPrompt(in.ID, in.Prompt, *in.Body.Text); err != nil {
			return nil, err
		}
	}
	if in.Body.Before != nil {
		return nil, s.engine.MovePrompt(in.ID, in.Prompt, *in.Body.Before)
	}
	return nil, nil
}

func (s *Server) stopPrompt(_ context.Context, in *PromptPath) (*struct{}, error) {
	return nil, s.engine.CancelPrompt(in.ID, in.Prompt)
}

func (s *Server) slashCommands(_ context.Context, in *SessionPath) (*commandsOutput, error) {
	all, err := s.engine.SlashCommands(in.ID)
	return &commandsOutput{append([]agent.SlashCommand{}, all...)}, err
}

func (s *Server) decide(_ context.Context, in *decideInput) (*struct{}, error) {
	b := in.Body
	return nil, s.engine.Decide(in.ID, in.Request, engine.Answer{
		Allow: b.Decision == "allow", Message: b.Message, Remember: engine.Scope(b.Remember), Pattern: b.Pattern,
	})
}
