package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// demoTalk is a conversation with the demo agent that has been greeted already.
func demoTalk(t *testing.T) (*house, *talk) {
	t.Helper()
	h := newHouse(t, tongues["demo"].kind(t))
	c := h.start("")
	c.answer("hello")
	return h, c
}

func TestDemoSaysWhatItIs(t *testing.T) {
	c := newHouse(t, tongues["demo"].kind(t)).start("")
	first := c.answer("build me a web shop").said()
	for _, words := range []string{"No model is connected", "demo agent", "list", "read", "write", "run", "take", "say", "history"} {
		if !strings.Contains(first, words) {
			t.Errorf("the greeting lacks %q: %s", words, first)
		}
	}
}

func TestDemoHelps(t *testing.T) {
	c := newHouse(t, tongues["demo"].kind(t)).start("")
	if got := c.answer("help"); len(all[Message](got.events)) != 1 || !strings.Contains(got.said(), "take 100 MB") {
		t.Errorf("asked for help at first, it says %s", got.said())
	}
	for _, text := range []string{"help", "Help!", "`help`", "what can you do?"} {
		if said := c.answer(text).said(); !strings.Contains(said, "No model is connected") || !strings.Contains(said, "take 100 MB") {
			t.Errorf("%q: %s", text, said)
		}
	}
}

func TestDemoAsksBackWhatIsMissing(t *testing.T) {
	_, c := demoTalk(t)
	for prompt, want := range map[string]string{
		"read": "Which file?", "write": "Which file?", "run": "Which command?", "$": "Which command?",
		"take": "How much", "take a lot": "How much", "take 0 MB": "How much", "take 90000 GB": "How much",
		"say": "How many words?", "say -1 words": "How many words?", "say 100000 words": "How many words?",
	} {
		got := c.answer(prompt)
		if !strings.HasPrefix(got.said(), want) || len(all[ToolCall](got.events)) != 0 {
			t.Errorf("%q: %s", prompt, got.said())
		}
	}
}

func TestDemoLists(t *testing.T) {
	h, c := demoTalk(t)
	if out := c.answer("list").result(t).Output; out != "(empty)" {
		t.Errorf("an empty folder: %q", out)
	}
	if err := os.Mkdir(filepath.Join(h.dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.put("folder/inside.txt", "")
	h.put("a.txt", "")
	for prompt, want := range map[string]string{
		"list": "a.txt\nfolder/", "ls .": "a.txt\nfolder/", "LIST /": "a.txt\nfolder/",
		"list folder": "inside.txt", "list: ./folder/": "inside.txt", "`list folder`": "inside.txt",
	} {
		if r := c.answer(prompt).result(t); r.Output != want || r.IsError {
			t.Errorf("%q: %q", prompt, r.Output)
		}
	}
	for _, prompt := range []string{"list nowhere", "list a.txt"} {
		if got := c.answer(prompt); !got.result(t).IsError || !strings.Contains(got.said(), "That did not work") {
			t.Errorf("%q: %+v", prompt, got.events)
		}
	}
	for i := range maxListed {
		h.put(fmt.Sprintf("folder/file%03d", i), "")
	}
	out := c.answer("list folder").result(t).Output
	if lines := strings.Split(out, "\n"); len(lines) != maxListed+1 || lines[maxListed] != "… and 1 more" {
		t.Errorf("%d lines, ending in %q", len(lines), lines[len(lines)-1])
	}
}

func TestDemoReads(t *testing.T) {
	h, c := demoTalk(t)
	h.put("a.txt", "one\ntwo\n")
	h.put("long.txt", strings.Repeat("é", maxRead))
	h.put("binary", "a\xffb")
	for _, prompt := range []string{"read a.txt", "show /a.txt", `cat "a.txt"`, "Read: 'a.txt'"} {
		if r := c.answer(prompt).result(t); r.Output != "one\ntwo" || r.IsError {
			t.Errorf("%q: %+v", prompt, r)
		}
	}
	out := c.answer("read long.txt").result(t).Output
	if text, rest, _ := strings.Cut(out, "\n"); len(text) != maxRead || !strings.Contains(rest, "not shown") {
		t.Errorf("%d bytes and %q", len(text), rest)
	}
	for _, prompt := range []string{"read binary", "read nothing.txt", "read ."} {
		if got := c.answer(prompt); !got.result(t).IsError || !strings.Contains(got.said(), "That did not work") {
			t.Errorf("%q: %+v", prompt, got.events)
		}
	}
}

func TestDemoWrites(t *testing.T) {
	h, c := demoTalk(t)
	for _, w := range []struct{ prompt, file, want string }{
		{"write a.txt Hello there", "a.txt", "Hello there\n"},
		{"write a.txt Again, with `code`", "a.txt", "Again, with `code`\n"},
		{"write deep/down/b.txt\nline 1\n  line 2", "deep/down/b.txt", "line 1\n  line 2\n"},
		{"write /c.txt", "c.txt", "\n"},
	} {
		c.say(w.prompt)
		c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true}))
		got := c.turn()
		if text, _ := h.file(w.file); text != w.want || got.result(t).IsError {
			t.Errorf("%q makes %q: %+v", w.prompt, text, got.events)
		}
	}
	c.allowing = true
	if r := c.answer("write deep no").result(t); !r.IsError {
		t.Errorf("a folder was written to: %+v", r)
	}
}

func TestDemoSummarizes(t *testing.T) {
	_, c := demoTalk(t)
	if said := c.answer("Summarize this:\n\nit was a dark night").said(); !strings.Contains(said, "No model") || !strings.Contains(said, "dark night") {
		t.Errorf("the summary is %s", said)
	}
}
