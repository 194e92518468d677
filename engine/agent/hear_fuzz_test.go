package agent

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzHear leads conversations such as those of testdata with agents that say anything. Nothing makes our
// side panic or grow, and what comes out is JSON that can be kept.
func FuzzHear(f *testing.F) {
	seeds(f, func(in []byte) { f.Add(in) })
	f.Add([]byte(`{"do":"start"}` + "\n" + `{"type":"result","model_usage_since_last_result":{"a":{"costUSD":1e308},"b":{"costUSD":1e308}}}`))
	f.Add(append(bytes.Repeat([]byte("["), 9999), bytes.Repeat([]byte("]"), 9999)...))
	f.Fuzz(func(t *testing.T, in []byte) {
		p := newProtocol("c", false)
		for line := range bytes.Lines(in) {
			line = bytes.ToValidUTF8(bytes.TrimRight(line, "\r\n"), []byte("\uFFFD"))
			if len(line) == 0 {
				continue
			}
			var s step
			_ = json.Unmarshal(line, &s) // what is no step was written by the agent
			if s.Do != "" {
				p = s.try(p)
			} else {
				before := p.phase
				checkHeard(t, before, p.hear(line))
			}
			checkBounds(t, p)
		}
	})
}

// seeds are one line of each type in testdata, each said in a turn.
func seeds(t testing.TB, add func([]byte)) {
	files, _ := filepath.Glob(conversations + "/*/in.jsonl")
	seen := map[string]bool{}
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(in) {
			h, s := read[head](line), read[step](line)
			key := h.Type + h.Subtype + read[streamLine](line).Event.Type + s.Do
			if !seen[key] {
				seen[key] = true
				add(slices.Concat([]byte(opening), line, []byte(closing)))
			}
		}
	}
}

const (
	opening = `{"do":"start"}
{"type":"control_response","response":{"subtype":"success","response":{"current_permission_mode":"default"}}}
{"do":"prompt","text":"go on"}
`
	closing = `
{"do":"allow","id":"r"}
{"type":"result"}
{"do":"reset"}
{"type":"result","session_id":"d"}
`
)

// try does a step that may be impossible.
func (s step) try(p *protocol) *protocol {
	switch s.Do {
	case "start", "resume":
		return newProtocol("c", s.Do == "resume")
	case "prompt":
		_ = p.prompt(s.Text)
	case "interrupt":
		p.interrupt()
	case "reset":
		_ = p.reset()
	default:
		_ = p.decide(s.ID, Decision{Allow: s.Do != "deny", Message: s.Text})
	}
	return p
}

// maxEvent bounds an event as JSON: a tool's input or output of which every byte is
// escaped as six, and some names.
const maxEvent = 6*MaxOutput + 64<<10

func checkHeard(t *testing.T, before phase, events []Event) {
	t.Helper()
	if len(events) > maxBlocks+1 {
		t.Fatalf("%d events of one line", len(events))
	}
	for _, e := range events {
		kept := struct{ Event any }{struct{ Data Event }{e}}
		raw, err := json.Marshal(kept)
		if err != nil {
			t.Fatalf("%T: %v", e, err)
		}
		if !json.Valid(raw) {
			t.Fatalf("a %T that cannot be read again", e)
		}
		if len(raw) > maxEvent {
			t.Fatalf("a %T of %d bytes", e, len(raw))
		}
		if _, ended := e.(TurnEnded); ended && before != running {
			t.Fatal("a turn ended that was not running")
		}
	}
}

func checkBounds(t *testing.T, p *protocol) {
	t.Helper()
	out := p.take()
	if len(out) > 2 {
		t.Fatalf("%d lines to be said at once", len(out))
	}
	for _, l := range out {
		if _, err := json.Marshal(l); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.questions) > maxQuestions {
		t.Fatalf("%d questions", len(p.questions))
	}
	for id, q := range p.questions {
		if len(id) > maxName || len(q.input) > MaxOutput {
			t.Fatalf("a question of %d, %d bytes", len(id), len(q.input))
		}
	}
	for _, s := range []string{p.message, p.mode, p.ready.Conversation, p.ready.Model, p.ready.Version} {
		if len(s) > maxName {
			t.Fatalf("a name of %d bytes is remembered", len(s))
		}
	}
	if len(p.changed) > maxName+100 || p.spent < 0 {
		t.Fatalf("changed by %q, %v dollars spent", p.changed, p.spent)
	}
}
