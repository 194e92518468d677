package server

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"time"

	"coder1/engine/git"
	"coder1/engine/workspace"

	"github.com/danielgtaylor/huma/v2"
)

// TreeEntry is one thing in a folder.
type TreeEntry struct {
	Name     string         `json:"name"`
	Path     string         `json:"path" doc:"Relative to the workspace, with slashes"`
	Kind     workspace.Kind `json:"kind" enum:"file,dir,symlink,other" doc:"other: cannot be opened"`
	Size     int64          `json:"size"`
	Modified time.Time      `json:"modified"`
	Target   string         `json:"target,omitempty" doc:"Of a symbolic link"`
	Git      git.State      `json:"git,omitempty" enum:"modified,added,deleted,renamed,untracked,ignored,conflicted" doc:"modified, of a folder: there are changes below it"`
}

// Tree is one level of a workspace's folders.
type Tree struct {
	Path      string      `json:"path"`
	Entries   []TreeEntry `json:"entries" doc:"Folders first, then by name"`
	Truncated bool        `json:"truncated" doc:"There are more than the 5,000 that are listed"`
	Branch    string      `json:"branch,omitempty" doc:"What is checked out, where there is a git repository"`
}

// WrittenFile is a file after it was written.
type WrittenFile struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
	ETag     string    `json:"etag" doc:"For If-Match, with its quotation marks"`
}

// FilePath is the part of a path that names a file. (It is exported for huma, which fills it in.)
type FilePath struct {
	Name string `path:"name"`
	Path string `path:"path" doc:"Relative to the workspace; its slashes may stand as they are or as %2F"`
}

type (
	treeInput struct {
		WorkspacePath
		Path string `query:"path" doc:"A folder; none for the workspace itself"`
	}
	treeOutput     struct{ Body Tree }
	writeFileInput struct {
		FilePath
		IfMatch     string `header:"If-Match" doc:"Write only if the file has one of these ETags; * for any"`
		IfNoneMatch string `header:"If-None-Match" enum:"*" doc:"*: write only if there is no such file"`
		Upload
	}
	writeFileOutput struct {
		Status int
		ETag   string `header:"ETag"`
		Body   WrittenFile
	}
	deleteFileInput struct {
		FilePath
		IfMatch string `header:"If-Match" doc:"Delete only if the file has one of these ETags"`
	}
	folderInput struct {
		WorkspacePath
		Body struct {
			Path string `json:"path" doc:"Folders above it are made, too"`
		}
	}
	moveInput struct {
		WorkspacePath
		Body struct {
			From      string `json:"from"`
			To        string `json:"to" doc:"Folders above it are made"`
			Overwrite bool   `json:"overwrite,omitempty" doc:"A file may take the place of a file"`
		}
	}
	pathsInput struct {
		WorkspacePath
		Query string `query:"q" maxLength:"200" doc:"Characters that the paths have in this order; empty for any"`
		Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	}
	pathOutput struct {
		Body struct {
			Path string `json:"path"`
		}
	}
	pathsOutput struct {
		Body struct {
			Paths     []string `json:"paths" doc:"Best first, without what ignore files name"`
			Truncated bool     `json:"truncated"`
		}
	}
)

// inFiles does something with a workspace's files.
func (s *Server) inFiles(name string, do func(*workspace.Files) error) error {
	files, err := s.engine.Files(name)
	if err != nil {
		return err
	}
	defer func() { _ = files.Close() }()
	return do(files)
}

func (s *Server) tree(ctx context.Context, in *treeInput) (*treeOutput, error) {
	t, err := s.engine.Tree(ctx, in.Name, in.Path)
	if err != nil {
		return nil, err
	}
	out := Tree{Path: in.Path, Truncated: t.Truncated, Branch: t.Marks.Branch, Entries: make([]TreeEntry, len(t.Entries))}
	for i, e := range t.Entries {
		out.Entries[i] = TreeEntry{Name: e.Name, Path: e.Path, Kind: e.Kind, Size: e.Size, Modified: e.Modified, Target: e.Target, Git: t.Marks.Of(e.Name)}
	}
	return &treeOutput{out}, nil
}

func (s *Server) writeFile(_ context.Context, in *writeFileInput) (*writeFileOutput, error) {
	var w workspace.Written
	err := s.inFiles(in.Name, func(f *workspace.Files) (err error) {
		w, err = f.Write(in.Path, in.body, in.size, workspace.Condition{Match: in.IfMatch, Absent: in.IfNoneMatch == "*"})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &writeFileOutput{Status: http.StatusOK, ETag: w.ETag, Body: WrittenFile{Path: w.Path, Size: w.Size, Modified: w.Modified, ETag: w.ETag}}
	if w.Created {
		out.Status = http.StatusCreated
	}
	return out, nil
}

func (s *Server) deleteFile(_ context.Context, in *deleteFileInput) (*struct{}, error) {
	return nil, s.inFiles(in.Name, func(f *workspace.Files) error {
		return f.Delete(in.Path, workspace.Condition{Match: in.IfMatch})
	})
}

func (s *Server) makeFolder(_ context.Context, in *folderInput) (*pathOutput, error) {
	out := &pathOutput{}
	out.Body.Path = in.Body.Path
	return out, s.inFiles(in.Name, func(f *workspace.Files) error { return f.MakeFolder(in.Body.Path) })
}

func (s *Server) moveFile(_ context.Context, in *moveInput) (*pathOutput, error) {
	out := &pathOutput{}
	out.Body.Path = in.Body.To
	return out, s.inFiles(in.Name, func(f *workspace.Files) error { return f.Move(in.Body.From, in.Body.To, in.Body.Overwrite) })
}

func (s *Server) paths(ctx context.Context, in *pathsInput) (*pathsOutput, error) {
	out := &pathsOutput{}
	return out, s.inFiles(in.Name, func(f *workspace.Files) (err error) {
		out.Body.Paths, out.Body.Truncated, err = f.Paths(ctx, in.Query, in.Limit)
		return err
	})
}

// describeWrite describes a body that is taken in as it comes.
func describeWrite(contentType, description string) func(*huma.Operation) {
	return func(o *huma.Operation) {
		o.RequestBody = &huma.RequestBody{Required: true, Description: description,
			Content: map[string]*huma.MediaType{contentType: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
		o.Errors = append(o.Errors, http.StatusPreconditionFailed, http.StatusInsufficientStorage)
	}
}

func mayConflict(o *huma.Operation) { o.Errors = append(o.Errors, http.StatusPreconditionFailed) }

// describeFiles adds to the API's description what the routes do not tell: OpenAPI knows no paths of several
// parts, and the streams' types are in no handler's.
func describeFiles(api huma.API) {
	doc := api.OpenAPI()
	for path, item := range doc.Paths {
		if plain := strings.ReplaceAll(path, "...}", "}"); plain != path {
			delete(doc.Paths, path)
			doc.Paths[plain] = item
		}
	}
	doc.Components.Schemas.Schema(reflect.TypeFor[SearchMatch](), true, "")
	doc.Components.Schemas.Schema(reflect.TypeFor[SearchEnd](), true, "")
}
