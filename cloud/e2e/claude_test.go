package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"coder1/engine/agent/agenttest"
	"coder1/engine/governor"
	"coder1/engine/memory/memorytest"
	"coder1/engine/trace"

	"golang.org/x/sys/unix"
)

func TestPermissionInterruptClearAndResume(t *testing.T) {
	setup, api := withClaude(t)
	s := setup.start(t)
	s.workspace("shop")
	a := s.session("shop", "claude")
	f := s.follow(a, 0)

	// A tool call asks, and does what was allowed.
	p := s.prompt(a, "write: hello.txt good morning")
	ask := f.permission()
	if ask.Tool != "Write" {
		t.Errorf("asked for %q", ask.Tool)
	}
	s.decide(a, ask, "allow")
	f.done(p.PromptID)
	file := filepath.Join(setup.data, "workspaces", "shop", "hello.txt")
	if got, err := os.ReadFile(file); err != nil || strings.TrimSpace(string(got)) != "good morning" {
		t.Errorf("the file holds %q, %v", got, err)
	}

	// A denied one does not.
	p = s.prompt(a, "tool: Bash touch denied.txt")
	s.decide(a, f.permission(), "deny")
	f.done(p.PromptID)
	if _, err := os.Stat(filepath.Join(setup.data, "workspaces", "shop", "denied.txt")); err == nil {
		t.Error("a denied command was run")
	}

	// One that is always allowed is asked for once.
	p = s.prompt(a, "tool: Bash touch one.txt")
	s.call("POST", "/api/sessions/"+a+"/permissions/"+f.permission().RequestID,
		map[string]any{"decision": "allow", "remember": "session", "pattern": "touch *"}, 204, nil)
	f.done(p.PromptID)
	asked := f.last("permission_requested").Seq
	p = s.prompt(a, "tool: Bash touch two.txt")
	f.done(p.PromptID)
	if decided := f.last("permission_decided"); decided.Seq < asked || !strings.Contains(decided.Rule, "touch *") {
		t.Errorf("what is always allowed was decided by %+v", decided)
	}
	if _, err := os.Stat(filepath.Join(setup.data, "workspaces", "shop", "two.txt")); err != nil {
		t.Error(err)
	}

	// An answer is stopped in the middle, and the session goes on in the same process.
	p = s.prompt(a, "slow: 2000 words")
	f.delta()
	s.call("DELETE", "/api/sessions/"+a+"/prompts/"+p.PromptID, nil, 204, nil)
	if e := f.end(p.PromptID); e.Outcome != "interrupted" {
		t.Errorf("ended as %q", e.Outcome)
	}
	p = s.prompt(a, "what number is this?")
	f.done(p.PromptID)
	if how := f.last("turn_started").How; how != "warm" {
		t.Errorf("the session went on in a process that is %q", how)
	}

	// Another session takes the process over, cleared. What the first was allowed is not allowed to it.
	b := s.session("shop", "claude")
	fb := s.follow(b, 0)
	p = s.prompt(b, "say: hello")
	fb.done(p.PromptID)
	if how := fb.last("turn_started").How; how != "reset" {
		t.Errorf("the second session's process is %q", how)
	}
	p = s.prompt(b, "tool: Bash touch three.txt")
	s.decide(b, fb.permission(), "deny")
	fb.done(p.PromptID)

	// Whose process was taken over is resumed, and remembers.
	second := fb.last("turn_started").Process
	c := s.session("shop", "claude")
	fc := s.follow(c, 0)
	p = s.prompt(c, "and this?")
	fc.done(p.PromptID)
	if start := fc.last("turn_started"); start.How != "reset" || start.Process != second {
		t.Errorf("the third session's process is %d, %q", start.Process, start.How)
	}
	if text := fc.last("message").Text; !strings.Contains(text, "prompt 1 of") {
		t.Errorf("the cleared process answers %q", text)
	}
	p = s.prompt(b, "do you remember?")
	fb.done(p.PromptID)
	if how, text := fb.last("turn_started").How, fb.last("message").Text; how != "resumed" || !strings.Contains(text, "prompt 3 of") {
		t.Errorf("the second session, %q, answers %q", how, text)
	}

	// A restart puts a running turn back, and the conversation goes on.
	p = s.prompt(a, "wait")
	f.delta()
	seen := f.events[len(f.events)-1].Seq
	s.stop()
	api.Release()
	s = setup.start(t)
	f = s.follow(a, seen)
	f.until("the turn's second start", func(e event) bool { return e.Type == "turn_started" && e.PromptID == p.PromptID })
	f.delta()
	api.Release()
	f.done(p.PromptID)
	if how := f.last("turn_started").How; how != "resumed" {
		t.Errorf("after the restart the session is %q", how)
	}
}

