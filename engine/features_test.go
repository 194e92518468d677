package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coder1/engine/agent"
	"coder1/engine/governor"
	"coder1/engine/session"
)

// run prompts a session and waits for the end, allowing whatever is asked for.
func (r *rig) run(id, text string) []fields {
	r.t.Helper()
	p := r.prompt(id, text)
	return r.await(id, "the end of "+p.Prompt, func(f fields) bool {
		if f.Type == "permission_requested" && f.PromptID == p.Prompt {
			if err := r.Decide(id, f.RequestID, Answer{Allow: true}); err != nil && !errors.Is(err, ErrNoSuchRequest) {
				r.t.Error(err)
			}
		}
		return f.PromptID == p.Prompt && f.Type == "turn_ended" && f.Outcome != "requeued"
	})
}

func (r *rig) delete(id string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), deadMan)
	defer cancel()
	if err := r.DeleteSession(ctx, id); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) meta(id string) session.Meta {
	r.t.Helper()
	m, err := r.store.Get(id)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// transcript is the demo agent's file of a conversation.
func (r *rig) transcript(conversation string) string {
	return filepath.Join(r.settings.Data, "agents", "demo", "transcripts", conversation+".jsonl")
}

// stopProcesses has every process go, and waits until it is gone.
func (r *rig) stopProcesses() {
	r.t.Helper()
	w := r.Watch()
	defer w.Close()
	for _, p := range r.view().Processes {
		r.ask(governor.ProcessStopped{Process: p.ID})
	}
	for len(r.view().Processes) > 0 {
		w.next(r.t)
	}
}

func (r *rig) overview(id string) Overview {
	r.t.Helper()
	o, err := r.Overview(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func TestOverview(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	if o := r.overview(id); o.Standing != "nothing was asked for yet" || len(o.Asked) != 0 {
		t.Errorf("of an empty session: %+v", o)
	}
	r.run(id, "write notes/a.txt hello")
	r.run(id, "run false")
	o := r.overview(id)
	if len(o.Asked) != 2 || len(o.Files) != 1 || o.Files[0].Path != "notes/a.txt" || len(o.Commands) != 1 || o.Commands[0].OK || o.Turns != 2 {
		t.Errorf("overview %+v", o)
	}
	ask := r.prompt(id, "run sleep 1000")
	r.await(id, "the question", func(f fields) bool { return f.Type == "permission_requested" && f.PromptID == ask.Prompt })
	behind := r.prompt(id, "list")
	if o := r.overview(id); o.Standing != "waits for your permission to run `sleep 1000`" || o.State != Waiting || len(o.Asked) != 4 {
		t.Errorf("while it waits: %+v", o)
	}
	if !strings.Contains(behind.Reason, "waits for your answer") || !strings.Contains(r.Status().Queue[0].Reason, "waits for your answer") {
		t.Errorf("the prompt behind it waits because %q, %q", behind.Reason, r.Status().Queue[0].Reason)
	}
	if _, err := r.Overview(t.Context(), "none"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("of no session: %v", err)
	}
}

// What the agent has on disk goes missing, is cut off, or is filled with zeros: the session goes on from a summary.
func TestADamagedConversationGoesOnFromASummary(t *testing.T) {
	for what, damage := range map[string]func(file string) error{
		"gone": os.Remove,
		"cut off": func(file string) error {
			info, err := os.Stat(file)
			return errors.Join(err, os.Truncate(file, info.Size()/2))
		},
		"damaged": func(file string) error {
			info, err := os.Stat(file)
			return errors.Join(err, os.Truncate(file, info.Size()+100))
		},
	} {
		t.Run(what, func(t *testing.T) {
			r := openRig(t, testSettings(t))
			id := r.session("shop")
			r.run(id, "write lighthouse.txt tall")
			first := r.meta(id).Conversation
			r.stopProcesses()
			if err := damage(r.transcript(first)); err != nil {
				t.Fatal(err)
			}
			all := r.run(id, "history")
			if n := last(all, "notice"); !strings.Contains(n.Text, what) || !strings.Contains(n.Text, "summary") {
				t.Errorf("the user is told %q", n.Text)
			}
			if how := last(all, "turn_started").How; how != "new" {
				t.Errorf("the turn is %s", how)
			}
			if text := last(all, "message").Text; !strings.Contains(text, "earlier conversation") || !strings.Contains(text, "lighthouse.txt") || !strings.Contains(text, "said 1 things") {
				t.Errorf("the agent knows %s", text)
			}
			m := r.meta(id)
			if m.Conversation == first || len(m.Past) != 1 || m.Past[0] != first {
				t.Errorf("the conversation is %s after %v", m.Conversation, m.Past)
			}
			r.stopProcesses()
			if all := r.run(id, "history"); last(all, "turn_started").How != "resumed" || !strings.Contains(last(all, "message").Text, "lighthouse") {
				t.Errorf("later the agent knows %s", last(all, "message").Text)
			}
			r.delete(id)
			for _, c := range []string{first, m.Conversation} {
				if _, err := os.Stat(r.transcript(c)); !os.IsNotExist(err) {
					t.Errorf("the agent still has %s: %v", c, err)
				}
			}
		})
	}
}

func TestDeletingASessionDeletesWhatTheAgentHas(t *testing.T) {
	r := openRig(t, testSettings(t))
	id, other := r.session("shop"), r.session("shop")
	r.run(id, "list")
	r.run(other, "list")
	gone, stays := r.transcript(r.meta(id).Conversation), r.transcript(r.meta(other).Conversation)
	r.delete(id)
	if _, err := os.Stat(gone); !os.IsNotExist(err) {
		t.Errorf("the transcript is still there: %v", err)
	}
	if _, err := os.Stat(stays); err != nil {
		t.Errorf("another session's transcript: %v", err)
	}
}

func (r *rig) export(id string) string {
	r.t.Helper()
	var b bytes.Buffer
	if err := r.Export(r.t.Context(), id, &b); err != nil {
		r.t.Fatal(err)
	}
	return b.String()
}

// body is an exported file without its head.
func body(file string) string {
	_, rest, _ := strings.Cut(file, "\n")
	return rest
}

func TestExportAndImportAreARoundTrip(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	r.run(id, "write a.txt <b>&amp; \u2028 ä")
	r.run(id, "run printf 'a\\0b'; exit 3")
	if _, err := r.ChangeSession(id, SessionChange{Pinned: new(true)}); err != nil {
		t.Fatal(err)
	}
	file := r.export(id)
	if _, err := r.CreateWorkspace("other"); err != nil {
		t.Fatal(err)
	}
	one, err := r.Import(t.Context(), "other", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	was := r.meta(id)
	if one.ID == id || one.Workspace != "other" || one.Title != was.Title || one.Turns != was.Turns || !one.Pinned ||
		one.LastSeq != was.LastSeq || !one.Updated.Equal(was.Updated) || !one.Created.Equal(was.Created) || one.Hidden {
		t.Errorf("imported as %+v", one)
	}
	if again := r.export(one.ID); body(again) != body(file) {
		t.Errorf("exported again:\n%s\nfirst:\n%s", again, file)
	}
	all := r.run(one.ID, "history")
	if text := last(all, "message").Text; !strings.Contains(text, "earlier conversation") {
		t.Errorf("in an imported session the agent knows %s", text)
	}
}

func TestASessionIsExportedInMidTurn(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	r.prompt(id, "run sleep 1000")
	r.await(id, "the question", func(f fields) bool { return f.Type == "permission_requested" })
	r.prompt(id, "list")
	one, err := r.Import(t.Context(), "shop", strings.NewReader(r.export(id)))
	if err != nil {
		t.Fatal(err)
	}
	ended := 0
	r.await(one.ID, "the ends of both prompts", func(f fields) bool {
		if f.Type == "turn_ended" && f.Outcome == "interrupted" && strings.Contains(f.Reason, "exported") {
			ended++
		}
		return ended == 2
	})
	if o := r.overview(one.ID); !strings.HasPrefix(o.Standing, "stopped: ") {
		t.Errorf("the imported session %s", o.Standing)
	}
}

const importHead = `{"coder1Export":1,"session":{"id":"x","workspace":"shop","agent":"of-another-server","title":"T","lastSeq":2}}` + "\n"

func TestImportKeepsWhatItDoesNotKnow(t *testing.T) {
	r := openRig(t, testSettings(t))
	r.session("shop")
	file := importHead + `{"seq":1,"type":"of_the_future","time":"2030-01-02T03:04:05.678+02:00","z":{"b":1,"a":[1.50,1e3]},"a":null}` + "\n" +
		`{"seq":2,"type":"notice","time":"2030-01-02T03:04:06Z","level":"info","text":"x","more":1}` + "\n"
	one, err := r.Import(t.Context(), "", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.export(one.ID); body(got) != body(file) || one.Agent != "demo" {
		t.Errorf("exported again by %s:\n%s", one.Agent, got)
	}
}

func TestImportSaysWhichLineIsWrongAndLeavesNothing(t *testing.T) {
	r := openRig(t, testSettings(t))
	r.session("shop")
	good := `{"seq":1,"type":"notice","time":"2030-01-02T03:04:06Z","level":"info","text":"x"}` + "\n"
	next := strings.Replace(good, `"seq":1`, `"seq":2`, 1)
	for _, c := range []struct{ what, file, says string }{
		{"empty", "", "line 1: the file is empty"},
		{"something else", "hello\n", "line 1: it is not the first line"},
		{"a log", good, "line 1: it is not the first line"},
		{"of the future", strings.Replace(importHead, ":1", ":9", 1), "line 1: it was exported in form 9"},
		{"a bad title", strings.Replace(importHead, `"T"`, `"`+strings.Repeat("T", 201)+`"`, 1), "line 1: session.title"},
		{"cut off", importHead + good, "line 3: the file ends after event 1, and the session had 2"},
		{"cut off in a line", importHead + good + next[:40], "line 3: unexpected end of JSON input"},
		{"too many", importHead + good + next + strings.Replace(good, `"seq":1`, `"seq":3`, 1), "line 4: there are more events"},
		{"a gap", importHead + next, "line 2: seq is 2 and must be 1"},
		{"no type", importHead + strings.Replace(good, "notice", "", 1), "line 2: type"},
		{"no time", importHead + strings.Replace(good, `"time":"2030-01-02T03:04:06Z",`, "", 1), "line 2: time is missing"},
		{"wrong fields", importHead + strings.Replace(good, `"x"`, `["x"]`, 1), "line 2: a notice: "},
		{"two of a field", importHead + strings.Replace(good, `"text"`, `"text":"y","text"`, 1), `line 2: there are two fields named "text"`},
		{"an empty line", importHead + "\n" + good, "line 2: "},
		{"no object", importHead + "[1]\n", "line 2: it is not a JSON object"},
		{"deep", importHead + strings.Replace(good, `"x"`, strings.Repeat("[", 9998)+strings.Repeat("]", 9998), 1), "line 2: it is nested too deeply"},
		{"no UTF-8", importHead + strings.Replace(good, `"x"`, "\"\xff\"", 1), "line 2: it is not UTF-8"},
		{"long", importHead + good + strings.Repeat(" ", MaxLine) + next, "line 3: it is longer than"},
	} {
		_, err := r.Import(t.Context(), "shop", strings.NewReader(c.file))
		var bad *ImportError
		if !errors.As(err, &bad) || !strings.HasPrefix(bad.Error(), c.says) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if _, err := r.Import(t.Context(), "none", strings.NewReader(importHead+good+next)); err == nil {
		t.Error("imported into no workspace")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Import(ctx, "shop", strings.NewReader(importHead+good+next)); !errors.Is(err, context.Canceled) {
		t.Errorf("imported for nobody: %v", err)
	}
	if all, err := r.store.List(""); err != nil || len(all) != 1 {
		t.Errorf("%d sessions are there, %v", len(all), err)
	}
}

// A session that was being made when the server was killed is not there after the next start.
func TestWhatIsNotWholeIsGoneAfterAStart(t *testing.T) {
	s := testSettings(t)
	r := openRig(t, s)
	r.session("shop")
	if _, err := r.store.Create(session.Meta{ID: "half", User: Owner, Workspace: "shop", Agent: "demo", Hidden: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Session("half"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("a session that is not whole is shown: %v", err)
	}
	if all, _, err := r.Sessions(SessionQuery{}); err != nil || len(all) != 1 {
		t.Errorf("sessions %v, %v", all, err)
	}
	r.close()
	r = openRig(t, s)
	if _, err := r.store.Get("half"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestForkAtTheEndTakesTheConversationAlong(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	r.run(id, "list one")
	end := r.meta(id)
	fork, err := r.Fork(t.Context(), id, end.LastSeq, "")
	if err != nil {
		t.Fatal(err)
	}
	if fork.Title != "list one (fork)" || fork.Turns != 1 || *fork.ForkedFrom != (session.Origin{Session: id, Seq: end.LastSeq}) || fork.Conversation == end.Conversation {
		t.Errorf("the fork is %+v", fork)
	}
	if text := last(r.run(id, "history"), "message").Text; !strings.Contains(text, "said 2 things") { // the original goes on first
		t.Errorf("the original knows %s", text)
	}
	all := r.run(fork.ID, "history")
	if n := last(all, "notice").Text; !strings.Contains(n, "takes a copy") {
		t.Errorf("the user is told %q", n)
	}
	if text := last(all, "message").Text; !strings.Contains(text, "said 2 things") || last(all, "turn_started").How != "resumed" {
		t.Errorf("the fork, %s, knows %s", last(all, "turn_started").How, text)
	}
	r.delete(fork.ID)
	if _, err := os.Stat(r.transcript(end.Conversation)); err != nil {
		t.Errorf("the original's transcript went with the fork: %v", err)
	}
}

func TestForkInTheMiddleBeginsFromASummary(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	first := r.run(id, "write lighthouse.txt tall")
	at := last(first, "turn_ended").Event.Seq
	r.run(id, "write harbour.txt deep")
	fork, err := r.Fork(t.Context(), id, at, "Before the harbour")
	if err != nil {
		t.Fatal(err)
	}
	if fork.Title != "Before the harbour" || fork.Turns != 1 || fork.LastSeq != at+1 {
		t.Errorf("the fork is %+v", fork)
	}
	text := last(r.run(fork.ID, "history"), "message").Text
	if !strings.Contains(text, "lighthouse") || strings.Contains(text, "harbour") || !strings.Contains(text, "said 1 things") {
		t.Errorf("the fork knows %s", text)
	}
	if o := r.overview(fork.ID); len(o.Files) != 1 {
		t.Errorf("the fork's files are %+v", o.Files)
	}

	// In the middle of a turn what was under way is closed.
	fork, err = r.Fork(t.Context(), id, 3, "")
	if err != nil {
		t.Fatal(err)
	}
	all := r.await(fork.ID, "the notice", func(f fields) bool { return f.Type == "notice" })
	if end := last(all, "turn_ended"); end.Outcome != "interrupted" || end.PromptID != first[0].PromptID {
		t.Errorf("the turn under way ended as %+v", end)
	}
	for _, seq := range []int64{0, r.meta(id).LastSeq + 1} {
		if _, err := r.Fork(t.Context(), id, seq, ""); !errors.Is(err, ErrForkPoint) {
			t.Errorf("a fork at %d: %v", seq, err)
		}
	}
}

func TestAnAgentThatIsNotThere(t *testing.T) {
	r := openRig(t, testSettings(t))
	r.session("shop")
	if _, err := r.CreateSession("shop", "claude", ""); !errors.Is(err, ErrAgentMissing) || !strings.Contains(err.Error(), `"no-such-claude"`) {
		t.Errorf("a session with an agent that is missing: %v", err)
	}
	// One of the time when it was there.
	old, err := r.store.Create(session.Meta{ID: "old", User: Owner, Workspace: "shop", Agent: "claude"})
	if err != nil {
		t.Fatal(err)
	}
	if end := last(r.run(old.ID, "hello"), "turn_ended"); !strings.Contains(string(end.Event.Data), "no-such-claude") {
		t.Errorf("its turn ended with %s", end.Event.Data)
	}
}

func TestTitlesHaveNoControlCharacters(t *testing.T) {
	r := openRig(t, testSettings(t))
	r.session("shop")
	if _, err := r.CreateSession("shop", "demo", "one\ntwo"); !errors.Is(err, ErrTitle) {
		t.Errorf("a title of two lines: %v", err)
	}
}

func TestForkLeavesOutWhatWaitedThen(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	first := r.prompt(id, "write lighthouse.txt tall")
	asked := last(r.await(id, "the question", func(f fields) bool { return f.Type == "permission_requested" }), "permission_requested")
	second := r.prompt(id, "history")
	if err := r.EditPrompt(id, second.Prompt, "list two"); err != nil {
		t.Fatal(err)
	}
	if err := r.Decide(id, asked.RequestID, Answer{Allow: true}); err != nil {
		t.Fatal(err)
	}
	at := last(r.awaitEnd(id, first.Prompt), "turn_ended").Event.Seq
	r.awaitEnd(id, second.Prompt)
	fork, err := r.Fork(t.Context(), id, at, "")
	if err != nil {
		t.Fatal(err)
	}
	if fork.Created.IsZero() {
		t.Error("nobody knows when the fork was made")
	}
	for _, f := range r.await(fork.ID, "the notice", func(f fields) bool { return f.Type == "notice" }) {
		if f.PromptID == second.Prompt {
			t.Errorf("the fork has a %s of a prompt that ran later", f.Type)
		}
	}
}

func TestAModelWritesASummary(t *testing.T) {
	s := testSettings(t)
	r := openRig(t, s)
	id := r.session("shop")
	if _, err := r.WriteSummary(t.Context(), id); !errors.Is(err, ErrNothingToSumUp) {
		t.Errorf("of an empty session: %v", err)
	}
	r.run(id, "write lighthouse.txt tall")
	before := r.meta(id)
	if _, err := r.WriteSummary(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	got := last(r.await(id, "the summary", func(f fields) bool { return f.Type == "summary" }), "summary")
	if !strings.Contains(got.Text, "lighthouse") {
		t.Errorf("the summary is %q", got.Text)
	}
	if o := r.overview(id); o.Model == nil || o.Model.Text != got.Text {
		t.Errorf("the overview has %+v", o.Model)
	}
	r.awaitGone(summaryOf(id))
	if m := r.meta(id); m.Conversation != before.Conversation || m.Turns != before.Turns {
		t.Errorf("the session changed from %+v to %+v", before, m)
	}
	if text := last(r.run(id, "history"), "message").Text; !strings.Contains(text, "said 2 things") || strings.Contains(text, "Summarize") {
		t.Errorf("the session's own conversation: %s", text)
	}
	if files, err := filepath.Glob(r.transcript("*")); err != nil || len(files) != 1 {
		t.Errorf("transcripts %v, %v", files, err)
	}
}

// awaitGone waits until a session is deleted.
func (r *rig) awaitGone(id string) {
	r.t.Helper()
	w := r.Watch()
	defer w.Close()
	for {
		if _, err := r.store.Get(id); errors.Is(err, session.ErrNotFound) {
			return
		}
		w.next(r.t)
	}
}

// next waits until something has changed.
func (w *Watcher) next(t testing.TB) {
	t.Helper()
	select {
	case <-w.C:
		w.Take()
	case <-time.After(deadMan):
		t.Fatal("nothing changes any more")
	}
}

func TestASummaryThatWaitsSurvivesARestartAndIsWrittenOnce(t *testing.T) {
	s := testSettings(t)
	s.MaxConcurrentAgents = 1
	r := openRig(t, s)
	id, busy := r.session("shop"), r.session("shop")
	r.run(id, "list")
	ask := r.prompt(busy, "run sleep 1000")
	r.await(busy, "the question", func(f fields) bool { return f.Type == "permission_requested" })
	placed, err := r.WriteSummary(t.Context(), id)
	if err != nil || placed.Running {
		t.Fatalf("placed %+v, %v", placed, err)
	}
	if _, err := r.WriteSummary(t.Context(), id); !errors.Is(err, ErrSummaryUnderWay) {
		t.Errorf("a second one: %v", err)
	}
	later := r.prompt(id, "list") // interactive, so it goes first
	if o := r.overview(id); o.Writing != Queued || later.Position != 1 {
		t.Errorf("the summary is %q, the prompt sent after it %+v", o.Writing, later)
	}
	if all, _, err := r.Sessions(SessionQuery{}); err != nil || len(all) != 2 {
		t.Errorf("%d sessions are shown, %v", len(all), err)
	}
	r.close()
	r = openRig(t, s)
	if err := r.CancelPrompt(busy, ask.Prompt); err != nil {
		t.Fatal(err)
	}
	r.await(id, "the summary", func(f fields) bool { return f.Type == "summary" })
	r.awaitGone(summaryOf(id))
}

func TestDeletingASessionEndsItsSummary(t *testing.T) {
	s := testSettings(t)
	s.MaxConcurrentAgents = 1
	r := openRig(t, s)
	id, busy := r.session("shop"), r.session("shop")
	r.run(id, "list")
	r.prompt(busy, "run sleep 1000")
	r.await(busy, "the question", func(f fields) bool { return f.Type == "permission_requested" })
	if _, err := r.WriteSummary(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	r.delete(id)
	if _, err := r.store.Get(summaryOf(id)); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the hidden session is still there: %v", err)
	}
	if n := len(r.view().Queue); n != 0 {
		t.Errorf("%d prompts wait", n)
	}
}

func TestSearch(t *testing.T) {
	r := openRig(t, testSettings(t))
	a, b := r.session("shop"), r.session("shop")
	r.run(a, "write harbour.txt Ein Leuchtturm äöü 😀 LEUCHTTURM")
	r.run(b, "list")
	if _, err := r.ChangeSession(b, SessionChange{Title: new("About a leuchtturm")}); err != nil {
		t.Fatal(err)
	}
	found, err := r.Search(t.Context(), " leuchtturm", 50)
	if err != nil || found.Truncated || found.Bytes == 0 {
		t.Fatalf("found %+v, %v", found, err)
	}
	types := map[string]bool{}
	for _, h := range found.Hits {
		types[h.Type] = true
		if len(h.Ranges) == 0 {
			t.Errorf("nothing matches in %+v", h)
		}
		for _, at := range h.Ranges {
			if got := sliceUnits(h.Snippet, at[0], at[1]); !strings.EqualFold(got, "leuchtturm") {
				t.Errorf("%q of %q", got, h.Snippet)
			}
		}
	}
	if found.Hits[0].Session != b || found.Hits[0].Type != "title" || !types["prompt"] || !types["tool_call"] {
		t.Errorf("hits %+v", found.Hits)
	}
	if few, err := r.Search(t.Context(), "leuchtturm", 1); err != nil || len(few.Hits) != 1 || !few.Truncated {
		t.Errorf("one hit: %+v, %v", few, err)
	}
	if none, err := r.Search(t.Context(), "(?i).*[", 50); err != nil || len(none.Hits) != 0 {
		t.Errorf("a text that is no pattern: %+v, %v", none, err)
	}
	for _, q := range []string{"", "  ", strings.Repeat("x", MaxQuery+1), "\xff"} {
		if _, err := r.Search(t.Context(), q, 50); !errors.Is(err, ErrQuery) {
			t.Errorf("%q: %v", q, err)
		}
	}
}

// sliceUnits cuts a text by UTF-16 code units, as a browser does.
func sliceUnits(s string, from, to int) string {
	var out strings.Builder
	at := 0
	for _, r := range s {
		if at >= from && at < to {
			out.WriteRune(r)
		}
		at += units(string(r))
	}
	return out.String()
}

func TestOneSessionDoesNotCrowdOutTheOthers(t *testing.T) {
	r := openRig(t, testSettings(t))
	small, large := r.session("shop"), r.session("shop")
	put := func(id string, n int) {
		for i := range n {
			r.note(id, Notice{Level: "info", Text: fmt.Sprintf("needle %d %s", i, strings.Repeat("hay ", 200))})
		}
	}
	put(small, 1)
	put(large, 30)
	found, err := r.Search(t.Context(), "NEEDLE", 50)
	if err != nil || len(found.Hits) != hitsInSession+1 || !found.Truncated || found.Hits[hitsInSession].Session != small {
		t.Errorf("%d hits, %v: %+v", len(found.Hits), err, found)
	}
	if s := found.Hits[0].Snippet; len(s) > snippetBytes+10 || !strings.HasSuffix(s, "…") {
		t.Errorf("the snippet is %q", s)
	}
}

// FuzzImport: whatever is imported can be exported, and comes back the same.
func FuzzImport(f *testing.F) {
	f.Add([]byte(importHead + `{"seq":1,"type":"a","time":"2030-01-02T03:04:05Z","x":"<\u0061\ud800"}` + "\n" + `{"seq":2,"type":"notice","time":"2030-01-02T03:04:06Z"}`))
	f.Add([]byte(importHead))
	f.Add([]byte("{}"))
	r := openRig(f, testSettings(f))
	r.session("shop")
	f.Fuzz(func(t *testing.T, file []byte) {
		one, err := r.Import(t.Context(), "shop", bytes.NewReader(file))
		all, _, listErr := r.Sessions(SessionQuery{Limit: 1000})
		if err != nil {
			if len(all) != 1 || listErr != nil {
				t.Fatalf("%d sessions after %v, %v", len(all), err, listErr)
			}
			return
		}
		first := exported(t, r, one.ID)
		again, err := r.Import(t.Context(), "shop", strings.NewReader(first))
		if err != nil {
			t.Fatalf("%v in what was exported: %s", err, first)
		}
		if second := exported(t, r, again.ID); body(first) != body(second) {
			t.Fatalf("exported\n%q\nand then\n%q", first, second)
		}
		if _, err := r.Overview(t.Context(), again.ID); err != nil {
			t.Error(err)
		}
		for _, id := range []string{one.ID, again.ID} {
			if err := r.DeleteSession(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	})
}

func exported(t *testing.T, r *rig, id string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Export(t.Context(), id, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Random logs of every type come through unchanged.
func TestRandomLogsAreARoundTrip(t *testing.T) {
	r := openRig(t, testSettings(t))
	id := r.session("shop")
	rnd := rand.New(rand.NewPCG(7, 7))
	texts := []string{"", "x", "<&>\u2028", "\x00\x1b[31m", "😀", strings.Repeat("long\n", 20_000)}
	for range 60 {
		var events []session.Event
		for range 1 + rnd.IntN(8) {
			text := texts[rnd.IntN(len(texts))]
			raw, _ := json.Marshal(map[string]any{"command": text, "n": rnd.Float64()})
			ev, _ := recordAgent(text, []agent.Event{
				agent.Message{Text: text}, agent.Thinking{Text: text}, agent.ToolCall{ID: "t", Name: text, Input: raw},
				agent.ToolResult{ID: "t", Output: text}, agent.PermissionRequest{ID: "r", Input: raw}, agent.Other{Raw: raw},
			}[rnd.IntN(6)])
			events = append(events, ev)
		}
		if err := r.write(id, session.Change{Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	file := r.export(id)
	one, err := r.Import(t.Context(), "shop", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if body(r.export(one.ID)) != body(file) {
		t.Error("the log came back changed")
	}
}
