package server

import (
	"context"
	"time"

	"coder1/engine"
	"coder1/engine/terminal"
)

// Terminal is a program in a terminal of the server's.
type Terminal struct {
	ID        string    `json:"id"`
	Workspace string    `json:"workspace"`
	Title     string    `json:"title"`
	Command   []string  `json:"command"`
	Cols      int       `json:"cols"`
	Rows      int       `json:"rows"`
	Created   time.Time `json:"created"`
	State     string    `json:"state" enum:"running,exited"`
	ExitCode  *int      `json:"exitCode,omitempty" doc:"When it exited by itself"`
	Signal    string    `json:"signal,omitempty" doc:"That ended it, such as KILL"`
	Reason    string    `json:"reason,omitempty" doc:"Why it was ended, in words"`
	Offset    int64     `json:"offset" doc:"Bytes that the program has said so far"`
	First     int64     `json:"first" doc:"Offset of the oldest byte that is kept"`
	Viewers   int       `json:"viewers"`
}

func terminalOf(i terminal.Info) Terminal {
	t := Terminal{
		ID: i.ID, Workspace: i.Workspace, Title: i.Title, Command: i.Command, Cols: i.Size.Cols, Rows: i.Size.Rows,
		Created: i.Created.UTC(), State: "running", Offset: i.Offset, First: i.First, Viewers: i.Viewers,
	}
	if i.Exit != nil {
		t.State, t.Signal, t.Reason = "exited", i.Exit.Signal, i.Exit.Reason
		if t.Signal == "" {
			t.ExitCode = &i.Exit.Code
		}
	}
	return t
}

type (
	terminalOutput      struct{ Body Terminal }
	terminalsOutput     struct{ Body []Terminal }
	createTerminalInput struct {
		Body struct {
			Workspace string   `json:"workspace"`
			Cols      int      `json:"cols" minimum:"1" maximum:"1000"`
			Rows      int      `json:"rows" minimum:"1" maximum:"1000"`
			Command   []string `json:"command,omitempty" doc:"The program and its arguments; the user's shell when left out"`
			Title     string   `json:"title,omitempty" doc:"Made of the command when left out"`
		}
	}
	renameTerminalInput struct {
		TerminalPath
		Body struct {
			Title string `json:"title" doc:"Empty for one made of the command"`
		}
	}
	signalTerminalInput struct {
		TerminalPath
		Body struct {
			Signal string `json:"signal" enum:"INT,TERM,HUP,QUIT,KILL,TSTP,CONT"`
		}
	}
)

// TerminalPath is the part of a path that names a terminal. (It is exported for huma, which fills it in.)
type TerminalPath struct {
	ID string `path:"id"`
}

func (s *Server) terminals() []Terminal {
	all := s.engine.Terminals()
	list := make([]Terminal, len(all))
	for i, one := range all {
		list[i] = terminalOf(one)
	}
	return list
}

func (s *Server) listTerminals(context.Context, *struct{}) (*terminalsOutput, error) {
	return &terminalsOutput{s.terminals()}, nil
}

func (s *Server) createTerminal(_ context.Context, in *createTerminalInput) (*terminalOutput, error) {
	t, err := s.engine.CreateTerminal(engine.NewTerminal{
		Workspace: in.Body.Workspace, Command: in.Body.Command, Title: in.Body.Title,
		Size: terminal.Size{Cols: in.Body.Cols, Rows: in.Body.Rows},
	})
	if err != nil {
		return nil, err
	}
	return &terminalOutput{terminalOf(t.Info())}, nil
}

func (s *Server) renameTerminal(_ context.Context, in *renameTerminalInput) (*terminalOutput, error) {
	t, err := s.engine.Terminal(in.ID)
	if err == nil {
		err = t.Rename(in.Body.Title)
	}
	if err != nil {
		return nil, err
	}
	return &terminalOutput{terminalOf(t.Info())}, nil
}

func (s *Server) deleteTerminal(_ context.Context, in *TerminalPath) (*struct{}, error) {
	return nil, s.engine.DeleteTerminal(in.ID)
}

func (s *Server) signalTerminal(_ context.Context, in *signalTerminalInput) (*struct{}, error) {
	return nil, s.engine.SignalTerminal(in.ID, in.Body.Signal)
}
