// Package agenttest lets tests drive real agents without a model and without a network: an imitation of
// the Messages API whose answers the prompt itself decides (see [API]), and the agent CLI that tests use.
// Tests only may import it.
package agenttest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// API imitates the Messages API: POST /v1/messages, streamed or not, and /v1/messages/count_tokens.
// Any key will do. The last thing the user said decides the answer:
//
//	say: TEXT              TEXT
//	think: TEXT            the same, after a block of reasoning
//	slow: N words          N words, one every Pace
//	big: N KB              N KB of text, at full speed
//	tool: NAME INPUT       uses a tool, then repeats what it answered; INPUT is JSON or the tool's main argument
//	tools: N               uses Bash N times, one after the other
//	write: FILE TEXT       uses Write to put TEXT into FILE
//	wait                   begins to answer, then holds until Release or until the client hangs up
//	error: STATUS          fails with that HTTP status
//	anything else          repeats it, with the number of prompts in the conversation so far
//
// In tests it is served by [Serve]; the program in messagesapi serves it for browser tests, with
// POST /release in place of Release and GET /waiting for Waiting.
type API struct {
	Pace time.Duration // between two words of a slow answer; 0 means 50 ms

	mu struct {
		sync.Mutex
		calls   int
		waiting int
		release chan struct{} // closed and replaced by Release
	}
}

// ServeHTTP answers one call.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + strings.TrimSuffix(r.URL.Path, "/") {
	case "POST /v1/messages":
		a.messages(w, r)
	case "POST /v1/messages/count_tokens":
		var req request
		if !decode(w, r, &req) {
			return
		}
		writeJSON(w, http.StatusOK, map[string]int{"input_tokens": req.tokens()})
	case "POST /release":
		a.Release()
	case "GET /waiting":
		writeJSON(w, http.StatusOK, a.Waiting())
	default:
		fail(w, http.StatusNotFound, "there is no "+r.Method+" "+r.URL.Path)
	}
}

func (a *API) messages(w http.ResponseWriter, r *http.Request) {
	var req request
	if !decode(w, r, &req) {
		return
	}
	reply := answer(&req)
	if reply.status != 0 {
		fail(w, reply.status, "as the prompt asked for")
		return
	}
	m := message{id: a.nextID(), model: req.Model, inputTokens: req.tokens(), reply: reply}
	if !req.Stream {
		if reply.hold && !a.hold(r) {
			return
		}
		writeJSON(w, http.StatusOK, m.whole())
		return
	}
	a.stream(w, r, m)
}

func decode(w http.ResponseWriter, r *http.Request, req *request) bool {
	err := json.NewDecoder(r.Body).Decode(req)
	if err != nil {
		fail(w, http.StatusBadRequest, "read the request: "+err.Error())
	}
	return err == nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that hung up needs no answer
}

// errorTypes are the API's names for what went wrong.
var errorTypes = map[int]string{
	400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
	413: "request_too_large", 429: "rate_limit_error", 529: "overloaded_error",
}

func fail(w http.ResponseWriter, status int, text string) {
	kind, ok := errorTypes[status]
	if !ok {
		kind = "api_error"
	}
	writeJSON(w, status, map[string]any{"type": "error", "error": map[string]string{"type": kind, "message": text}})
}