func TestKillNineInMidTurn(t *testing.T) {
	setup, api := withClaude(t)
	s := setup.start(t)
	s.workspace("shop")
	a := s.session("shop", "claude")
	f := s.follow(a, 0)
	p := s.prompt(a, "tool: Bash touch begun && sleep 1000")
	s.decide(a, f.permission(), "allow")
	awaitFile(t, filepath.Join(setup.data, "workspaces", "shop", "begun"))
	waiting := s.prompt(a, "and then?")
	var pids []int
	for _, q := range s.status().Processes {
		pids = append(pids, q.PID)
	}
	pids = append(pids, descendants(t, s.cmd.Process.Pid)...)
	if len(alive(pids)) < 2 {
		t.Fatalf("only %v are alive before the kill", alive(pids))
	}
	s.kill()
	awaitGone(t, pids)

	s = setup.start(t)
	f = s.follow(a, 0)
	f.until("the notice", func(e event) bool { return e.Type == "notice" })
	ask := f.until("the second request", func(e event) bool { return e.Type == "permission_requested" && e.Seq > f.last("notice").Seq })
	s.call("DELETE", "/api/sessions/"+a+"/prompts/"+p.PromptID, nil, 204, nil)
	if e := f.end(p.PromptID); e.Outcome != "interrupted" {
		t.Errorf("ended as %q after %+v", e.Outcome, ask)
	}
	f.done(waiting.PromptID)
	api.Release()
}

func descendants(t testing.TB, pid int) (all []int) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	parents := map[int]int{}
	for _, e := range entries {
		var p, parent int
		if stat, err := os.ReadFile("/proc/" + e.Name() + "/stat"); err == nil {
			if _, err := fmt.Sscan(string(stat), &p); err != nil {
				continue
			}
			tail := string(stat)[strings.LastIndexByte(string(stat), ')')+2:]
			if _, err := fmt.Sscanf(tail, "%1s %d", new(string), &parent); err == nil {
				parents[p] = parent
			}
		}
	}
	for p := range parents {
		for at := p; at > 1; at = parents[at] {
			if at == pid && p != pid {
				all = append(all, p)
				break
			}
		}
	}
	return all
}

// Six sessions of the real CLI, each running a real command, share two processes inside a real 512 MB.
func TestSixSessionsInTwoProcesses(t *testing.T) {
	setup, _ := withClaude(t)
	setup.group = memorytest.New(t, 512*mb)
	s := setup.start(t)
	peak, queued := sixSessions(t, s, setup.group)
	t.Logf("peak of the cgroup %d MB, %d prompts queued", peak/mb, queued)
	if queued == 0 {
		t.Error("no prompt was queued")
	}
	if kills := setup.group.OOMKills(); kills != 0 || peak >= 500*mb {
		t.Errorf("%d OOM kills, peak %d MB", kills, peak/mb)
	}
	if st := s.status(); st.Memory.Source != "cgroup v1" && st.Memory.Source != "cgroup v2" || len(st.Processes) > 2 {
		t.Errorf("source %q, %d processes", st.Memory.Source, len(st.Processes))
	}
	if err := syscall.Kill(s.cmd.Process.Pid, 0); err != nil {
		t.Errorf("the server is gone: %v", err)
	}
}

