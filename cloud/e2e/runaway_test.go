package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"
)

// Ten sessions send commands that misbehave, all at once, while somebody works. Nothing that was accepted
// may be lost: it is done, or its user is told why not.
func TestTenUsersAtOnce(t *testing.T) {
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}, group: memorytest.New(t, 512*mb), contained: true}
	s := setup.start(t)
	s.workspace("shop")
	w := watchOver(s, setup.group)
	bin := thisProgram(t)
	ask := func(id, command string) (*follower, event) {
		f := s.follow(id, 0)
		f.patience = 10 * time.Minute
		p := s.prompt(id, fmt.Sprintf("run %s misbehave %s", bin, command))
		return f, f.endAllowing(s, p.PromptID)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	parked := 0
	for _, command := range []string{"fast 0", "leak 100", "tree 6", "daemon 0", "stubborn 0", "mapfile 300", "tmpfs 0", "shm 0", "cache 300", "burst 250"} {
		id := s.session("shop", "demo")
		all.Go(func() {
			f, e := ask(id, command)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case e.Outcome == "done":
			case e.Type == "prompt_ended" && e.Outcome == "parked" && e.Reason != "":
				parked++
			default:
				t.Errorf("%s: ended as %+v; %s", command, e, f.tell())
			}
		})
	}
	all.Go(func() {
		for i := range 3 {
			f, e := ask(s.session("shop", "demo"), fmt.Sprintf("honest %d", 20+10*i))
			if out := f.last("tool_result").Output; e.Outcome != "done" || !strings.Contains(out, "ended by itself") {
				t.Errorf("the honest command ended %q with %q; %s", e.Outcome, out, f.tell())
			}
		}
	})
	all.Wait()
	see := w.take()
	t.Logf("peak %d MB, health took %v at most, %d of 10 prompts parked", see.peakMB, see.slow, parked)
	if kills := setup.group.OOMKills(); kills != 0 || see.peakMB >= 500 {
		t.Errorf("%d OOM kills, peak %d MB", kills, see.peakMB)
	}
	if see.slow > time.Second || see.failed != "" {
		t.Errorf("health took %v at most, %s", see.slow, see.failed)
	}
	s.awaitRest(setup.group)
	s.stop()
}

// A command of the real CLI eats all memory. It is stopped; its output, the model, and the session's user
// are told so, and the session goes on.
func TestARunawayCommandOfTheRealCLI(t *testing.T) {
	setup, _ := withClaude(t)
	setup.group, setup.contained = memorytest.New(t, 512*mb), true
	s := setup.start(t)
	s.workspace("shop")
	w := watchOver(s, setup.group)
	id := s.session("shop", "claude")
	f := s.follow(id, 0)
	p := s.prompt(id, fmt.Sprintf("tool: Bash %s misbehave fast 0", thisProgram(t)))
	if e := f.endAllowing(s, p.PromptID); e.Outcome != "done" {
		t.Fatalf("ended as %+v; %s", e, f.tell())
	}
	const verdict = "Coder1 stopped this command"
	output := strings.TrimSpace(f.last("tool_result").Output)
	if last := output[strings.LastIndexByte(output, '\n')+1:]; !strings.HasPrefix(last, verdict) {
		t.Errorf("the command's output ends with %q: %.2000q", last, output)
	}
	if text := f.last("message").Text; !strings.Contains(text, verdict) {
		t.Errorf("the model was told %.2000q", text)
	}
	if n := f.last("notice"); !strings.Contains(n.Text, "stopped") {
		t.Errorf("the session's notice is %q", n.Text)
	}
	t.Logf("output: %.300q; notice: %q", output, f.last("notice").Text)
	f.done(s.prompt(id, "say: still here").PromptID)
	if text := f.last("message").Text; text != "still here" {
		t.Errorf("the next prompt is answered %q", text)
	}
	see := w.take()
	if kills := setup.group.OOMKills(); kills != 0 || see.peakMB >= 500 || see.slow > time.Second || see.failed != "" {
		t.Errorf("%d OOM kills, peak %d MB, health took %v at most, %s", kills, see.peakMB, see.slow, see.failed)
	}
	s.stop()
}

// thisProgram is the path of this test program, for agents to run.
func thisProgram(t testing.TB) string {
	t.Helper()
	bin, err := filepath.EvalSymlinks("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	return bin
}
