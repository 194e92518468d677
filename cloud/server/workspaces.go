package server

import (
	"context"

	"coder1/engine"
)

// Workspace is a folder that agents work in.
type Workspace struct {
	Name     string `json:"name"`
	Path     string `json:"path" doc:"On the server"`
	Sessions int    `json:"sessions" doc:"How many sessions work in it"`
}

func workspaceOf(w engine.Workspace) Workspace {
	return Workspace{Name: w.Name, Path: w.Path, Sessions: w.Sessions}
}

type (
	workspaceOutput  struct{ Body Workspace }
	workspacesOutput struct{ Body []Workspace }
	workspacePath    struct {
		Name string `path:"name"`
	}
	createWorkspaceInput struct {
		Body struct {
			Name string `json:"name" doc:"1 to 64 letters, digits, dots, underscores or dashes, beginning with a letter or digit"`
		}
	}
)

func (s *Server) workspaces() ([]Workspace, error) {
	all, err := s.engine.Workspaces()
	list := make([]Workspace, len(all))
	for i, w := range all {
		list[i] = workspaceOf(w)
	}
	return list, err
}

func (s *Server) listWorkspaces(context.Context, *struct{}) (*workspacesOutput, error) {
	all, err := s.workspaces()
	return &workspacesOutput{all}, err
}

func (s *Server) createWorkspace(_ context.Context, in *createWorkspaceInput) (*workspaceOutput, error) {
	w, err := s.engine.CreateWorkspace(in.Body.Name)
	return &workspaceOutput{workspaceOf(w)}, err
}

func (s *Server) deleteWorkspace(_ context.Context, in *workspacePath) (*struct{}, error) {
	return nil, s.engine.DeleteWorkspace(in.Name)
}
