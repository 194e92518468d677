package engine

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestWhatARuleCovers(t *testing.T) {
	for _, c := range []struct {
		tool, pattern string
		input         string
		covered       bool
	}{
		{"Bash", "", `{"command":"rm -rf /"}`, true},
		{"Bash", "npm test", `{"command":"npm test"}`, true},
		{"Bash", "npm test", `{"command":"npm test && rm x"}`, false},
		{"Bash", "npm test *", `{"command":"npm test -- --watch"}`, true},
		{"Bash", "npm test *", `{"command":"npm testing"}`, false},
		{"Bash", "npm *", `{"command":"npm test; rm x"}`, false},
		{"Bash", "npm *", `{"command":"npm test $(rm x)"}`, false},
		{"Bash", "npm *", "{\"command\":\"npm test `rm x`\"}", false},
		{"Bash", "npm *", `{"command":"npm test\nrm x"}`, false},
		{"Bash", "npm *", `{"command":"npm test > /etc/passwd"}`, false},
		{"Bash", "npm *", `{"command":"npm test | sh"}`, false},
		{"Bash", "npm*", `{"command":"npm-evil"}`, false},
		{"Bash", "npm*", `{"command":"npm*"}`, true},
		{"Bash", "*", `{"command":"ls -l"}`, true},
		{"Bash", "*", `{"command":"ls; ls"}`, false},
		{"Write", "src/*", `{"file_path":"src/a.go"}`, true},
		{"Write", "src/*", `{"file_path":"/workspaces/shop/src/a.go"}`, true},
		{"Write", "src/*", `{"file_path":"/workspaces/other/src/a.go"}`, false},
		{"Write", "src/*", `{"file_path":"src/../../etc/passwd"}`, false},
		{"Write", "src/*", `{"file_path":"src/.."}`, false},
		{"Write", "src/a.go", `{"file_path":"src/b.go"}`, false},
		{"Write", "src/*", `{"content":"x"}`, false},
		{"Write", "src/*", `[]`, false},
		{"WebFetch", "https://go.dev/*", `{"url":"https://go.dev/doc"}`, true},
	} {
		subject := subjectOf(json.RawMessage(c.input), "/workspaces/shop")
		if got := (Rule{Tool: c.tool, Pattern: c.pattern}).covers(c.tool, subject); got != c.covered {
			t.Errorf("%s %q covers %s: %v", c.tool, c.pattern, c.input, got)
		}
	}
}

// awaitAsk waits for the next question after an event.
func (r *rig) awaitAsk(session string, prompt string) fields {
	r.t.Helper()
	asked := func(f fields) bool { return f.Type == "permission_requested" && f.PromptID == prompt }
	return last(r.await(session, "a permission request", asked), "permission_requested")
}

func TestPermissionsAreRemembered(t *testing.T) {
	s := testSettings(t)
	r := openRig(t, s)
	a, b := r.session("shop"), r.session("shop")
	p := r.prompt(a, "run echo one")
	ask := r.awaitAsk(a, p.Prompt)
	for _, wrong := range []Answer{
		{Allow: true, Remember: InSession, Pattern: "rm *"},
		{Allow: true, Remember: "for ever"},
	} {
		if err := r.Decide(a, ask.RequestID, wrong); !errors.Is(err, ErrPattern) && !errors.Is(err, ErrScope) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if err := r.Decide(a, ask.RequestID, Answer{Allow: true, Remember: InSession, Pattern: "echo *"}); err != nil {
		t.Fatal(err)
	}
	r.awaitEnd(a, p.Prompt)

	p = r.prompt(a, "run echo two")
	if decided := last(r.awaitEnd(a, p.Prompt), "permission_decided"); decided.Decision != "allow" || decided.Rule != "Bash echo *, in this session" {
		t.Errorf("the second command was decided by %+v", decided)
	}
	p = r.prompt(b, "run echo three") // another session is asked
	ask = r.awaitAsk(b, p.Prompt)
	if err := r.Decide(b, ask.RequestID, Answer{Allow: true, Remember: Always}); err != nil {
		t.Fatal(err)
	}
	r.awaitEnd(b, p.Prompt)
	r.close()
	r = openRig(t, s)
	if (Rule{Tool: "Edit"}).covers("Bash", "ls") {
		t.Error("a rule covers another tool")
	}
	p = r.prompt(a, "run true; true")
	if decided := last(r.awaitEnd(a, p.Prompt), "permission_decided"); !strings.Contains(decided.Rule, "always in shop") {
		t.Errorf("after a restart it was decided by %+v", decided)
	}

	rules := r.Rules()
	if len(rules) != 2 {
		t.Fatalf("the rules are %v", rules)
	}
	if err := r.DeleteRule(rules[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteRule(rules[1].ID); !errors.Is(err, ErrNoSuchRule) {
		t.Errorf("taken back twice: %v", err)
	}
	p = r.prompt(b, "run true")
	r.awaitAsk(b, p.Prompt)
	if err := r.DeleteSession(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if rules := r.Rules(); len(rules) != 0 {
		t.Errorf("of a deleted session there is left: %v", rules)
	}
}

func TestAQuestionThatNobodyAnswersIsDenied(t *testing.T) {
	s := testSettings(t)
	s.PermissionTimeoutMS = 1000
	r := openRig(t, s)
	id := r.session("shop")
	p := r.prompt(id, "run touch made")
	if decided := last(r.awaitEnd(id, p.Prompt), "permission_decided"); decided.Decision != "deny" || !strings.Contains(decided.Message, "within 1 second") {
		t.Errorf("decided %+v", decided)
	}
}
