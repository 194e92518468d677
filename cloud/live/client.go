package live

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"syscall"
	"time"
)

// refused is an answer other than success.
type refused struct {
	what   string
	status int
	detail string
}

func (e *refused) Error() string {
	return fmt.Sprintf("%s was answered %d %s", e.what, e.status, e.detail)
}

// answerPatience is how long an answer may take from a server that is short of everything.
const answerPatience = 30 * time.Second

// call makes a request as the owner.
func (s *server) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		var problem struct{ Detail string }
		_ = json.Unmarshal(said, &problem) // the status says enough
		return &refused{method + " " + path, resp.StatusCode, problem.Detail}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(said, into)
}

// prompt sends one. That there is no place for it, on disk or in line, is for the recording to tell.
func (s *server) prompt(ctx context.Context, session, text string) error {
	err := s.call(ctx, "POST", "/api/sessions/"+session+"/prompts", map[string]string{"text": text}, nil)
	var no *refused
	if errors.As(err, &no) && slices.Contains([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusInsufficientStorage}, no.status) {
		return nil
	}
	return err
}

type status struct {
	Memory    struct{ Enforced bool }
	Slots     struct{ Running int }
	Queue     []struct{}
	Processes []agentProcess
}

type agentProcess struct {
	ID, PID int
	State   string
}

// busy reports whether anything runs or waits.
func (s *server) busy(ctx context.Context) (bool, error) {
	var st status
	err := s.call(ctx, "GET", "/api/status", nil, &st)
	return st.Slots.Running > 0 || len(st.Queue) > 0, err
}

// crash kills an agent process, as something from outside would.
func (s *server) crash(ctx context.Context) error {
	var st status
	if err := s.call(ctx, "GET", "/api/status", nil, &st); err != nil {
		return err
	}
	pid := victim(st.Processes)
	if pid == 0 {
		return nil
	}
	err := syscallKill(pid)
	if errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// victim is the PID of the process that a crash takes, as trace.World.Crash has it: the oldest in a turn, or where
// there is none the oldest; 0 for none.
func victim(all []agentProcess) int {
	if len(all) == 0 {
		return 0
	}
	rank := func(p agentProcess) int {
		if p.State == "starting" || p.State == "running" {
			return 0
		}
		return 1
	}
	return slices.MinFunc(all, func(a, b agentProcess) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	}).PID
}

func syscallKill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}
