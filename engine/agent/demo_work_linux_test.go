package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// user is the process that runs a command of a Work.
func user(t *testing.T, h *house) (pid int) {
	t.Helper()
	eventually(t, "a command runs", func() bool {
		for _, one := range h.supervisor.Members() {
			if strings.Contains(commandLine(one), "\x00"+useCommand+"\x00") {
				pid = one
			}
		}
		return pid != 0
	})
	return pid
}

func TestDemoWorks(t *testing.T) {
	_, c := demoTalk(t)
	got := c.answer("work 300ms\ngrow 0s 0MB, 100ms 3MB\nafter 50ms for 100ms use 0s 5MB: npm test\nafter 200ms for 1ms use 0s 2MB: make it's")
	results := all[ToolResult](got.events)
	if got.Outcome != Done || len(results) != 2 || results[0].Output != "Used up to 5 MB." || results[1].Output != "Used up to 2 MB." {
		t.Errorf("ended as %+v with %s", got.TurnEnded, show(t, got.events))
	}
	if said := c.answer("work for fun").said(); !strings.Contains(said, `"for fun" is no time`) {
		t.Errorf("it says %q", said)
	}
}

func TestDemoTakesTheShapeOfACommand(t *testing.T) {
	h, c := demoTalk(t)
	c.say("work 1s\nafter 0s use 0s 30MB, 200ms 90MB, 400ms 40MB, 1h 40MB: x")
	pid := user(t, h)
	eventually(t, "it grows", func() bool { return residentMB(pid) >= 80 })
	eventually(t, "it gives back", func() bool { n := residentMB(pid); return n >= 35 && n < 60 || raceDetector })
	if n := residentMB(c.Process().PID()); n > 30 && !raceDetector {
		t.Errorf("the agent itself has %d MB", n)
	}
	c.must(c.Interrupt())
	if got := c.turn(); got.Outcome != Interrupted || !strings.Contains(got.result(t).Output, "interrupted") {
		t.Errorf("ended as %+v", got.TurnEnded)
	}
}

// A turn goes on when a command was stopped, and keeps what the agent took.
func TestDemoWorkOutlivesItsCommand(t *testing.T) {
	h, c := demoTalk(t)
	c.say("work 10ms\ngrow 0s 50MB\nafter 0s use +1MB/s: node leak.js")
	if err := syscall.Kill(user(t, h), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := c.turn(); got.Outcome != Done || !got.result(t).IsError {
		t.Errorf("ended as %+v", got.TurnEnded)
	}
	c.answer("work 10ms\ngrow 0s 50MB")
	if n := residentMB(c.Process().PID()); n < 100 || n > 140 && !raceDetector {
		t.Errorf("after two turns that take 50 MB each the agent has %d MB", n)
	}
}

func TestUseMainRefusesNonsense(t *testing.T) {
	for _, args := range [][2]string{{"x", "1s"}, {"0s 1MB", "x"}, {"", "1s"}} {
		var out strings.Builder
		if code := useMain(args[0], args[1], &out); code != 2 || out.Len() != 0 {
			t.Errorf("%q: code %d, %q", args, code, &out)
		}
	}
}

func commandLine(pid int) string {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // it may be gone
	return string(raw)
}

// Another agent can be stood in for, as large as it is and as slow to start and to leave.
func TestDemoIsAsLargeAsAnother(t *testing.T) {
	const own = 80
	h := newHouse(t, nil)
	stand := filepath.Join(h.dir, "stand-in")
	h.put("stand-in", fmt.Sprintf("#!/bin/sh\nexec '%s' %s --weighs %d --leave 300ms --boot 1ms \"$@\"\n", self(t), DemoCommand, own))
	makeExecutable(t, stand)
	h.kind = Claude(stand, nil)
	c := h.start("")
	c.answer("help")
	if n := residentMB(c.Process().PID()); n < own || n > own+25 && !raceDetector {
		t.Errorf("it has %d MB", n)
	}
	asked := time.Now()
	if err := syscall.Kill(c.Process().PID(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-c.Process().Done()
	if end := c.Process().Exit(); end.Code != 143 || time.Since(asked) < 300*time.Millisecond {
		t.Errorf("it %s after %v", end.Text, time.Since(asked))
	}
}

// What stands still does not get older.
func TestDemoIsNotOlderForHavingBeenFrozen(t *testing.T) {
	h, c := demoTalk(t)
	c.say("work 1s\nafter 0s for 2s use 0s 5MB, 1s 5MB, 1.001s 80MB: x")
	pid := user(t, h)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	stood := 2500 * time.Millisecond // longer than it lasts
	time.Sleep(stood)
	thawed := time.Now()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := c.turn(); got.Outcome != Done {
		t.Errorf("ended as %+v", got.TurnEnded)
	}
	if went := time.Since(thawed); went < time.Second/2 {
		t.Errorf("it ended %v after it stood still for %v", went, stood)
	}
}
