package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"coder1/engine/agent"
	"coder1/engine/session"
)

// turns writes so many turns with long tool output into a session.
func (r *rig) turns(id string, n int) {
	r.t.Helper()
	for i := range n {
		prompt := fmt.Sprint("p", i)
		result, _ := recordAgent(prompt, agent.ToolResult{ID: "t", Output: strings.Repeat(fmt.Sprintf("line %d ä\n", i), 2000)})
		said, _ := recordAgent(prompt, agent.Message{Message: "m", Text: strings.Repeat("said ", 4000)})
		c := session.Change{Events: []session.Event{record(TurnStarted{Prompt: prompt}), result, said}}
		if err := r.write(id, c); err != nil {
			r.t.Fatal(err)
		}
	}
}

// outputs are the tool results of a session.
func (r *rig) outputs(id string) (all []agent.ToolResult) {
	r.t.Helper()
	err := r.StreamEvents(r.t.Context(), id, 0, func(e session.Event) error {
		if e.Type == "message" && len(e.Data) < 20_000 {
			r.t.Errorf("what was said was shortened: event %d has %d bytes", e.Seq, len(e.Data))
		}
		if e.Type != "tool_result" {
			return nil
		}
		var result agent.ToolResult
		err := json.Unmarshal(e.Data, &result)
		all = append(all, result)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// What nobody has used for a week loses long tool output, visibly; never what was said, nor the last turns.
func TestOldSessionsAreShortened(t *testing.T) {
	r := openRig(t, testSettings(t))
	old, pinned := r.session("shop"), r.session("shop")
	for _, id := range []string{old, pinned} {
		r.turns(id, 10)
	}
	if err := r.write(pinned, session.Change{Meta: func(m *session.Meta) { m.Pinned = true }}); err != nil {
		t.Fatal(err)
	}
	whole := fmt.Sprint(r.outputs(old))
	r.cleanUp(time.Now().Add(restsAfter - time.Hour))
	if fmt.Sprint(r.outputs(old)) != whole {
		t.Error("shortened before its time")
	}
	for range 2 { // the second time finds it done
		r.cleanUp(time.Now().Add(restsAfter + time.Hour))
		for i, result := range r.outputs(old) {
			head := fmt.Sprintf("line %d ä\n", i)
			if i >= 10-keptTurns {
				if result.Shortened != 0 || result.Output != strings.Repeat(head, 2000) {
					t.Errorf("turn %d is one of the last and was shortened", i)
				}
				continue
			}
			if result.Shortened == 0 || !strings.HasPrefix(result.Output, head) || !strings.HasSuffix(result.Output, head) ||
				!strings.Contains(result.Output, "KB were left out here") || !utf8.ValidString(result.Output) || len(result.Output) > longOutput {
				t.Errorf("turn %d: shortened by %d to %d bytes: %.40q", i, result.Shortened, len(result.Output), result.Output)
			}
		}
	}
	if fmt.Sprint(r.outputs(pinned)) != whole {
		t.Error("a pinned session was shortened")
	}
}

// SESSION_RETENTION_DAYS deletes what nobody has used for so long, but not what is pinned; 0 deletes nothing.
func TestRetention(t *testing.T) {
	for days, want := range map[int]string{0: "old pinned", 30: "pinned"} {
		s := testSettings(t)
		s.RetentionDays = days
		r := openRig(t, s)
		names := map[string]string{r.session("shop"): "old", r.session("shop"): "pinned"}
		for id, name := range names {
			if err := r.write(id, session.Change{Meta: func(m *session.Meta) { m.Title, m.Pinned = name, name == "pinned" }}); err != nil {
				t.Fatal(err)
			}
		}
		r.cleanUp(time.Now().AddDate(0, 0, 29))
		if n, _ := r.store.Count(); n != 2 {
			t.Errorf("%d days: deleted before its time: %d are left", days, n)
		}
		r.cleanUp(time.Now().AddDate(0, 0, 31))
		var left []string
		for _, name := range []string{"old", "pinned"} {
			for id, n := range names {
				if _, err := r.Session(id); err == nil && n == name {
					left = append(left, name)
				} else if err != nil && !errors.Is(err, session.ErrNotFound) {
					t.Error(err)
				}
			}
		}
		if got := strings.Join(left, " "); got != want {
			t.Errorf("%d days: %q are left, want %q", days, got, want)
		}
	}
	bad := testSettings(t)
	bad.RetentionDays = -1
	if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), "SESSION_RETENTION_DAYS is -1") {
		t.Errorf("-1 days: %v", err)
	}
}

// A store that was damaged is told of where people look: in the decisions, in an alert, in the session.
func TestLossIsTold(t *testing.T) {
	s := testSettings(t)
	r := openRig(t, s)
	id := r.session("shop")
	r.append(id, "one", "two")
	r.close()
	logs, err := filepath.Glob(filepath.Join(s.Data, "store", "MANIFEST-*"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	for _, path := range logs {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	r = openRig(t, s)
	if got := r.logs()[id]; !strings.Contains(got, `"text":"two"`) {
		t.Errorf("what could be saved was not: %s", got)
	}
	st := r.Status()
	if len(st.Alerts) != 1 || !strings.Contains(st.Alerts[0].Message, "set aside in "+s.Data) {
		t.Errorf("alerts %+v", st.Alerts)
	}
	if len(st.Decisions) == 0 || st.Decisions[0].Kind != "store_damaged" {
		t.Errorf("decisions %+v", st.Decisions)
	}
}

// The list has the latest sessions, those that are pinned and those in which something happens.
func TestCurrentSessions(t *testing.T) {
	r := openRig(t, testSettings(t))
	pinned := r.session("shop")
	if err := r.write(pinned, session.Change{Meta: func(m *session.Meta) { m.Pinned = true }}); err != nil {
		t.Fatal(err)
	}
	busy := r.session("shop")
	for range LatestSessions + 5 {
		r.session("shop")
	}
	p := r.prompt(busy, "say something for a while: "+strings.Repeat("word ", 400))
	current, total, err := r.Current()
	if err != nil || total != LatestSessions+7 || len(current) < LatestSessions+1 || len(current) > LatestSessions+2 {
		t.Fatalf("%d of %d, %v", len(current), total, err)
	}
	listed := map[string]bool{}
	for _, s := range current {
		listed[s.ID] = true
	}
	if len(listed) != len(current) || !listed[pinned] || !listed[busy] {
		t.Errorf("pinned %v, busy %v, %d listed, %d of them different", listed[pinned], listed[busy], len(current), len(listed))
	}
	seen := map[string]bool{}
	for q := (SessionQuery{Limit: 50}); ; {
		page, _, err := r.Sessions(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, s := range page {
			seen[s.ID] = true
		}
		q.Before = SessionCursor(page[len(page)-1])
	}
	if len(seen) != total {
		t.Errorf("pages have %d sessions of %d", len(seen), total)
	}
	if _, _, err := r.Sessions(SessionQuery{Before: "yesterday"}); !errors.Is(err, ErrCursor) {
		t.Errorf("got %v", err)
	}
	r.await(busy, "the end", func(f fields) bool { return f.Type == "turn_ended" && f.PromptID == p.Prompt })
}