// On a machine that has just started the CLI's file is on nobody's account yet, and comes on that of the group:
// memory is at the panic threshold with two agents. They work all the same.
func TestAColdStart(t *testing.T) {
	setup, _ := withClaude(t)
	setup.group = memorytest.New(t, 512*mb)
	f, err := os.Open(agenttest.CLI(t))
	if err == nil {
		err = errors.Join(unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	s := setup.start(t)
	sixSessions(t, s, setup.group)
	if kills := setup.group.OOMKills(); kills != 0 {
		t.Errorf("%d OOM kills", kills)
	}
	var used, files int64
	asked := map[string]time.Duration{}
	for it := range trace.Parse(s.download("/api/trace")).Items() {
		step, _ := it.(trace.Step)
		switch e := step.Event.(type) {
		case governor.Sample:
			used, files = max(used, e.Used), max(files, e.Used-e.Pinned)
		case governor.CommandAsked:
			asked[e.Group] = step.At
		}
		for _, d := range step.Decisions {
			c, ok := d.(governor.StartCommand)
			if waited := step.At - asked[c.Group]; ok && waited > 30*time.Second { // it would begin after a minute, room or not
				t.Errorf("%s stood still for %v", c.Group, waited)
			}
		}
	}
	t.Logf("at most %d MB in use; files' pages in it, at most %d MB", used/mb, files/mb)
	if files < 30*mb {
		t.Error("the CLI's file was in memory before: something else runs it")
	}
}

// sixSessions runs two rounds of six prompts with a tool command each, and returns the peak of what was
// charged to the group and how many prompts were queued.
func sixSessions(t testing.TB, s *server, g *memorytest.Group) (peak int64, queued int) {
	s.workspace("shop")
	var ids []string
	var followers []*follower
	for range 6 {
		id := s.session("shop", "claude")
		ids, followers = append(ids, id), append(followers, s.follow(id, 0))
	}
	for round := range 2 {
		prompts := make([]string, len(ids))
		for i, id := range ids {
			p := s.prompt(id, fmt.Sprintf("tool: Bash mkdir -p round-%d-%d", round, i))
			prompts[i] = p.PromptID
			if p.Status == "queued" {
				queued++
				if p.Position < 1 || p.EstimatedWait == "" || p.Message != fmt.Sprintf("High demand - you're #%d in queue", p.Position) {
					t.Errorf("queued as %+v", p)
				}
			}
		}
		var all sync.WaitGroup
		for i, f := range followers {
			all.Go(func() {
				f.until("a request or the end", func(e event) bool {
					if e.Type == "permission_requested" {
						s.decide(ids[i], e, "allow")
					}
					return e.PromptID == prompts[i] && e.Type == "turn_ended"
				})
				if e := f.last("turn_ended"); e.Outcome != "done" {
					t.Errorf("session %d ended as %+v", i, e)
				}
			})
		}
		all.Wait()
	}
	return g.Peak(), queued
}

// Twenty sessions of the real CLI send forty prompts, each with a command of up to 300 MB, over two
// processes in 512 MB. All must finish.
func TestTwentySessionsWithHungryCommands(t *testing.T) {
	setup, _ := withClaude(t)
	setup.group = memorytest.New(t, 512*mb)
	s := setup.start(t)
	s.workspace("shop")
	w := watchOver(s, setup.group)
	bin := thisProgram(t)
	sessions := 20
	if testing.Short() {
		sessions = 8
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var waits, errors []time.Duration
	stopped := 0
	for i := range sessions {
		id := s.session("shop", "claude")
		f := s.follow(id, 0)
		all.Go(func() {
			for round := range 2 {
				sent := time.Now()
				size := 20 + (i*2+round)*280/(2*sessions)
				p := s.prompt(id, fmt.Sprintf("tool: Bash %s misbehave honest %d", bin, size))
				began := sent
				f.patience = 10 * time.Minute
				f.until("a request or the end", func(e event) bool {
					switch {
					case e.Type == "turn_started" && e.PromptID == p.PromptID && began.Equal(sent):
						began = time.Now()
					case e.Type == "permission_requested":
						s.decide(id, e, "allow")
					}
					return e.PromptID == p.PromptID && e.Type == "turn_ended" && e.Outcome != "requeued"
				})
				mu.Lock()
				if e := f.last("turn_ended"); e.Outcome != "done" {
					t.Errorf("session %d ended as %+v", i, e)
				}
				if strings.Contains(f.last("tool_result").Output, "Coder1 stopped this command") {
					stopped++
				}
				if p.Status == "queued" {
					wait := began.Sub(sent)
					waits = append(waits, wait)
					errors = append(errors, (time.Duration(p.EstimatedWaitSeconds)*time.Second - wait).Abs())
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	see := w.take()
	t.Logf("%d prompts: peak %d MB, %d commands stopped; queue wait p50 %d ms, p99 %d ms; estimate off by p50 %d ms, p99 %d ms",
		2*sessions, see.peakMB, stopped, quantile(waits, 0.5), quantile(waits, 0.99), quantile(errors, 0.5), quantile(errors, 0.99))
	if kills := setup.group.OOMKills(); kills != 0 || see.peakMB >= 500 || stopped == 0 && see.peakMB >= 450 {
		t.Errorf("%d OOM kills, peak %d MB, %d commands stopped", kills, see.peakMB, stopped)
	}
	if see.slow > time.Second || see.failed != "" {
		t.Errorf("health took %v at most, %s", see.slow, see.failed)
	}
}

func TestSlashCommandsOfTheAgentAreKnown(t *testing.T) {
	setup, _ := withClaude(t)
	s := setup.start(t)
	s.workspace("shop")
	folder := filepath.Join(setup.data, "workspaces", "shop", ".claude", "commands")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "tidy.md"), []byte("---\ndescription: Tidies up\n---\nsay: tidied\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := s.session("shop", "claude")
	f := s.follow(a, 0)
	f.done(s.prompt(a, "say: hello").PromptID)
	var commands []struct{ Name, Description string }
	s.call("GET", "/api/sessions/"+a+"/commands", nil, 200, &commands)
	s.stop() // and the agent, which otherwise still writes while its folder is removed
	for _, c := range commands {
		if c.Name == "tidy" && strings.Contains(c.Description, "Tidies up") {
			return
		}
	}
	t.Errorf("the agent's commands are %v", commands)
}
