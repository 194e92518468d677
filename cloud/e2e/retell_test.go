package e2e

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// transcripts lists the files that the real CLI has of its conversations.
func (s setup) transcripts(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data, "agents", "claude", "projects", "*", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// rest has every agent process go, and waits until it is gone.
func (s *server) rest() {
	s.t.Helper()
	var pids []int
	for _, p := range s.status().Processes {
		s.call("DELETE", "/api/processes/"+strconv.Itoa(p.PID), nil, 204, nil)
		pids = append(pids, p.PID)
	}
	awaitGone(s.t, pids)
	for deadline := time.Now().Add(deadMan); len(s.status().Processes) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("processes are still on the books: %+v", s.status().Processes)
		}
	}
}

// What the CLI has on disk is lost in every way, or becomes too large: the conversation goes on from a summary.
func TestALostTranscriptGoesOnFromASummary(t *testing.T) {
	setup, _ := withClaude(t)
	s := setup.start(t)
	s.workspace("shop")
	for _, c := range []struct {
		what   string
		damage func(file string) error
		says   string // to the user
	}{
		{"deleted", os.Remove, "is gone"},
		{"cut in half", func(file string) error {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			return os.Truncate(file, info.Size()/2)
		}, "was cut off"},
		{"zeros at its end", func(file string) error {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			return os.Truncate(file, info.Size()+4096)
		}, "is damaged"},
		{"garbage", func(file string) error {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			return os.WriteFile(file, bytes.Repeat([]byte{0xfe}, int(info.Size())), 0o600)
		}, "No conversation found"},
		{"blown up", func(file string) error {
			f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			defer f.Close()
			for range 100 {
				if _, err := f.Write(bytes.Repeat([]byte("\n"), mb)); err != nil {
					return err
				}
			}
			return nil
		}, "MB to take the whole conversation in again"},
	} {
		id := s.session("shop", "claude")
		f := s.follow(id, 0)
		p := s.prompt(id, "write: lighthouse.txt tall")
		s.decide(id, f.permission(), "allow")
		f.done(p.PromptID)
		s.rest()
		files := setup.transcripts(t)
		if len(files) != 1 {
			t.Fatalf("%s: transcripts %v", c.what, files)
		}
		if err := c.damage(files[0]); err != nil {
			t.Fatal(err)
		}
		p = s.prompt(id, "what number is this?")
		f.done(p.PromptID)
		if n := f.last("notice").Text; !strings.Contains(n, c.says) || !strings.Contains(n, "summary") {
			t.Errorf("%s: the user is told %q", c.what, n)
		}
		if text := f.last("message").Text; !strings.Contains(text, "prompt 1 of") {
			t.Errorf("%s: the answer is %q", c.what, text)
		}
		if !told(t, setup, "write: lighthouse.txt tall", "lighthouse.txt` written") {
			t.Errorf("%s: the agent was not told what had happened", c.what)
		}
		s.rest()
		p = s.prompt(id, "and this?")
		f.done(p.PromptID)
		if text := f.last("message").Text; f.last("turn_started").How != "resumed" || !strings.Contains(text, "prompt 2 of") {
			t.Errorf("%s: later it answers %q", c.what, text)
		}
		s.call("DELETE", "/api/sessions/"+id, nil, 204, nil)
		if left := setup.transcripts(t); len(left) != 0 {
			t.Errorf("%s: left of a deleted session: %v", c.what, left)
		}
		if err := os.Remove(filepath.Join(setup.data, "workspaces", "shop", "lighthouse.txt")); err != nil {
			t.Error(err)
		}
	}
}

// told reports whether the latest transcript holds all of some texts.
func told(t testing.TB, s setup, texts ...string) bool {
	t.Helper()
	var latest string
	var at time.Time
	for _, file := range s.transcripts(t) {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(at) {
			latest, at = file, info.ModTime()
		}
	}
	raw, err := os.ReadFile(latest)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !bytes.Contains(raw, []byte(text)) {
			return false
		}
	}
	return true
}

func TestForkAndSummaryOfTheRealCLI(t *testing.T) {
	// Two processes with all their files may already be too much for a summary to be offered in the usual budget.
	setup, _ := withClaude(t, "MEMORY_LIMIT_MB=800", "MEMORY_WARNING_THRESHOLD=700", "MEMORY_PANIC_THRESHOLD=780", "HARD_LIMIT_MB=1000")
	s := setup.start(t)
	s.workspace("shop")
	id := s.session("shop", "claude")
	f := s.follow(id, 0)
	p := s.prompt(id, "what number is this?")
	f.done(p.PromptID)
	end := f.last("turn_ended").Seq

	// At the end the fork knows what was said; the original goes on as if nothing had been.
	var fork struct{ ID string }
	s.call("POST", "/api/sessions/"+id+"/fork", map[string]any{"seq": end}, 201, &fork)
	ff := s.follow(fork.ID, 0)
	p = s.prompt(fork.ID, "and in the fork?")
	ff.done(p.PromptID)
	if text := ff.last("message").Text; !strings.Contains(text, "prompt 2 of") || !strings.Contains(ff.last("notice").Text, "takes a copy") {
		t.Errorf("the fork answers %q, its user is told %q", text, ff.last("notice").Text)
	}
	p = s.prompt(id, "and here?")
	f.done(p.PromptID)
	if text := f.last("message").Text; !strings.Contains(text, "prompt 2 of") {
		t.Errorf("the original answers %q", text)
	}

	// A summary by the model changes nothing in the conversation, and leaves nothing behind.
	before := len(setup.transcripts(t))
	s.call("POST", "/api/sessions/"+id+"/summary", nil, 202, nil)
	written := f.until("the summary", func(e event) bool { return e.Type == "summary" })
	if !strings.Contains(written.Text, "what number is this?") {
		t.Errorf("the summary is %q", written.Text)
	}
	p = s.prompt(id, "what now?")
	f.done(p.PromptID)
	if text := f.last("message").Text; !strings.Contains(text, "prompt 3 of") {
		t.Errorf("after the summary the original answers %q", text)
	}
	for deadline := time.Now().Add(deadMan); len(setup.transcripts(t)) > before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the summary left transcripts: %v", setup.transcripts(t))
		}
	}
	s.call("DELETE", "/api/sessions/"+id, nil, 204, nil)
	s.call("DELETE", "/api/sessions/"+fork.ID, nil, 204, nil)
	err := filepath.WalkDir(filepath.Join(setup.data, "agents", "claude", "projects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("left of deleted sessions: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
