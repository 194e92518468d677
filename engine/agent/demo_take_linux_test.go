package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestDemoTakesMemoryAndGivesItBack(t *testing.T) {
	_, c := demoTalk(t)
	got := c.answer("take 2 MB for 0 seconds")
	if r := got.result(t); !strings.HasPrefix(r.Output, "Took 2 MB.\nGave it back after 0 s.") || r.IsError {
		t.Errorf("the tool answered %+v", r)
	}
	if asked := all[PermissionRequest](got.events); len(asked) != 0 {
		t.Errorf("asked for %+v", asked)
	}
}

const takenMB = 200

// taker is the process that has taken as much as it was asked for. It must be none but a child of the agent.
func taker(t *testing.T, h *house, c *talk) int {
	t.Helper()
	child := 0
	eventually(t, "a process holds the memory", func() bool {
		for _, pid := range h.supervisor.Members() {
			if residentMB(pid) >= takenMB {
				child = pid
			}
		}
		return child != 0
	})
	if child == c.Process().PID() {
		t.Fatal("the agent holds the memory itself")
	}
	return child
}

func residentMB(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)) // it may be gone
	var size, resident int
	_, _ = fmt.Sscan(string(b), &size, &resident)
	return resident * os.Getpagesize() >> 20
}

func TestDemoTakesMemoryInAChild(t *testing.T) {
	h, c := demoTalk(t)
	c.say(fmt.Sprintf("take %d MB for 3600 seconds", takenMB))
	child := taker(t, h, c)
	c.must(c.Interrupt())
	if got := c.turn(); got.Outcome != Interrupted || !strings.Contains(got.result(t).Output, "interrupted") {
		t.Errorf("ended with %+v after %s", got.TurnEnded, show(t, got.events))
	}
	eventually(t, "the memory is given back", func() bool { return residentMB(child) == 0 })
	c.answer("help")
}

// TestDemoOutlivesItsChild is what happens when the server stops the child to save itself.
func TestDemoOutlivesItsChild(t *testing.T) {
	h, c := demoTalk(t)
	c.say(fmt.Sprintf("take %d MB for 3600 seconds", takenMB))
	if err := syscall.Kill(taker(t, h, c), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	got := c.turn()
	if r := got.result(t); got.Outcome != Done || !r.IsError || !strings.Contains(r.Output, "killed") {
		t.Errorf("ended with %+v after %+v", got.TurnEnded, r)
	}
	if !strings.Contains(got.said(), "That did not work: signal: killed") {
		t.Errorf("it says %q", got.said())
	}
}

func TestDemoTakesMemoryThroughTheWrapper(t *testing.T) {
	h := newHouse(t, nil)
	wrapper := filepath.Join(h.dir, "wrapper")
	h.put("wrapper", "#!/bin/sh\nprintf %s \"$1\" >wrapped\nexec sh -c \"$1\"\n")
	makeExecutable(t, wrapper)
	h.kind = Demo(self(t), []string{shellPrefix + "=" + wrapper})
	c := h.start("")
	if r := c.answer("take 1 MB for 0 seconds").result(t); r.IsError {
		t.Errorf("the tool answered %+v", r)
	}
	if script, _ := h.file("wrapped"); !strings.Contains(script, DemoCommand+" take 1 0 && eval 'take 1 MB for 0 s'") {
		t.Errorf("the wrapper was given %q", script)
	}
}

func TestTakeMainRefusesNonsense(t *testing.T) {
	for _, args := range [][2]string{{"x", "1"}, {"1", ""}, {"-1", "1"}, {"1", "-1"}} {
		var out strings.Builder
		if code := takeMain(args[0], args[1], &out); code != 2 || out.Len() != 0 {
			t.Errorf("%q: code %d, %q", args, code, &out)
		}
	}
}

// TestDemoTouchesNoPipes: a pipe that nobody reads or writes cannot be opened, and holds whoever tries.
func TestDemoTouchesNoPipes(t *testing.T) {
	h, c := demoTalk(t)
	if err := syscall.Mkfifo(filepath.Join(h.dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.answer("read pipe"); !strings.Contains(got.said(), "not a file") {
		t.Errorf("read: %s", got.said())
	}
	c.say("write pipe text")
	c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true}))
	if got := c.turn(); got.Outcome != Done || !strings.Contains(got.said(), "not a file") {
		t.Errorf("write: %+v, %s", got.TurnEnded, got.said())
	}
}
