package agent

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coder1/engine/agent/agenttest"
)

// What only a real model's agent has.

func TestClaudeThinksAndCosts(t *testing.T) {
	c := newHouse(t, realClaude(t)).start("")
	if c.ready.Version == "" {
		t.Errorf("ready as %+v", c.ready)
	}
	c.say("think: hello")
	got := c.turn()
	thoughts := all[Thinking](got.events)
	if len(thoughts) != 1 || !strings.Contains(thoughts[0].Text, "wants me to say") {
		t.Errorf("thought %+v", thoughts)
	}
	if i := slices.IndexFunc(got.events, func(e Event) bool { d, ok := e.(Delta); return ok && d.Thinking }); i < 0 {
		t.Error("no thought was heard while it was written")
	}
	first := got.CostUSD
	if first <= 0 || got.InputTokens <= 0 || got.OutputTokens <= 0 || got.DurationMS <= 0 {
		t.Errorf("ended with %+v", got.TurnEnded)
	}
	if again := c.answer("think: hello").CostUSD; again <= 0 || again > first*1.5 {
		t.Errorf("the first turn cost %v, the same again %v: each tells of itself alone", first, again)
	}
}

func TestClaudeCostAfterResume(t *testing.T) {
	h := newHouse(t, realClaude(t))
	c := h.start("")
	first := c.answer("say: hello").CostUSD
	c.Process().Stop(deadMan)
	c.drain()
	again := h.start(c.ready.Conversation)
	if cost := again.answer("say: hello").CostUSD; cost <= 0 || cost > first*1.5 {
		t.Errorf("a turn costs %v, and %v in a resumed conversation", first, cost)
	}
}

func TestClaudeSurvivesAnAPIError(t *testing.T) {
	c := newHouse(t, realClaude(t)).start("")
	c.say("error: 400")
	got := c.turn()
	if got.Outcome != Failed || !strings.Contains(got.Error, "as the prompt asked for") || len(all[Message](got.events)) != 0 {
		t.Errorf("ended with %+v after %+v", got.TurnEnded, got.events)
	}
	c.answer("say: hello")
}

func TestClaudeSaysALot(t *testing.T) {
	c := newHouse(t, realClaude(t)).start("")
	got := c.answer("big: 512 KB")
	written := 0
	for _, d := range all[Delta](got.events) {
		written += len(d.Text)
	}
	if messages := all[Message](got.events); written != 512<<10 || len(messages) != 1 || len(messages[0].Text) != MaxOutput {
		t.Errorf("%d bytes were written as %d messages", written, len(messages))
	}
}

func TestClaudeHoldsAnAnswer(t *testing.T) {
	api, url := agenttest.Serve(t)
	c := newHouse(t, Claude(agenttest.CLI(t), claudeTestEnv(t, url))).start("")
	c.say("wait")
	eventually(t, "the model waits", func() bool { return api.Waiting() == 1 })
	api.Release()
	if got := c.turn(); got.Outcome != Done || api.Waiting() != 0 {
		t.Errorf("ended with %+v, %d waiting", got.TurnEnded, api.Waiting())
	}
}

func TestEnvironmentThatIsPassedOn(t *testing.T) {
	got := passed([]string{
		"ANTHROPIC_API_KEY=k", "ANTHROPIC_BASE_URL=u=v", "CODER1_TOKEN=secret", "AWS_SECRET_ACCESS_KEY=secret",
		"CLAUDE_CONFIG_DIR=/not/ours", "CLAUDE_CODE_SHELL_PREFIX=/wrapper", "EMPTY", "ANTHROPIC_MODEL=",
	})
	want := []string{"ANTHROPIC_API_KEY=k", "ANTHROPIC_BASE_URL=u=v", "ANTHROPIC_MODEL="}
	if !slices.Equal(got, want) {
		t.Errorf("passed on: %q, want %q", got, want)
	}
}

func TestFindClaude(t *testing.T) {
	for _, name := range credentials {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if _, _, err := FindClaude(""); err == nil || !strings.Contains(err.Error(), `no program named "claude" on the PATH`) {
		t.Errorf("without a program: %v", err)
	}
	missing := filepath.Join(dir, "missing")
	if _, _, err := FindClaude(missing); err == nil || !strings.Contains(err.Error(), "CLAUDE_BIN") {
		t.Errorf("with a wrong path: %v", err)
	}

	program := filepath.Join(dir, "claude")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := FindClaude(program); err == nil {
		t.Error("a file that cannot be run was found")
	}
	makeExecutable(t, program)
	path, _, err := FindClaude("")
	if path != program || err == nil || !strings.Contains(err.Error(), "ANTHROPIC_API_KEY") {
		t.Errorf("without a key: %s, %v", path, err)
	}
	t.Setenv("CLAUDE_CODE_OAUTH_TOKEN", "secret")
	path, detail, err := FindClaude(program)
	if path != program || err != nil || !strings.Contains(detail, "CLAUDE_CODE_OAUTH_TOKEN") || strings.Contains(detail, "secret") {
		t.Errorf("with a key: %s, %q, %v", path, detail, err)
	}
	t.Chdir(dir)
	if path, _, err := FindClaude("./claude"); path != program || err != nil {
		t.Errorf("by a relative path: %s, %v", path, err)
	}
}
