package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"coder1/engine/git"

	"github.com/danielgtaylor/huma/v2"
)

// GitStatus is how a workspace differs from its last commit.
type GitStatus struct {
	Repository bool            `json:"repository" doc:"false: it is no git repository, and all else is empty"`
	Branch     string          `json:"branch" doc:"Empty when no branch is checked out"`
	Head       string          `json:"head" doc:"The commit; empty before the first"`
	Upstream   string          `json:"upstream,omitempty"`
	Ahead      int             `json:"ahead" doc:"Commits that the upstream has not"`
	Behind     int             `json:"behind" doc:"Commits that only the upstream has"`
	Files      []GitFileStatus `json:"files" doc:"What differs; ignored files are left out"`
	Truncated  bool            `json:"truncated" doc:"More than 5000 files differ"`
}

// GitFileStatus is one file that differs.
type GitFileStatus struct {
	Path     string `json:"path"`
	OldPath  string `json:"oldPath,omitempty" doc:"Of a renamed one"`
	Index    string `json:"index" enum:"unmodified,modified,added,deleted,renamed,untracked,conflicted" doc:"Against the last commit: what is staged"`
	Worktree string `json:"worktree" enum:"unmodified,modified,added,deleted,renamed,untracked,conflicted" doc:"Against what is staged"`
}

func gitStatusOf(s git.Status) GitStatus {
	out := GitStatus{
		Repository: s.Repository, Branch: s.Branch, Head: s.Head, Upstream: s.Upstream, Ahead: s.Ahead, Behind: s.Behind,
		Files: make([]GitFileStatus, len(s.Files)), Truncated: s.Truncated,
	}
	for i, f := range s.Files {
		out.Files[i] = GitFileStatus{Path: f.Path, OldPath: f.OldPath, Index: string(f.Index), Worktree: string(f.Worktree)}
	}
	return out
}

// Diff is what changed.
type Diff struct {
	Base      string     `json:"base"`
	Files     []DiffFile `json:"files"`
	Truncated bool       `json:"truncated" doc:"More than 500 files changed"`
}

// DiffFile is what changed in one file.
type DiffFile struct {
	Path      string     `json:"path"`
	OldPath   string     `json:"oldPath,omitempty" doc:"Of a renamed one"`
	Status    string     `json:"status" enum:"modified,added,deleted,renamed,conflicted"`
	OldMode   string     `json:"oldMode,omitempty" doc:"Absent where there was no file. 100644, 100755 (may be run), 120000 (link), 160000 (submodule)"`
	NewMode   string     `json:"newMode,omitempty" doc:"Absent where there is no file"`
	Added     int        `json:"added" doc:"Lines, those that are left out included"`
	Removed   int        `json:"removed" doc:"Lines, those that are left out included"`
	Binary    bool       `json:"binary" doc:"It has no lines to be compared, or more than 8 MB"`
	Truncated bool       `json:"truncated" doc:"Lines are left out, or cut; it cannot be staged by hunks"`
	Lossy     bool       `json:"lossy" doc:"It has bytes that are no UTF-8, shown as U+FFFD; it cannot be staged by hunks"`
	Hunks     []DiffHunk `json:"hunks"`
}

// DiffHunk is a run of changed lines.
type DiffHunk struct {
	Header   string   `json:"header" doc:"The whole line, such as @@ -1,3 +1,4 @@ func main"`
	OldStart int      `json:"oldStart"`
	OldLines int      `json:"oldLines"`
	NewStart int      `json:"newStart"`
	NewLines int      `json:"newLines"`
	Lines    []string `json:"lines" doc:"Begin with a space, + or -; a last line without a newline is followed by \"\\ No newline at end of file\""`
}

