package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// turn is what an agent said in a turn, and how that ended.
type turn struct {
	events []Event
	TurnEnded
}

// said are the agent's messages.
func (t turn) said() string {
	var b strings.Builder
	for _, m := range all[Message](t.events) {
		b.WriteString(m.Text + "\n")
	}
	return b.String()
}

// result is the answer of the only tool that was used.
func (t turn) result(tb testing.TB) ToolResult {
	tb.Helper()
	results := all[ToolResult](t.events)
	if len(results) != 1 {
		tb.Fatalf("%d tools answered, want one: %+v", len(results), t.events)
	}
	return results[0]
}

// all are the events of one type.
func all[E Event](events []Event) (found []E) {
	for _, e := range events {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// await hears the agent until it says something of a type, within its turn.
func await[E Event](c *talk) E {
	c.t.Helper()
	for {
		e := c.next()
		if e, ok := e.(E); ok {
			return e
		}
		if end, ok := e.(TurnEnded); ok {
			c.t.Fatalf("the turn ended first: %+v", end)
		}
	}
}

// file is a file of the workspace, and whether it is there.
func (h *house) file(name string) (text string, ok bool) {
	h.t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return string(b), err == nil
}

func (h *house) put(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func makeExecutable(t testing.TB, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o700); err != nil {
		t.Fatal(err)
	}
}
