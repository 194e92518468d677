package server

import (
	"context"
	"errors"
	"net/http"
	"path"

	"coder1/engine/workspace"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Imported says what an import has brought.
type Imported struct {
	Files   int      `json:"files"`
	Bytes   int64    `json:"bytes"`
	Links   int      `json:"links" doc:"Symbolic links, which were left out"`
	LeftOut []string `json:"leftOut" doc:"The first of them"`
}

type (
	exportInput struct {
		WorkspacePath
		Path    string `query:"path" doc:"A folder; empty for the whole workspace"`
		Ignored bool   `query:"ignored" default:"true" doc:"With what ignore files name"`
	}
	importArchiveInput struct {
		WorkspacePath
		Overwrite bool `query:"overwrite" doc:"Files may take the place of files; otherwise nothing is imported when one is in the way"`
		Upload
	}
	importOutput struct{ Body Imported }
)

// exportFiles sends a workspace, or a folder of it, as a zip archive. When it breaks off, so does the
// connection.
func (s *Server) exportFiles(_ context.Context, in *exportInput) (*huma.StreamResponse, error) {
	files, err := s.engine.Files(in.Name)
	if err != nil {
		return nil, err
	}
	folder, name := ".", in.Name
	if in.Path != "" {
		folder, name = in.Path, path.Base(in.Path)
		if err := files.CheckFolder(folder); err != nil {
			return nil, errors.Join(err, files.Close())
		}
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { _ = files.Close() }()
		_, w := humago.Unwrap(c)
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", attachment(name+".zip"))
		p := patiently(w)
		defer p.done()
		if err := files.ExportFolder(c.Context(), p, folder, !in.Ignored); err != nil {
			s.log.Warn("a workspace was not exported to its end", "workspace", in.Name, "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

func (s *Server) importFiles(ctx context.Context, in *importArchiveInput) (*importOutput, error) {
	var did workspace.Imported
	err := s.inFiles(in.Name, func(f *workspace.Files) (err error) {
		did, err = f.Import(ctx, in.body, in.size, in.Overwrite)
		return err
	})
	if did.LeftOut == nil {
		did.LeftOut = []string{}
	}
	return &importOutput{Imported(did)}, err
}

func describeArchive(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "The archive, with .git; symbolic links are links in it",
		Content:     map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
}
