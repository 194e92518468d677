package agent

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected events anew")

// A conversation is a folder of testdata/conversations. in.jsonl is what the agent wrote, line by line, and
// between these lines what our side did (see step). events.txt is what we made of it: our steps, the lines
// that we sent (>) and the events. A new case is a new folder, written by hand or by TestRecord.
const conversations = "testdata/conversations"

// step is something that our side does.
type step struct {
	Do   string `json:"do"`             // one of the words in play
	ID   string `json:"id,omitempty"`   // of the conversation, or of the permission request
	Text string `json:"text,omitempty"` // of a prompt or a denial
}

func TestConversations(t *testing.T) {
	folders, err := filepath.Glob(conversations + "/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			in, err := os.ReadFile(filepath.Join(folder, "in.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			got := replay(t, in)
			expected := filepath.Join(folder, "events.txt")
			if *update {
				if err := os.WriteFile(expected, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, string(want))
		})
	}
}

func compare(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d is\n%s\nand should be\n%s\n(-update writes it anew)", i+1, line(g, i), line(w, i))
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// replay tells what our side makes of a conversation.
func replay(t *testing.T, in []byte) string {
	t.Helper()
	var out strings.Builder
	var p *protocol
	lines := newLineReader(bytes.NewReader(in))
	for {
		raw, skipped, err := lines.next()
		if err != nil {
			return out.String()
		}
		var s step
		_ = json.Unmarshal(raw, &s) // what is none was written by the agent
		var events []Event
		switch {
		case skipped > 0:
			events = []Event{oversized(raw, skipped)}
		case s.Do != "":
			fmt.Fprintln(&out, strings.Join(strings.Fields(s.Do+" "+s.ID+" "+s.Text), " "))
			p = s.play(t, p)
		case len(raw) > 0:
			events = p.hear(raw)
		}
		for _, l := range p.take() {
			fmt.Fprintln(&out, "    >", show(t, l))
		}
		for _, e := range events {
			fmt.Fprintf(&out, "    %s %s\n", kindOf(e), show(t, e))
		}
		if p.stuck {
			fmt.Fprintln(&out, "    (stuck)")
		}
	}
}

// play does the step.
func (s step) play(t *testing.T, p *protocol) *protocol {
	t.Helper()
	var err error
	switch s.Do {
	case "start", "resume":
		p = newProtocol(s.ID, s.Do == "resume")
	case "prompt":
		err = p.prompt(s.Text)
	case "interrupt":
		p.interrupt()
	case "reset":
		err = p.reset()
	case "allow":
		err = p.decide(s.ID, Decision{Allow: true})
	case "deny":
		err = p.decide(s.ID, Decision{Message: s.Text})
	default:
		t.Fatalf("there is no step %q", s.Do)
	}
	if err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	return p
}

func show(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func kindOf(e Event) string { return strings.TrimPrefix(fmt.Sprintf("%T", e), "agent.") }
