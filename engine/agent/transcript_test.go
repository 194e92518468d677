package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTranscriptKeepsTheLastPrompts(t *testing.T) {
	dir := t.TempDir()
	tr, err := newTranscript(dir, "c")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= maxPrompts+5; i++ {
		if err := tr.add("", fmt.Sprint("prompt ", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tr.add("", strings.Repeat("x", 10*excerpt)); err != nil {
		t.Fatal(err)
	}
	check := func(tr *transcript) {
		t.Helper()
		first, last := tr.prompts[0], tr.prompts[len(tr.prompts)-1]
		if tr.said != maxPrompts+6 || len(tr.prompts) != maxPrompts || first != "prompt 7" || len(last) != excerpt {
			t.Errorf("%d said, %d kept, from %q to %d bytes", tr.said, len(tr.prompts), first, len(last))
		}
	}
	check(tr)
	tr.close()
	again, err := resumeTranscript(dir, "c")
	if err != nil {
		t.Fatal(err)
	}
	check(again)
	again.close()
}

// TestTranscriptThatWasCutOff is of a process that was killed while it wrote.
func TestTranscriptThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "transcripts"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "transcripts", "c.jsonl")
	if err := os.WriteFile(file, []byte(`{"prompt":"one"}`+"\n"+`{"prompt":"tw`), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		tr, err := resumeTranscript(dir, "c")
		if err != nil {
			t.Fatal(err)
		}
		if tr.said != n || tr.prompts[n-1] != []string{"one", "three", "four"}[n-1] {
			t.Errorf("resumed with %q", tr.prompts)
		}
		if err := tr.add("", []string{"three", "four", "five"}[n-1]); err != nil {
			t.Fatal(err)
		}
		tr.close()
	}
}

func TestTranscriptStaysInItsFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "other.jsonl"), []byte(`{"prompt":"of another"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if tr, err := resumeTranscript(dir, "../other"); err == nil {
		t.Errorf("resumed %q", tr.prompts)
	}
	tr, err := newTranscript(dir, "../new")
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.add("", "hello"); err == nil {
		t.Error("a transcript was written beside its folder")
	}
	tr.close()
	if _, err := os.Stat(filepath.Join(dir, "new.jsonl")); !os.IsNotExist(err) {
		t.Error("there is a file beside the folder")
	}
}

func TestDemoTellsTheHistory(t *testing.T) {
	h, c := demoTalk(t)
	c.answer("list " + strings.Repeat("x", 100))
	c.Process().Kill()
	c.drain()
	said := h.start(c.ready.Conversation).answer("history").said()
	for _, want := range []string{"you have said 3 things", "1. ``\"hello\"``", "2. ``\"list xxx", "…\"``", "3. ``\"history\"``"} {
		if !strings.Contains(said, want) {
			t.Errorf("the history lacks %q: %s", want, said)
		}
	}
}
