package server

import (
	"context"
	"net/http"

	"coder1/engine"
	"coder1/engine/git"

	"github.com/danielgtaylor/huma/v2"
)

// Workspace is a folder that agents work in.
type Workspace struct {
	Name     string         `json:"name"`
	Path     string         `json:"path" doc:"On the server"`
	Sessions int            `json:"sessions" doc:"How many sessions work in it"`
	Opened   bool           `json:"opened" doc:"It is a folder of the server's machine that was opened in place: deleting the workspace forgets the folder and leaves it as it is"`
	State    string         `json:"state" enum:"ready,cloning,failed,gone" doc:"Sessions can be made when it is ready. One that failed can be cloned again, or deleted. One that is gone is an opened folder that cannot be reached; it can be deleted, which forgets it"`
	Progress *CloneProgress `json:"progress,omitempty" doc:"Of the clone, while it is cloning"`
	Error    string         `json:"error,omitempty" doc:"Why it failed, or cannot be reached, in words"`
	Git      *WorkspaceGit  `json:"git,omitempty" doc:"When it is a git repository, or is to be one"`
}

// CloneProgress is how far a clone is.
type CloneProgress struct {
	Phase   string `json:"phase" doc:"In a word or two: waiting, connecting, counting, compressing, receiving, unpacking, writing files"`
	Percent int    `json:"percent" doc:"Of the phase"`
	Detail  string `json:"detail" doc:"Such as 450 of 1000, 12.00 MiB, 3.00 MiB/s"`
}

// WorkspaceGit is what there is to know of a workspace's repository at a glance.
type WorkspaceGit struct {
	Branch string `json:"branch" doc:"That is checked out, or is to be; empty for none"`
	URL    string `json:"url" doc:"That it was cloned from, without passwords and tokens; empty when it was not"`
}

func workspaceOf(w engine.Workspace) Workspace {
	one := Workspace{Name: w.Name, Path: w.Path, Sessions: w.Sessions, Opened: w.Opened, State: string(git.Cloned)}
	if w.Gone != nil {
		one.State, one.Error = "gone", w.Gone.Error()
	}
	if w.Branch != "" || w.Clone != nil {
		one.Git = &WorkspaceGit{Branch: w.Branch}
	}
	if w.Clone == nil {
		return one
	}
	one.State, one.Error, one.Git.URL = string(w.Clone.State), w.Clone.Error, w.Clone.URL
	if w.Branch == "" {
		one.Git.Branch = w.Clone.Branch
	}
	if w.Clone.State == git.Cloning {
		one.Progress = &CloneProgress{Phase: w.Clone.Progress.Phase, Percent: w.Clone.Progress.Percent, Detail: w.Clone.Progress.Detail}
	}
	return one
}

type (
	workspaceOutput struct {
		Status int
		Body   Workspace
	}
	workspacesOutput struct{ Body []Workspace }
	// WorkspacePath is the part of a path that names a workspace. (It is exported for huma, which fills it in.)
	WorkspacePath struct {
		Name string `path:"name"`
	}
	createWorkspaceInput struct {
		Body struct {
			Name   string     `json:"name,omitempty" doc:"1 to 64 letters, digits, dots, underscores or dashes, beginning with a letter or digit. A folder can do without: it has a name already"`
			Git    *CloneFrom `json:"git,omitempty" doc:"Clone it from here"`
			Folder string     `json:"folder,omitempty" doc:"Open this folder of the server's machine in place: its whole path. Only where OPEN_FOLDERS is true"`
		}
	}
)

// CloneFrom says what to clone.
type CloneFrom struct {
	URL    string `json:"url" doc:"https://host/path, ssh://user@host/path, git://host/path or user@host:path; https may hold a token (https://TOKEN@host/path), which is used once and kept nowhere"`
	Branch string `json:"branch,omitempty" doc:"Or tag; empty for the remote's own choice"`
	Depth  int    `json:"depth,omitempty" minimum:"0" maximum:"1000000" doc:"How many commits of history; 0 for all"`
}

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
	if folder := in.Body.Folder; folder != "" {
		return s.openFolder(in.Body.Name, folder, in.Body.Git != nil)
	}
	if from := in.Body.Git; from != nil {
		w, err := s.engine.CloneWorkspace(in.Body.Name, git.CloneOptions{URL: from.URL, Branch: from.Branch, Depth: from.Depth})
		return &workspaceOutput{202, workspaceOf(w)}, err
	}
	w, err := s.engine.CreateWorkspace(in.Body.Name)
	return &workspaceOutput{201, workspaceOf(w)}, err
}

func (s *Server) openFolder(name, folder string, clone bool) (*workspaceOutput, error) {
	if clone {
		return nil, newProblem(http.StatusUnprocessableEntity, "give either folder or git: a folder is opened as it is")
	}
	w, isNew, err := s.engine.OpenFolder(name, folder)
	out := &workspaceOutput{201, workspaceOf(w)}
	if !isNew {
		out.Status = 200
	}
	return out, err
}

// describeCreate adds the answer to a workspace that is being cloned.
func describeCreate(o *huma.Operation) {
	o.Description = "With git it is cloned in the background: the list, and the stream's workspaces frame, tell how far it is. Deleting it cancels that. " +
		"With folder nothing is made or copied; a name that is taken gets a number."
	content := map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Workspace"}}}
	o.Responses = map[string]*huma.Response{
		"200": {Description: "The folder is open already, as this workspace", Content: content},
		"202": {Description: "It is being cloned", Content: content},
	}
}

func (s *Server) deleteWorkspace(ctx context.Context, in *WorkspacePath) (*struct{}, error) {
	return nil, s.engine.DeleteWorkspace(ctx, in.Name)
}