func diffFileOf(f *git.FileDiff) DiffFile {
	out := DiffFile{
		Path: f.Path, OldPath: f.OldPath, Status: string(f.Status), OldMode: f.OldMode, NewMode: f.NewMode, Added: f.Added, Removed: f.Removed,
		Binary: f.Binary, Truncated: f.Truncated, Lossy: f.Lossy, Hunks: make([]DiffHunk, len(f.Hunks)),
	}
	for i, h := range f.Hunks {
		out.Hunks[i] = DiffHunk(h)
	}
	return out
}

// GitRefs are the names that commits have.
type GitRefs struct {
	Head      string   `json:"head" doc:"The branch that is checked out, or else the commit"`
	Branches  []string `json:"branches"`
	Remotes   []string `json:"remotes" doc:"Branches of remotes as last fetched, such as origin/main"`
	Tags      []string `json:"tags"`
	Truncated bool     `json:"truncated" doc:"There are more than 1000 of a kind"`
}

// GitSelection is what to stage, unstage or discard.
type GitSelection struct {
	Paths []string `json:"paths,omitempty" maxItems:"5000" doc:"Files and folders; \".\" for everything. Either these or a patch"`
	Patch string   `json:"patch,omitempty" doc:"A unified diff of chosen hunks, as GET …/diff shows them (base index to stage and discard, base staged to unstage)"`
}

// GitCommit is a commit that was made.
type GitCommit struct {
	Commit  string `json:"commit"`
	Summary string `json:"summary" doc:"The first line of its message"`
	Note    string `json:"note,omitempty" doc:"What its maker should know, in words"`
}

type (
	gitStatusOutput struct{ Body GitStatus }
	gitRefsOutput   struct{ Body GitRefs }
	gitCommitOutput struct{ Body GitCommit }
	diffInput       struct {
		WorkspacePath
		Base    string `query:"base" default:"HEAD" doc:"A branch, tag or commit: the folder, new files included, is compared with that. Or index: the folder against what is staged. Or staged: what is staged against the last commit"`
		Path    string `query:"path" doc:"One file or folder; absent for all"`
		Context int    `query:"context" minimum:"0" maximum:"10000" default:"3" doc:"Lines around each change"`
	}
	showInput struct {
		WorkspacePath
		Ref  string `query:"ref" default:"HEAD" doc:"A branch, tag or commit; index for what is staged"`
		Path string `query:"path" required:"true"`
	}
	selectionInput struct {
		WorkspacePath
		Body GitSelection
	}
	commitInput struct {
		WorkspacePath
		Body struct {
			Message string `json:"message,omitempty" doc:"May be left out when amending: the old one stays"`
			All     bool   `json:"all,omitempty" doc:"Stage all that differs first, new files too"`
			Amend   bool   `json:"amend,omitempty" doc:"Replace the last commit"`
		}
	}
)

func (s *Server) gitStatus(ctx context.Context, in *WorkspacePath) (*gitStatusOutput, error) {
	status, err := s.engine.GitStatus(ctx, in.Name)
	return &gitStatusOutput{gitStatusOf(status)}, err
}

func (s *Server) gitInit(ctx context.Context, in *WorkspacePath) (*gitStatusOutput, error) {
	if err := s.engine.GitInit(ctx, in.Name); err != nil {
		return nil, err
	}
	return s.gitStatus(ctx, in)
}

func (s *Server) gitRefs(ctx context.Context, in *WorkspacePath) (*gitRefsOutput, error) {
	refs, err := s.engine.GitRefs(ctx, in.Name)
	return &gitRefsOutput{GitRefs(refs)}, err
}

func (s *Server) gitStage(ctx context.Context, in *selectionInput) (*gitStatusOutput, error) {
	return s.gitSelect(ctx, in, s.engine.GitStage)
}

func (s *Server) gitUnstage(ctx context.Context, in *selectionInput) (*gitStatusOutput, error) {
	return s.gitSelect(ctx, in, s.engine.GitUnstage)
}

