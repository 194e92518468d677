package agent

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// conversationFiles lists the files below the agent's configuration that have a conversation's name.
func conversationFiles(t *testing.T, dir, conversation string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(path, conversation) {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func transcriptOnDisk(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.answer(l.count)
	c.answer("remember this")
	conversation := c.ready.Conversation
	c.Process().Stop(deadMan)
	c.drain()
	before, err := h.kind.Transcript(h.config, conversation)
	if err != nil || before.Bytes == 0 || before.Damaged {
		t.Fatalf("the transcript is %+v, %v", before, err)
	}

	// A copy goes its own way, and the original is as it was.
	fork, err := h.kind.Fork(h.config, conversation)
	if err != nil {
		t.Fatal(err)
	}
	again := h.start(fork)
	if again.ready.Conversation != fork {
		t.Errorf("the copy %s was resumed as %+v", fork, again.ready)
	}
	if said := again.answer(l.count).said(); !strings.Contains(said, l.remembers(3)) {
		t.Errorf("the copy was resumed: %s", said)
	}
	again.Process().Stop(deadMan)
	again.drain()
	if now, err := h.kind.Transcript(h.config, conversation); err != nil || now != before {
		t.Errorf("the original is %+v, %v; it was %+v", now, err, before)
	}

	// What is forgotten leaves nothing, and the other stays.
	if err := h.kind.Forget(h.config, conversation); err != nil {
		t.Fatal(err)
	}
	if left := conversationFiles(t, h.config, conversation); len(left) != 0 {
		t.Errorf("left of a forgotten conversation: %v", left)
	}
	if _, err := h.kind.Transcript(h.config, conversation); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the transcript of a forgotten conversation: %v", err)
	}
	if err := h.kind.Forget(h.config, conversation); err != nil {
		t.Errorf("forgotten again: %v", err)
	}
	if _, err := h.kind.Transcript(h.config, fork); err != nil {
		t.Errorf("the copy: %v", err)
	}
}

func toldBefore(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.must(c.PromptAfter("We spoke of a lighthouse.", l.count))
	c.running = true
	got := c.turn()
	if got.Outcome != Done || !strings.Contains(got.said(), l.remembers(1)) {
		t.Errorf("ended with %+v: %s", got.TurnEnded, got.said())
	}
	conversation := c.ready.Conversation
	c.Process().Stop(deadMan)
	c.drain()
	told := false
	for _, name := range conversationFiles(t, h.config, conversation) {
		if raw, err := os.ReadFile(name); err == nil {
			told = told || strings.Contains(string(raw), "lighthouse")
		}
	}
	if !told {
		t.Error("the agent does not remember what it was told before")
	}
}

func TestClaudesToolsLeaveNothingBehind(t *testing.T) {
	h := newHouse(t, realClaude(t))
	c := h.start("")
	for _, prompt := range []string{
		`tool: TaskCreate {"subject":"a task","description":"to be done"}`,
		`tool: Agent {"description":"a helper","prompt":"say: hello","subagent_type":"general-purpose"}`,
	} {
		c.answer(prompt)
	}
	conversation := c.ready.Conversation
	c.Process().Stop(deadMan)
	c.drain()
	if n := len(conversationFiles(t, h.config, conversation)); n < 3 {
		t.Errorf("only %d files belong to a conversation that used tools", n)
	}
	if err := h.kind.Forget(h.config, conversation); err != nil {
		t.Fatal(err)
	}
	if left := conversationFiles(t, h.config, conversation); len(left) != 0 {
		t.Errorf("left of a forgotten conversation: %v", left)
	}
}

func TestADamagedTranscriptIsSeen(t *testing.T) {
	dir := t.TempDir()
	kind := Demo("", nil)
	name := filepath.Join(dir, "transcripts", "a.jsonl")
	if err := os.Mkdir(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]Transcript{
		"":                 {},
		"{}\n":             {Bytes: 3},
		"{}\n{\"torn":      {Bytes: 9},
		"{}\n\x00\x00\x00": {Bytes: 6, Damaged: true},
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := kind.Transcript(dir, "a"); err != nil || got != want {
			t.Errorf("%q: %+v, %v", content, got, err)
		}
	}
}

// The names of conversations come from agents.
func TestOnlyAConversationsOwnFilesAreTouched(t *testing.T) {
	dir := t.TempDir()
	keep := filepath.Join(dir, "transcripts", "keep.jsonl")
	for _, path := range []string{keep, filepath.Join(dir, "secret.jsonl")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kind := Demo("", nil)
	for _, name := range []string{"", ".", "..", "../secret", "*", "kee?", "[k]eep", "keep/..", "a\x00b", strings.Repeat("a", 200)} {
		if _, err := kind.Transcript(dir, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the transcript of %q: %v", name, err)
		}
		if _, err := kind.Fork(dir, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a fork of %q: %v", name, err)
		}
		if err := kind.Forget(dir, name); err != nil {
			t.Errorf("forgetting %q: %v", name, err)
		}
	}
	if left := conversationFiles(t, dir, ".jsonl"); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
}
