// Package server is the engine's face on the network: HTTP, WebSocket, login, and the page. It is thin: it
// translates, and the engine decides.
//
// The routes are a table, one group a file: sessions.go, prompts.go, workspaces.go, git.go, files.go (with raw.go,
// find.go, archives.go and stretch.go for what is streamed), terminals.go, status.go, auth.go. summary.go, transfer.go
// and search.go are about what is in sessions. stream.go is the WebSocket of what is live, terminal_socket.go that of a
// terminal; wire.go has the types of the contract; problem.go maps errors to statuses.
package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"coder1/engine"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Options say what a Server serves.
type Options struct {
	Engine  *engine.Engine
	Log     *slog.Logger
	Page    fs.FS  // the built page; without index.html there is only the API
	Token   Hash   // of the owner's
	OneTime string // opens the door once, for the link printed at the start; "" for none
	Version string
	Proxied bool   // behind a proxy that says in X-Forwarded-For who is asking
	Window  Window // around the page; nil for none
}

// Server answers requests. It is an http.Handler.
type Server struct {
	http.Handler
	engine   *engine.Engine
	log      *slog.Logger
	door     *door
	version  string
	window   Window
	stopping atomic.Bool
	streams  sync.WaitGroup
}

// New makes a Server for an engine.
func New(o Options) *Server {
	s := &Server{engine: o.Engine, log: o.Log, version: o.Version, window: o.Window, door: newDoor(o)}
	mux := http.NewServeMux()
	s.routes(newAPI(mux))
	mux.HandleFunc("GET /api/stream", s.stream)
	mux.HandleFunc("GET /api/terminals/{id}/ws", s.terminalSocket)
	mux.HandleFunc("POST /api/restore", s.restore)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, notFound("there is no "+r.Method+" "+r.URL.Path+"; /api/openapi.json lists what there is"))
	})
	mux.Handle("/", pages(o.Page))
	s.Handler = harden(s.door.guard(mux))
	return s
}

// Stop makes health checks fail, so that no more traffic comes here. Streams end when the engine closes.
func (s *Server) Stop() { s.stopping.Store(true) }

// Wait waits until the live connections have ended, which they do once the engine is drained.
func (s *Server) Wait() { s.streams.Wait() }

// OpenAPI is the API's description, as indented JSON.
func OpenAPI() ([]byte, error) {
	api := newAPI(http.NewServeMux())
	(&Server{}).routes(api)
	raw, err := api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "\t"); err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func newAPI(mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("Coder1", apiVersion)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/openapi", "", ""
	config.CreateHooks = nil // no "$schema" in answers
	config.Info.Description = "Sessions of coding agents, pooled, queued and remembered. Errors are RFC 9457 problems."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":  {Type: "http", Scheme: "bearer", Description: "The owner's token."},
		"cookie": {Type: "apiKey", In: "cookie", Name: cookieName, Description: "Set by POST /api/login."},
	}
	config.Security = []map[string][]string{{"token": {}}, {"cookie": {}}}
	return humago.New(mux, config)
}

// apiVersion is the contract's, and changes only when something is taken away.
const apiVersion = "1.0.0"

