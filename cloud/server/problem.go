package server

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"coder1/engine"
	"coder1/engine/backup"
	"coder1/engine/git"
	"coder1/engine/session"
	"coder1/engine/terminal"
	"coder1/engine/workspace"

	"github.com/danielgtaylor/huma/v2"
)

// Problem is an error as RFC 9457 has it. Detail is fit to be shown to a user.
type Problem struct {
	Type   string              `json:"type,omitempty" doc:"A URI that names the kind of problem; absent for none"`
	Title  string              `json:"title" doc:"The status in words"`
	Status int                 `json:"status" doc:"The HTTP status"`
	Detail string              `json:"detail,omitempty" doc:"What is wrong, and what would be right"`
	Errors []*huma.ErrorDetail `json:"errors,omitempty" doc:"What is wrong with which part of the request"`

	retryAfter time.Duration
	etag       string // of the file as it is
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is what huma asks for the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is application/problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders says when to try again, and with what.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	if p.etag != "" {
		h.Set("ETag", p.etag)
	}
	return h
}

func init() {
	huma.DefaultArrayNullable = false // a list is empty, never null
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		return newProblem(status, detail, errs...)
	}
}

func newProblem(status int, detail string, errs ...error) *Problem {
	p := &Problem{Status: status, Title: http.StatusText(status), Detail: detail}
	for _, err := range errs {
		var d huma.ErrorDetailer
		switch {
		case err == nil:
		case errors.As(err, &d):
			p.Errors = append(p.Errors, d.ErrorDetail())
		default:
			p.Errors = append(p.Errors, &huma.ErrorDetail{Message: err.Error()})
		}
	}
	if detail == "validation failed" && len(p.Errors) > 0 {
		p.Detail = describe(p.Errors)
	}
	return p
}

// describe says in one sentence what is wrong with which field.
func describe(all []*huma.ErrorDetail) string {
	var parts []string
	for _, e := range all {
		parts = append(parts, strings.TrimPrefix(e.Location, "body.")+": "+e.Message)
	}
	return strings.Join(parts, "; ")
}

func notFound(detail string) *Problem { return newProblem(http.StatusNotFound, detail) }

