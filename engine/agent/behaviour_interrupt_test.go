package agent

import (
	"os"
	"strings"
	"testing"
	"time"
)

func interruptAnswer(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.long)
	first := await[Delta](c)
	c.must(c.Interrupt())
	got := c.turn()
	if got.Outcome != Interrupted || got.Error != "" {
		t.Errorf("ended with %+v", got.TurnEnded)
	}
	if said := got.said(); said != "" && !strings.HasPrefix(said, first.Text) {
		t.Errorf("said %q, which does not begin with %q", said, first.Text)
	}
	pid := c.Process().PID()
	if said := c.answer(l.count).said(); !strings.Contains(said, l.remembers(2)) || c.Process().PID() != pid {
		t.Errorf("the next answer: %s", said)
	}
}

// interruptAtOnce races the interruption against the beginning of the turn, again and again. The turn after
// it must neither be interrupted itself nor be taken for over when the one before it is.
func interruptAtOnce(t *testing.T, h *house, l tongue) {
	c := h.start("")
	for range 10 {
		c.say(l.long)
		c.must(c.Interrupt())
		if got := c.turn(); got.Outcome != Interrupted {
			t.Fatalf("ended with %+v", got.TurnEnded)
		}
		if said := c.answer(l.count).said(); said == "" {
			t.Fatal("the next answer is empty")
		}
	}
}

// interruptTooLate asks for the end of a turn that is ending by itself. What comes of it is open, but not
// that the next turn knows nothing of it.
func interruptTooLate(t *testing.T, h *house, l tongue) {
	c := h.start("")
	for heard := range 6 {
		c.say(l.short)
		for range heard {
			if !c.running {
				break
			}
			c.next()
		}
		c.must(c.Interrupt())
		if c.running {
			c.turn()
		}
		if said := c.answer(l.count).said(); said == "" {
			t.Fatal("the next answer is empty")
		}
	}
}

func interruptQuestion(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.run("touch asked.txt"))
	ask := await[PermissionRequest](c)
	c.must(c.Interrupt())
	if got := c.turn(); got.Outcome != Interrupted {
		t.Errorf("ended with %+v", got.TurnEnded)
	}
	if err := c.Decide(ask.ID, Decision{Allow: true}); err == nil {
		t.Error("an answer was accepted after the turn")
	}
	c.answer(l.count)
	if _, there := h.file("asked.txt"); there {
		t.Error("what nobody allowed was done")
	}
}

func interruptCommand(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.say(l.run("mkfifo pipe; sh -c 'echo $$ >pid; read never <pipe'; touch never.txt"))
	c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true}))
	eventually(t, "the command runs", func() bool { pid, _ := h.file("pid"); return strings.HasSuffix(pid, "\n") })
	c.must(c.Interrupt())
	got := c.turn()
	if got.Outcome != Interrupted || !got.result(t).IsError {
		t.Errorf("ended with %+v after %+v", got.TurnEnded, got.events)
	}
	pid, _ := h.file("pid")
	eventually(t, "the command is gone", func() bool {
		_, err := os.Stat("/proc/" + strings.TrimSpace(pid))
		return os.IsNotExist(err)
	})
	c.answer(l.count)
}

func interruptNothing(t *testing.T, h *house, l tongue) {
	c := h.start("")
	c.must(c.Interrupt())
	c.answer(l.count)
	c.must(c.Interrupt())
	if said := c.answer(l.count).said(); !strings.Contains(said, l.remembers(2)) {
		t.Errorf("the second answer: %s", said)
	}
}

// eventually waits for what cannot be waited for otherwise.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(deadMan); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}