// routes is the whole surface.
func (s *Server) routes(api huma.API) {
	open := func(o *huma.Operation) { // to anyone, who may not send much
		o.Security, o.MaxBodyBytes = []map[string][]string{}, 4<<10
	}

	add(s, api, "GET /api/health", 200, "How the server is; answers 200 unless it is shutting down", s.health, open)
	add(s, api, "POST /api/login", 204, "Exchange a token for a cookie", s.login, open)
	add(s, api, "POST /api/logout", 204, "Take the cookie back", s.logout, open)
	add(s, api, "GET /api/me", 200, "Who is asking, and which agents there are", s.me)

	add(s, api, "POST /api/window/pick", 202, "Have the desktop's window show the system's own picker", s.pick)

	add(s, api, "GET /api/workspaces", 200, "All workspaces, by name", s.listWorkspaces)
	add(s, api, "POST /api/workspaces", 201, "Make an empty workspace, clone one, or open a folder as one", s.createWorkspace, describeCreate)
	add(s, api, "DELETE /api/workspaces/{name}", 204, "Delete a workspace that has no sessions, with its files; an opened folder is only forgotten", s.deleteWorkspace)

	add(s, api, "GET /api/workspaces/{name}/git/status", 200, "What differs from the last commit", s.gitStatus)
	add(s, api, "GET /api/workspaces/{name}/diff", 200, "What changed, line by line", s.diff, describeDiff)
	add(s, api, "GET /api/workspaces/{name}/git/refs", 200, "Branches and tags", s.gitRefs)
	add(s, api, "GET /api/workspaces/{name}/git/show", 200, "A file as it is at a branch, tag or commit", s.gitShow, describeShow)
	add(s, api, "POST /api/workspaces/{name}/git/init", 201, "Make the workspace a git repository", s.gitInit)
	add(s, api, "POST /api/workspaces/{name}/git/stage", 200, "Stage files or hunks", s.gitStage, longPatch)
	add(s, api, "POST /api/workspaces/{name}/git/unstage", 200, "Take files or hunks out of what is staged", s.gitUnstage, longPatch)
	add(s, api, "POST /api/workspaces/{name}/git/discard", 200, "Make files or hunks what they were when last staged; new files are removed", s.gitDiscard, longPatch)
	add(s, api, "POST /api/workspaces/{name}/git/commit", 201, "Commit what is staged; the repository's hooks run", s.gitCommit)
	describeGit(api)
	add(s, api, "GET /api/workspaces/{name}/tree", 200, "A folder's entries, one level", s.tree)
	add(s, api, "GET /api/workspaces/{name}/files/{path...}", 200, "A file's bytes", s.readFile, describeRaw)
	add(s, api, "PUT /api/workspaces/{name}/files/{path...}", 200, "Write a file of any size, in one step", s.writeFile,
		describeWrite("application/octet-stream", "The file's new content"))
	add(s, api, "DELETE /api/workspaces/{name}/files/{path...}", 204, "Delete a file, or a folder with all that is in it", s.deleteFile, mayConflict)
	add(s, api, "POST /api/workspaces/{name}/folders", 201, "Make a folder", s.makeFolder)
	add(s, api, "POST /api/workspaces/{name}/move", 200, "Move or rename a file or folder", s.moveFile)
	add(s, api, "GET /api/workspaces/{name}/paths", 200, "Files whose paths fit what was typed", s.paths)
	add(s, api, "GET /api/workspaces/{name}/search", 200, "Search in files, as NDJSON", s.searchFiles, describeSearch)
	add(s, api, "GET /api/workspaces/{name}/export", 200, "The workspace as a zip archive", s.exportFiles, describeArchive)
	add(s, api, "POST /api/workspaces/{name}/import", 200, "Unpack a zip archive into the workspace, all of it or nothing", s.importFiles,
		describeWrite("application/zip", "The archive"))

	add(s, api, "GET /api/sessions", 200, "A page of sessions, the latest used first", s.listSessions)
	add(s, api, "POST /api/sessions", 201, "Make a session in a workspace", s.createSession)
	add(s, api, "GET /api/sessions/{id}", 200, "A session and what it is doing", s.getSession)
	add(s, api, "PATCH /api/sessions/{id}", 200, "Rename a session, or pin it", s.changeSession)
	add(s, api, "DELETE /api/sessions/{id}", 204, "Stop what the session does and delete it with its history", s.deleteSession)
	add(s, api, "GET /api/sessions/{id}/events", 200, "A page of the session's log, or all of it as NDJSON", s.events, describeEvents)
	add(s, api, "GET /api/sessions/{id}/summary", 200, "What was asked and done in the session, and where it stands", s.summary)
	add(s, api, "POST /api/sessions/{id}/summary", 202, "Have a model write a summary, behind everything interactive; it comes as an event", s.writeSummary)
	add(s, api, "POST /api/sessions/{id}/fork", 201, "Make a session out of this one up to an event", s.fork)
	add(s, api, "GET /api/sessions/{id}/export", 200, "The session as a file of JSON lines", s.export, describeExport)
	add(s, api, "POST /api/sessions/import", 201, "Make a session out of an exported file, wholly or not at all", s.importSession, describeImport)
	add(s, api, "GET /api/search", 200, "Find a text in the titles and logs of all sessions", s.search)

	add(s, api, "GET /api/sessions/{id}/commands", 200, "The commands that the session's agent has of its own", s.slashCommands)
	add(s, api, "POST /api/sessions/{id}/prompts", 202, "Give the agent a prompt: it runs, or waits in line", s.prompt, longText)
	add(s, api, "PATCH /api/sessions/{id}/prompts/{promptId}", 204, "Edit or move a waiting prompt", s.changePrompt, longText)
	add(s, api, "DELETE /api/sessions/{id}/prompts/{promptId}", 204, "Cancel a waiting prompt, or interrupt a running one", s.stopPrompt)
	add(s, api, "POST /api/sessions/{id}/permissions/{requestId}", 204, "Answer what the agent asks for", s.decide)
	add(s, api, "GET /api/preferences", 200, "What the user has set in the page", s.preferences)
	add(s, api, "PUT /api/preferences", 204, "Keep what the user has set in the page", s.setPreferences, shortBody)
	add(s, api, "GET /api/permissions", 200, "What agents need not ask for any more", s.listRules)
	add(s, api, "DELETE /api/permissions/{id}", 204, "Take a permission back", s.deleteRule)

	add(s, api, "GET /api/terminals", 200, "All terminals, the oldest first", s.listTerminals)
	add(s, api, "POST /api/terminals", 201, "Run a shell, or a command, in a terminal", s.createTerminal)
	add(s, api, "PATCH /api/terminals/{id}", 200, "Rename a terminal", s.renameTerminal)
	add(s, api, "DELETE /api/terminals/{id}", 204, "Hang up, and forget the terminal with its output", s.deleteTerminal)
	add(s, api, "POST /api/terminals/{id}/signal", 204, "Send a signal to what runs in the terminal's foreground", s.signalTerminal)

	add(s, api, "GET /api/status", 200, "What the dashboard shows", s.status)
	add(s, api, "GET /api/trace", 200, "The flight recording: what the server did, second by second, as a file", s.trace, describeTrace)
	add(s, api, "GET /api/history", 200, "How memory was used in the last day, by the kind of owner", s.history)
	add(s, api, "DELETE /api/processes/{pid}", 204, "Stop an agent process; its turn goes back in line", s.stopProcess)
	describeFiles(api)
	add(s, api, "GET /api/backup", 200, "Everything, in a file", s.backup, describeBackup)
	describeRestore(api)
	describeStream(api)
	describeTerminals(api)
}

// add registers an operation: route is its method and path.
func add[I, O any](s *Server, api huma.API, route string, status int, summary string,
	handle func(context.Context, *I) (*O, error), changes ...func(*huma.Operation)) {
	method, path := splitRoute(route)
	op := huma.Operation{
		Method: method, Path: path, Summary: summary, DefaultStatus: status,
		OperationID: huma.GenerateOperationID(method, path, (*O)(nil)),
		Errors:      []int{401, 404, 409, 422, 429, 500},
	}
	for _, change := range changes {
		change(&op)
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problem(route, err)
		}
		return out, nil
	})
}

// longText lets a request be large enough for the longest prompt, escaped.
func longText(o *huma.Operation) { o.MaxBodyBytes = 2*engine.MaxPrompt + 4<<10 }
