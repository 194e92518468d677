package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"coder1/engine"

	"github.com/danielgtaylor/huma/v2"
)

// Restored says what came of restoring a backup.
type Restored struct {
	Sessions int `json:"sessions" doc:"Sessions in the backup"`
	Restored int `json:"restored" doc:"Those that were not here"`
	Skipped  int `json:"skipped" doc:"Those that were, and were left as they are"`
	Prompts  int `json:"prompts" doc:"Prompts put back in line"`
	Files    int `json:"files" doc:"Files of agents, and of workspaces that were not here"`
	LeftOut  int `json:"leftOut" doc:"Of those, that this system cannot have by their names; the log says which"`
}

type backupInput struct {
	Workspaces bool `query:"workspaces" doc:"With the files of all workspaces"`
}

// BackupName is what a backup made at a time is called.
func BackupName(at time.Time) string {
	return "coder1-" + at.UTC().Format("20060102-150405") + ".tar.zst"
}

// backup streams a backup. When it breaks off, so does the connection, and what came is not whole.
func (s *Server) backup(_ context.Context, in *backupInput) (*huma.StreamResponse, error) {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", zstdType)
		c.SetHeader("Content-Disposition", fmt.Sprintf(`attachment; filename=%q`, BackupName(time.Now())))
		if err := s.engine.Backup(c.Context(), c.BodyWriter(), in.Workspaces); err != nil {
			s.log.Warn("a backup was not sent to its end", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

func describeBackup(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "A tar archive in zstd: sessions, prompts in line, what is kept, agents' transcripts",
		Content:     map[string]*huma.MediaType{zstdType: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
}

// restore takes a backup in, of whatever size.
func (s *Server) restore(w http.ResponseWriter, r *http.Request) {
	got, err := s.engine.Restore(r.Context(), r.Body)
	if err != nil {
		var p *Problem
		errors.As(s.problem("POST /api/restore", err), &p)
		writeProblem(w, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(restoredOf(got)) // a client that hung up needs no answer
}

func restoredOf(r engine.Restored) Restored {
	return Restored{Sessions: r.Sessions, Restored: r.Restored, Skipped: r.Skipped, Prompts: r.Prompts, Files: r.Files, LeftOut: r.LeftOut}
}

// describeRestore describes what is not handled by way of the table, because its body is not read at once.
func describeRestore(api huma.API) {
	doc := api.OpenAPI()
	doc.AddOperation(&huma.Operation{
		Method: http.MethodPost, Path: "/api/restore", OperationID: "restore",
		Summary:     "Add what a backup has and this server has not",
		Description: "The backup is read to its end before anything is done: a damaged one changes nothing.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{zstdType: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}},
		Responses: map[string]*huma.Response{"200": {
			Description: "What came of it",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: doc.Components.Schemas.Schema(reflect.TypeFor[Restored](), true, "")}},
		}},
	})
}