// statuses maps the engine's errors. What is not listed is our own fault.
var statuses = []struct {
	err    error
	status int
}{
	{session.ErrNotFound, http.StatusNotFound},
	{workspace.ErrNotFound, http.StatusNotFound},
	{engine.ErrNoSuchPrompt, http.StatusNotFound},
	{engine.ErrNoSuchProcess, http.StatusNotFound},
	{engine.ErrNoSuchRequest, http.StatusConflict},
	{engine.ErrPromptRunning, http.StatusConflict},
	{engine.ErrWorkspaceInUse, http.StatusConflict},
	{workspace.ErrExists, http.StatusConflict},
	{workspace.ErrGone, http.StatusConflict},
	{workspace.ErrFolder, http.StatusUnprocessableEntity},
	{errNoWindow, http.StatusNotFound},
	{engine.ErrNoFolders, http.StatusForbidden},
	{workspace.ErrName, http.StatusUnprocessableEntity},
	{engine.ErrAgent, http.StatusUnprocessableEntity},
	{engine.ErrAgentMissing, http.StatusUnprocessableEntity},
	{engine.ErrTitle, http.StatusUnprocessableEntity},
	{engine.ErrEmptyPrompt, http.StatusUnprocessableEntity},
	{engine.ErrLongPrompt, http.StatusUnprocessableEntity},
	{engine.ErrSummaryUnderWay, http.StatusConflict},
	{engine.ErrNothingToSumUp, http.StatusConflict},
	{engine.ErrForkPoint, http.StatusUnprocessableEntity},
	{engine.ErrQuery, http.StatusUnprocessableEntity},
	{engine.ErrMove, http.StatusUnprocessableEntity},
	{engine.ErrPattern, http.StatusUnprocessableEntity},
	{engine.ErrScope, http.StatusUnprocessableEntity},
	{engine.ErrNoSuchRule, http.StatusNotFound},
	{engine.ErrTooManyRules, http.StatusConflict},
	{workspace.ErrNoFile, http.StatusNotFound},
	{workspace.ErrPath, http.StatusUnprocessableEntity},
	{workspace.ErrReserved, http.StatusUnprocessableEntity},
	{workspace.ErrTooLong, http.StatusUnprocessableEntity},
	{workspace.ErrInto, http.StatusUnprocessableEntity},
	{workspace.ErrOutside, http.StatusForbidden},
	{workspace.ErrPermission, http.StatusForbidden},
	{workspace.ErrIsFolder, http.StatusConflict},
	{workspace.ErrNotFolder, http.StatusConflict},
	{workspace.ErrSpecial, http.StatusConflict},
	{workspace.ErrLoop, http.StatusConflict},
	{workspace.ErrFileExists, http.StatusConflict},
	{workspace.ErrMoved, http.StatusConflict},
	{workspace.ErrFollowed, http.StatusTooManyRequests},
	{workspace.ErrFull, http.StatusInsufficientStorage},
	{terminal.ErrNotFound, http.StatusNotFound},
	{terminal.ErrDeleted, http.StatusNotFound},
	{terminal.ErrExited, http.StatusConflict},
	{engine.ErrFrozen, http.StatusConflict},
	{engine.ErrTerminalsRun, http.StatusConflict},
	{terminal.ErrNothing, http.StatusConflict},
	{terminal.ErrForeign, http.StatusConflict},
	{errors.ErrUnsupported, http.StatusNotImplemented},
	{terminal.ErrSize, http.StatusUnprocessableEntity},
	{terminal.ErrTitle, http.StatusUnprocessableEntity},
	{terminal.ErrSignal, http.StatusUnprocessableEntity},
	{terminal.ErrCommand, http.StatusUnprocessableEntity},
	{terminal.ErrClosed, http.StatusServiceUnavailable},
	{engine.ErrCursor, http.StatusUnprocessableEntity},
	{backup.ErrDamaged, http.StatusUnprocessableEntity},
	{backup.ErrForeign, http.StatusUnprocessableEntity},
	{backup.ErrVersion, http.StatusUnprocessableEntity},
	{engine.ErrClosed, http.StatusServiceUnavailable},
	{git.ErrNoFile, http.StatusNotFound},
	{git.ErrNoRepository, http.StatusConflict},
	{git.ErrRepository, http.StatusConflict},
	{git.ErrCloning, http.StatusConflict},
	{git.ErrNotReady, http.StatusConflict},
	{git.ErrNotEmpty, http.StatusConflict},
	{git.ErrStale, http.StatusConflict},
	{git.ErrType, http.StatusConflict},
	{git.ErrHeld, http.StatusConflict},
	{git.ErrSubmodule, http.StatusConflict},
	{git.ErrNested, http.StatusConflict},
	{git.ErrConflict, http.StatusConflict},
	{git.ErrNothing, http.StatusConflict},
	{git.ErrOutside, http.StatusConflict},
	{git.ErrRef, http.StatusUnprocessableEntity},
	{git.ErrPath, http.StatusUnprocessableEntity},
	{git.ErrContext, http.StatusUnprocessableEntity},
	{git.ErrSelection, http.StatusUnprocessableEntity},
	{git.ErrMessage, http.StatusUnprocessableEntity},
	{git.ErrURL, http.StatusUnprocessableEntity},
	{git.ErrLocalURL, http.StatusUnprocessableEntity},
	{git.ErrDepth, http.StatusUnprocessableEntity},
	{git.ErrNoGit, http.StatusNotImplemented},
	{session.ErrDiskFull, http.StatusInsufficientStorage},
	{session.ErrBroken, http.StatusInsufficientStorage},
	{session.ErrExists, http.StatusConflict},
}

// problem turns an error into what its sender is told. Internal text stays in the log.
func (s *Server) problem(route string, err error) error {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var busy *engine.BusyError
	if errors.As(err, &busy) {
		p := newProblem(http.StatusTooManyRequests, busy.Reason)
		p.retryAfter = max(busy.RetryAfter, time.Second)
		return p
	}
	var offer *engine.OfferError
	if errors.As(err, &offer) {
		return newProblem(http.StatusConflict, offer.Reason)
	}
	var file *engine.ImportError
	if errors.As(err, &file) {
		return newProblem(http.StatusUnprocessableEntity, file.Error())
	}
	if errors.Is(err, context.Canceled) { // by the client, who is gone
		return newProblem(http.StatusServiceUnavailable, "The request was given up.")
	}
	if p := fileProblem(err); p != nil {
		return p
	}
	for _, known := range statuses {
		if errors.Is(err, known.err) {
			return newProblem(known.status, err.Error())
		}
	}
	var failed *git.Failure
	if errors.As(err, &failed) {
		return newProblem(http.StatusConflict, failed.Error())
	}
	s.log.Error("a request failed", "route", route, "error", err)
	return newProblem(http.StatusInternalServerError, "The server could not do this; its log says why.")
}

// fileProblem is about what was wrong with files, archives and searches; nil when it was something else.
func fileProblem(err error) *Problem {
	var changed *workspace.ChangedError
	var archive *workspace.ArchiveError
	var query *workspace.QueryError
	switch {
	case errors.As(err, &changed):
		p := newProblem(http.StatusPreconditionFailed, err.Error())
		p.etag = changed.ETag
		return p
	case errors.As(err, &archive), errors.As(err, &query):
		return newProblem(http.StatusUnprocessableEntity, err.Error())
	}
	return nil
}

// writeProblem answers where no operation does.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that hung up needs no answer
}

func splitRoute(route string) (method, path string) {
	method, path, _ = strings.Cut(route, " ")
	return method, path
}
