package agent

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var record = flag.Bool("record", false, "lead the conversations of testdata with the real CLI again (then run -update)")

// script is a conversation that can be had again with the real CLI. Those without one were written by hand.
type script struct {
	cues []cue
	env  []string
	// What the conversation continues: one with this prompt, or one that is missing.
	before  string
	missing bool
}

// cue is a step of ours and the event that it waits for: none to follow the last step at once.
type cue struct {
	after string
	step
}

func prompt(text string) cue { return cue{"Ready", step{Do: "prompt", Text: text}} }

func then(text string) cue { return cue{"TurnEnded", step{Do: "prompt", Text: text}} }

func on(event, do string) cue { return cue{event, step{Do: do}} }

var over = on("TurnEnded", "end")

var scripts = map[string]script{
	"text":               {cues: []cue{prompt("say: hello there"), over}},
	"thinking":           {cues: []cue{prompt("think: hello there"), over}},
	"tool-free":          {cues: []cue{prompt("tool: Bash echo hello"), over}},
	"tool-allowed":       {cues: []cue{prompt("write: hello.txt good morning"), on("PermissionRequest", "allow"), over}},
	"tool-denied":        {cues: []cue{prompt("tool: Bash touch denied.txt"), on("PermissionRequest", "deny"), over}},
	"tool-failed":        {cues: []cue{prompt("tool: Bash cat no-such-file"), over}},
	"sub-agent":          {cues: []cue{prompt(`tool: Task {"description":"try","prompt":"tools: 2","subagent_type":"general-purpose","run_in_background":false}`), over}},
	"interrupt":          {cues: []cue{prompt("slow: 2000 words"), on("Delta", "interrupt"), then("say: and now"), over}},
	"interrupt-at-once":  {cues: []cue{prompt("slow: 2000 words"), on("", "interrupt"), over}},
	"interrupt-question": {cues: []cue{prompt("tool: Bash touch asked.txt"), on("PermissionRequest", "interrupt"), over}},
	"clear":              {cues: []cue{prompt("one"), on("TurnEnded", "reset"), prompt("what number is this?"), over}},
	"clear-as-prompt":    {cues: []cue{prompt("one"), then("/clear"), then("what number is this?"), over}},
	"local-command":      {cues: []cue{prompt("/usage"), over}},
	"resume":             {cues: []cue{prompt("what number is this?"), over}, before: "one"},
	"lost":               {cues: []cue{on("Lost", "end")}, missing: true},
	"api-error":          {cues: []cue{prompt("error: 529"), then("say: all is well"), over}},
	"api-retry":          {cues: []cue{prompt("error: 529"), over}, env: []string{"CLAUDE_CODE_MAX_RETRIES=1"}},
}

func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("run with -record to lead the conversations again")
	}
	for name, s := range scripts {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, realClaude(t, s.env...))
			lines := s.perform(t, h)
			folder := filepath.Join(conversations, name)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "in.jsonl"), newScrubber(h).scrub(t, lines), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// perform leads the conversation and returns all that was written, with our steps.
func (s script) perform(t *testing.T, h *house) [][]byte {
	id, first := newID(), "start"
	if s.before != "" {
		c := h.start("")
		c.answer(s.before)
		c.Process().Stop(deadMan)
		c.drain()
		id = c.ready.Conversation
	}
	o := h.options("")
	if s.before != "" || s.missing {
		o.Resume, first = id, "resume"
	}
	r := &recorder{t: t, cues: s.cues}
	r.do(step{Do: first, ID: id})
	proc, err := h.supervisor.Start(h.kind.(*program).spec(o, id))
	if err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(deadMan, proc.Kill)
	defer dead.Stop()
	r.lead(newLineReader(proc.Stdout()), json.NewEncoder(proc.Stdin()), proc.Stdin().Close)
	if len(r.cues) > 0 {
		t.Fatalf("the agent ended before %+v: %s", r.cues[0], proc.Stderr())
	}
	return r.lines
}

// recorder leads a conversation and writes it down.
type recorder struct {
	t        *testing.T
	p        *protocol
	cues     []cue
	question string // the last one
	lines    [][]byte
}

// lead goes on until the agent has said everything.
func (r *recorder) lead(agent *lineReader, us *json.Encoder, hangUp func() error) {
	for {
		for _, l := range r.p.take() {
			if err := us.Encode(l); err != nil {
				r.t.Fatal(err)
			}
		}
		raw, _, err := agent.next()
		if err != nil {
			return
		}
		r.lines = append(r.lines, bytes.Clone(raw))
		for _, e := range r.p.hear(raw) {
			if q, ok := e.(PermissionRequest); ok {
				r.question = q.ID
			}
			r.follow(kindOf(e))
		}
		if len(r.cues) == 0 {
			_ = hangUp() // it exits when there is nothing more to do
		}
	}
}

// follow does what has waited for an event.
func (r *recorder) follow(event string) {
	for len(r.cues) > 0 && r.cues[0].after == event {
		s := r.cues[0].step
		r.cues = r.cues[1:]
		if s.Do != "end" {
			r.do(s)
		}
		event = ""
	}
}

func (r *recorder) do(s step) {
	if s.Do == "allow" || s.Do == "deny" {
		s.ID = r.question
	}
	r.lines = append(r.lines, []byte(show(r.t, s)))
	r.p = s.play(r.t, r.p)
}