func (s *Server) gitDiscard(ctx context.Context, in *selectionInput) (*gitStatusOutput, error) {
	return s.gitSelect(ctx, in, s.engine.GitDiscard)
}

func (s *Server) gitSelect(ctx context.Context, in *selectionInput, do func(context.Context, string, git.Selection) error) (*gitStatusOutput, error) {
	if err := do(ctx, in.Name, git.Selection(in.Body)); err != nil {
		return nil, err
	}
	return s.gitStatus(ctx, &in.WorkspacePath)
}

func (s *Server) gitCommit(ctx context.Context, in *commitInput) (*gitCommitOutput, error) {
	made, err := s.engine.GitCommit(ctx, in.Name, git.CommitOptions(in.Body))
	return &gitCommitOutput{GitCommit(made)}, err
}

// longPatch lets a request be as large as the patch of a large file, escaped.
func longPatch(o *huma.Operation) { o.MaxBodyBytes = 4 << 20 }

// diff sends one file after the other, so that no diff is in memory as a whole. What is wrong with the request
// is known before the first file, and so before anything leaves the buffer.
func (s *Server) diff(ctx context.Context, in *diffInput) (*huma.StreamResponse, error) {
	return s.stream200("GET …/diff", "application/json", func(w io.Writer) error {
		base, err := json.Marshal(in.Base)
		if err != nil {
			return err
		}
		out := bufio.NewWriterSize(w, 32<<10) // Flush tells of every error
		_, _ = fmt.Fprintf(out, `{"base":%s,"files":[`, base)
		between := ""
		options := git.DiffOptions{Base: in.Base, Path: in.Path, Context: in.Context}
		truncated, err := s.engine.GitDiff(ctx, in.Name, options, func(f *git.FileDiff) error {
			raw, err := json.Marshal(diffFileOf(f))
			if err != nil {
				return err
			}
			_, _ = out.WriteString(between)
			between = ","
			_, err = out.Write(raw)
			return err
		})
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(out, `],"truncated":%t}`, truncated)
		return out.Flush()
	}), nil
}

func (s *Server) gitShow(ctx context.Context, in *showInput) (*huma.StreamResponse, error) {
	return s.stream200("GET …/git/show", "application/octet-stream", func(w io.Writer) error {
		return s.engine.GitShow(ctx, in.Name, in.Ref, in.Path, func(r io.Reader) error {
			_, err := io.Copy(w, r)
			return err
		})
	}), nil
}

// stream200 answers with what write writes. An error before its first byte is a problem as any other; after
// that the connection breaks off: half an answer must not look like a whole one.
func (s *Server) stream200(route, contentType string, write func(io.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		out := &lateWriter{c: c, contentType: contentType}
		err := write(out)
		switch {
		case err == nil:
			_, _ = out.Write(nil) // an empty answer is one, too
		case out.begun || c.Context().Err() != nil:
			if c.Context().Err() == nil {
				s.log.Warn("an answer was not sent to its end", "route", route, "error", err)
			}
			panic(http.ErrAbortHandler)
		default:
			var p *Problem
			errors.As(s.problem(route, err), &p)
			c.SetHeader("Content-Type", p.ContentType(""))
			c.SetStatus(p.Status)
			_ = json.NewEncoder(c.BodyWriter()).Encode(p) // a client that hung up needs no answer
		}
	}}
}

// lateWriter sends the head of an answer with its first bytes.
type lateWriter struct {
	c           huma.Context
	contentType string
	begun       bool
}

func (w *lateWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.c.SetHeader("Content-Type", w.contentType)
	}
	return w.c.BodyWriter().Write(b)
}

// describeGit describes the answers that handlers write themselves.
func describeGit(api huma.API) {
	r := api.OpenAPI().Components.Schemas
	r.Schema(reflect.TypeFor[Diff](), true, "")
}

func describeDiff(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "What changed",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/Diff"}}},
	}}
}

func describeShow(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {
		Description: "The file's bytes",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
}
