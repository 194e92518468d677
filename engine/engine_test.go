package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"coder1/engine/agent"
	"coder1/engine/process"
	"coder1/engine/session"
)

// TestMain lets this program be the guard and the demo agent of the engines under test.
func TestMain(m *testing.M) {
	if process.GuardMain() {
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "demo-agent" {
		os.Exit(agent.DemoMain(os.Args[2:], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// deadMan is how long a test waits for something that should come at once.
const deadMan = 60 * time.Second

func testSettings(t testing.TB) Settings {
	return Settings{
		MemoryLimitMB: 400, MemoryWarningMB: 300, MemoryPanicMB: 380,
		MaxConcurrentAgents: 2, MaxClaudeProcesses: 2, ProcessIdleTimeoutMS: 120_000, ProcessPool: true,
		SessionPersistence: "disk", MaxActiveSessions: 3, SessionCleanupMS: 60_000,
		GracefulDegradation: true, QueueManagement: true, MemoryMonitoring: false, AggressiveCleanup: true,
		GoMemLimit: "64MiB", Port: 10000, Host: "127.0.0.1", Data: t.TempDir(), ClaudeBin: "no-such-claude",
	}
}

type rig struct {
	*Engine
	t testing.TB
}

func openRig(t testing.TB, s Settings) *rig {
	t.Helper()
	e, err := Open(Options{Settings: s, Version: "test", Log: slog.New(slog.NewTextHandler(testWriter{t}, nil))})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{e, t}
	t.Cleanup(func() {
		r.close()
		r.replays()
	})
	return r
}

func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		r.t.Error(err)
	}
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// session makes a session in the workspace, and the workspace when there is none.
func (r *rig) session(workspace string) string {
	r.t.Helper()
	if _, err := r.workspaces.Get(workspace); err != nil {
		if _, err := r.CreateWorkspace(workspace); err != nil {
			r.t.Fatal(err)
		}
	}
	s, err := r.CreateSession(workspace, "demo", "")
	if err != nil {
		r.t.Fatal(err)
	}
	return s.ID
}

func (r *rig) prompt(id, text string) Placed {
	r.t.Helper()
	p, err := r.Prompt(id, text)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// fields are an event's own, for looking at.
type fields struct {
	Event     session.Event `json:"-"`
	Type      string        `json:"-"`
	PromptID  string
	Text      string
	How       string
	Process   int
	Outcome   string
	Output    string
	RequestID string
	Reason    string
	Decision  string
	Rule      string
	Message   string
}

// await follows a session from its beginning until an event matches, and returns all up to there.
func (r *rig) await(id, what string, match func(fields) bool) []fields {
	r.t.Helper()
	w := r.Watch()
	defer w.Close()
	w.Follow(id)
	var c Cursor
	var seen []fields
	dead := time.After(deadMan)
	for {
		u, err := r.Next(id, &c)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, e := range u.Events {
			f := fields{Event: e, Type: e.Type}
			if err := json.Unmarshal(e.Data, &f); err != nil {
				r.t.Fatal(err)
			}
			seen = append(seen, f)
			if match(f) {
				return seen
			}
		}
		if u.More {
			continue
		}
		select {
		case <-w.C:
			w.Take()
		case <-dead:
			var log strings.Builder
			for _, f := range seen {
				fmt.Fprintf(&log, "\n%d %s %s", f.Event.Seq, f.Type, f.Event.Data)
			}
			r.t.Fatalf("waited in vain for %s; the session so far:%s", what, log.String())
		}
	}
}

func (r *rig) awaitEnd(id, prompt string) []fields {
	r.t.Helper()
	return r.await(id, "the end of "+prompt, func(f fields) bool {
		return f.PromptID == prompt && (f.Type == "turn_ended" && f.Outcome != "requeued" || f.Type == "prompt_ended")
	})
}

func last(all []fields, eventType string) fields {
	for _, f := range slices.Backward(all) {
		if f.Type == eventType {
			return f
		}
	}
	return fields{}
}

func said(all []fields) string {
	var text []string
	for _, f := range all {
		if f.Type == "message" {
			text = append(text, f.Text)
		}
	}
	return strings.Join(text, "\n")
}

func TestAPromptIsAnswered(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	p := r.prompt(id, "help")
	if !p.Running {
		t.Errorf("placed %+v", p)
	}
	all := r.awaitEnd(id, p.Prompt)
	if end := last(all, "turn_ended"); end.Outcome != "done" || !strings.Contains(said(all), "model") {
		t.Errorf("outcome %q, said %q", end.Outcome, said(all))
	}
	if how := last(all, "turn_started").How; how != "new" {
		t.Errorf("started %q", how)
	}
	if s, err := r.Session(id); err != nil || s.Turns != 1 || s.Conversation == "" {
		t.Errorf("session %+v, %v", s, err)
	}
	if left, err := r.store.Prompts(); err != nil || len(left) != 0 {
		t.Errorf("prompts left on disk: %v, %v", left, err)
	}
}

func TestWarmResetAndResumed(t *testing.T) {
	s := testSettings(t)
	s.MaxClaudeProcesses = 1
	r := openRig(t, s)
	a, b := r.session("shop"), r.session("shop")
	run := func(id, text string) (how string, process int, answer string) {
		all := r.awaitEnd(id, r.prompt(id, text).Prompt)
		started := last(all, "turn_started")
		return started.How, started.Process, last(all, "message").Text
	}
	how, first, _ := run(a, "list")
	if how != "new" {
		t.Errorf("the first turn is %s", how)
	}
	if how, process, _ := run(a, "list"); how != "warm" || process != first {
		t.Errorf("the second turn is %s on %d", how, process)
	}
	if how, process, answer := run(b, "history"); how != "reset" || process != first || strings.Contains(answer, "list") {
		t.Errorf("another session's first turn is %s on %d and knows %q", how, process, answer)
	}
	how, process, answer := run(a, "history")
	if how != "resumed" || process == first || !strings.Contains(answer, "list") {
		t.Errorf("after the reset the first session is %s on %d and knows %q", how, process, answer)
	}
}

func TestQueuedPromptsAreToldAndRun(t *testing.T) {
	s := testSettings(t)
	s.MaxConcurrentAgents = 1
	r := openRig(t, s)
	a, b, c := r.session("shop"), r.session("shop"), r.session("shop")
	first := r.prompt(a, "run sleep 1000")
	ask := last(r.await(a, "a permission request", func(f fields) bool { return f.Type == "permission_requested" }), "permission_requested")
	second, third := r.prompt(b, "list"), r.prompt(c, "list")
	if second.Position != 1 || third.Position != 2 || third.Wait <= second.Wait || second.Reason == "" {
		t.Errorf("placed %+v and %+v", second, third)
	}
	if err := r.EditPrompt(b, second.Prompt, "help"); err != nil {
		t.Error(err)
	}
	if err := r.CancelPrompt(c, third.Prompt); err != nil {
		t.Error(err)
	}
	if err := r.EditPrompt(a, first.Prompt, "x"); !errors.Is(err, ErrPromptRunning) {
		t.Errorf("editing a running prompt: %v", err)
	}
	if st, err := r.Session(a); err != nil || st.State != Waiting {
		t.Errorf("a session that waits for permission is %v, %v", st.State, err)
	}
	if err := r.Decide(a, ask.RequestID, Answer{}); err != nil {
		t.Error(err)
	}
	if err := r.Decide(a, ask.RequestID, Answer{}); !errors.Is(err, ErrNoSuchRequest) {
		t.Errorf("a second answer: %v", err)
	}
	r.awaitEnd(a, first.Prompt)
	if all := r.awaitEnd(b, second.Prompt); !strings.Contains(said(all), "model") {
		t.Errorf("the edited prompt was answered %q", said(all))
	}
	if all := r.awaitEnd(c, third.Prompt); last(all, "prompt_ended").Outcome != "cancelled" {
		t.Error("the cancelled prompt did not end as cancelled")
	}
}

func TestPermissionsReachTheAgent(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	p := r.prompt(id, "run echo hel'lo wor'ld")
	ask := last(r.await(id, "a permission request", func(f fields) bool { return f.Type == "permission_requested" }), "permission_requested")
	if err := r.Decide(id, ask.RequestID, Answer{Allow: true}); err != nil {
		t.Fatal(err)
	}
	all := r.awaitEnd(id, p.Prompt)
	if out := last(all, "tool_result").Output; !strings.Contains(out, "hello world") {
		t.Errorf("the command's output is %q", out)
	}
	if d := last(all, "permission_decided"); d.Decision != "allow" {
		t.Errorf("the decision is recorded as %q", d.Decision)
	}
}

func TestStop(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	p := r.prompt(id, "say 10000 words slowly")
	r.await(id, "the turn's start", func(f fields) bool { return f.Type == "turn_started" })
	if err := r.CancelPrompt(id, p.Prompt); err != nil {
		t.Fatal(err)
	}
	all := r.awaitEnd(id, p.Prompt)
	if end := last(all, "turn_ended"); end.Outcome != "interrupted" {
		t.Errorf("ended as %q", end.Outcome)
	}
	if err := r.CancelPrompt(id, p.Prompt); !errors.Is(err, ErrNoSuchPrompt) {
		t.Errorf("stopping it again: %v", err)
	}
	next := r.prompt(id, "list")
	if all := r.awaitEnd(id, next.Prompt); last(all, "turn_ended").Outcome != "done" {
		t.Error("the session did not go on")
	}
}

func TestARestartPutsTheTurnBackAndRunsIt(t *testing.T) {
	s := testSettings(t)
	s.MaxConcurrentAgents = 1
	r := openRig(t, s)
	a, b := r.session("shop"), r.session("shop")
	r.awaitEnd(a, r.prompt(a, "list").Prompt)
	running := r.prompt(a, "say 40 words slowly")
	waiting := r.prompt(b, "list")
	r.await(a, "the turn's start", func(f fields) bool { return f.Type == "turn_started" && f.PromptID == running.Prompt })
	r.close()
	r = openRig(t, s)
	all := r.awaitEnd(a, running.Prompt)
	i := slices.IndexFunc(all, func(f fields) bool { return f.Type == "turn_ended" && f.Outcome == "requeued" })
	if i < 0 || all[i].Reason == "" || last(all, "turn_ended").Outcome != "done" || last(all, "turn_started").How != "resumed" {
		t.Errorf("after the restart: requeued at %d, last end %+v, started %+v", i, last(all, "turn_ended").Event, last(all, "turn_started").Event)
	}
	if all := r.awaitEnd(b, waiting.Prompt); last(all, "turn_ended").Outcome != "done" {
		t.Error("the prompt that waited did not run")
	}
}

func TestAKilledAgentsPromptRunsAgain(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	p := r.prompt(id, "run true")
	r.await(id, "a permission request", func(f fields) bool { return f.Type == "permission_requested" })
	for _, pid := range r.Status().PIDs {
		p, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	asks := 0
	ask := last(r.await(id, "a second permission request", func(f fields) bool {
		if f.Type == "permission_requested" {
			asks++
		}
		return asks == 2
	}), "permission_requested")
	if err := r.Decide(id, ask.RequestID, Answer{Allow: true}); err != nil {
		t.Fatal(err)
	}
	if all := r.awaitEnd(id, p.Prompt); last(all, "turn_ended").Outcome != "done" {
		t.Error("the prompt did not run again")
	}
}

func TestDeleteASessionInMidTurn(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	r.prompt(id, "say 10000 words slowly")
	r.prompt(id, "list")
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	defer cancel()
	if err := r.DeleteSession(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Session(id); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("after the delete: %v", err)
	}
	if err := r.DeleteWorkspace(t.Context(), "shop"); err != nil {
		t.Error(err)
	}
}

// A follower that begins in mid-answer, and one that stops and goes on, put the message together without
// losing or doubling a piece.
func TestFollowersMissNothing(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	p := r.prompt(id, "say 60 words slowly")
	r.await(id, "the turn's start", func(f fields) bool { return f.Type == "turn_started" })
	w := r.Watch()
	defer w.Close()
	w.Follow(id)
	var c Cursor
	partial, whole := "", ""
	deltas := 0
	dead := time.After(deadMan)
	for seq, done := int64(0), false; !done; {
		u, err := r.Next(id, &c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range u.Events {
			if e.Seq != seq+1 {
				t.Fatalf("event %d follows %d", e.Seq, seq)
			}
			seq = e.Seq
			var f fields
			if err := json.Unmarshal(e.Data, &f); err != nil {
				t.Fatal(err)
			}
			if e.Type == "message" {
				if !strings.HasPrefix(f.Text, partial) {
					t.Fatalf("the message %q does not begin with what was followed: %q", f.Text, partial)
				}
				whole, partial = whole+f.Text, ""
			}
			done = done || e.Type == "turn_ended"
		}
		if d := u.Delta; d != nil {
			deltas++
			if d.Offset == 0 {
				partial = ""
			}
			if n := len(utf16.Encode([]rune(partial))); n != d.Offset {
				t.Fatalf("a piece at %d comes after %d", d.Offset, n)
			}
			partial += d.Text
			if deltas%5 == 0 {
				c = Cursor{Seq: c.Seq} // a reconnect: what is being written is sent anew
			}
		}
		if u.More {
			continue
		}
		select {
		case <-w.C:
			w.Take()
		case <-dead:
			t.Fatal("the turn did not end")
		}
	}
	if n := len(strings.Fields(whole)); n < 60 || deltas < 5 {
		t.Errorf("%d words in %d pieces; prompt %s", n, deltas, p.Prompt)
	}
}

func TestSettingsSayWhatIsWrong(t *testing.T) {
	s := testSettings(t)
	s.MemoryPanicMB, s.MaxConcurrentAgents, s.Token = 500, 0, "short"
	err := s.Validate()
	for _, name := range []string{"MEMORY_PANIC_THRESHOLD", "MAX_CONCURRENT_AGENTS", "CODER1_TOKEN"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	ok := testSettings(t)
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
}
