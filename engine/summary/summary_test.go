package summary

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"coder1/engine/session"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// read makes a Summary of events, each a type and its fields as JSON.
func read(t *testing.T, events ...string) *Summary {
	t.Helper()
	s := &Summary{Folder: "/work/shop"}
	for i, e := range events {
		kind, data, _ := strings.Cut(e, " ")
		if !json.Valid([]byte(data)) {
			t.Fatalf("event %d is not JSON: %s", i+1, data)
		}
		s.Add(session.Event{Seq: int64(i + 1), Time: start.Add(time.Duration(i) * time.Second), Type: kind, Data: json.RawMessage(data)})
	}
	return s
}

var aDay = []string{
	`prompt {"promptId":"a","text":"Fix the total"}`,
	`turn_started {"promptId":"a","how":"new"}`,
	`tool_call {"promptId":"a","toolId":"1","name":"Edit","input":{"file_path":"/work/shop/cart/total.ts"}}`,
	`tool_result {"promptId":"a","toolId":"1","output":"ok","isError":false}`,
	`tool_call {"promptId":"a","toolId":"2","name":"Bash","input":{"command":"npm test\n"}}`,
	`permission_requested {"promptId":"a","requestId":"r","tool":"Bash","input":{"command":"npm test\n"}}`,
	`permission_decided {"promptId":"a","requestId":"r","decision":"allow"}`,
	`tool_result {"promptId":"a","toolId":"2","output":"FAIL","isError":true}`,
	`tool_call {"promptId":"a","toolId":"3","name":"NotebookEdit","input":{"notebook_path":"/elsewhere/b.ipynb"}}`,
	`tool_call {"promptId":"a","toolId":"4","name":"Write","input":{"file_path":"notes.md","content":"x"}}`,
	`tool_result {"promptId":"a","toolId":"4","output":"denied","isError":true}`,
	`tool_result {"promptId":"a","toolId":"3","output":"ok","isError":false}`,
	`tool_call {"promptId":"a","toolId":"5","name":"Edit","input":{"file_path":"/work/shop/cart/total.ts"}}`,
	`tool_result {"promptId":"a","toolId":"5","output":"ok","isError":false}`,
	`tool_call {"promptId":"a","toolId":"6","name":"Bash","input":{"command":"npm   test"}}`,
	`tool_result {"promptId":"a","toolId":"6","output":"ok","isError":false}`,
	`message {"promptId":"a","message":"m","block":0,"text":"The total was off by a cent. I fixed it."}`,
	`turn_ended {"promptId":"a","outcome":"done","costUsd":0.25,"durationMs":90000,"inputTokens":1000,"outputTokens":50,"cacheReadTokens":700,"cacheWriteTokens":200}`,
	`something_new {"promptId":"a","text":5}`,
}

func TestADay(t *testing.T) {
	s := read(t, aDay...)
	files := []File{{"/elsewhere/b.ipynb", "edited", 1}, {"cart/total.ts", "edited", 2}}
	for i, f := range s.Files.List {
		if i >= len(files) || *f != files[i] {
			t.Errorf("file %d is %+v", i, *f)
		}
	}
	if len(s.Files.List) != 2 || len(s.Commands.List) != 1 || *s.Commands.List[0] != (Command{"npm test", true, 2}) {
		t.Errorf("%d files, commands %+v", len(s.Files.List), s.Commands.List)
	}
	if s.Turns != 1 || s.CostUSD != 0.25 || s.Worked != 90*time.Second || s.Tokens != (Tokens{100, 50, 700, 200}) || s.Seq != 19 {
		t.Errorf("figures %+v", s)
	}
	text := s.Text(Now{State: "idle"}, "")
	for _, want := range []string{"> Fix the total", "Answered: The total was off", "- `cart/total.ts` edited (2 times)", "- `npm test`: ok (2 times)",
		"1 turn, 1m30s of work, $0.2500, 100 tokens in", "The session finished: The total was off by a cent. I fixed it."} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}

func TestWhereItStands(t *testing.T) {
	for _, c := range []struct {
		now    Now
		want   string
		events []string
	}{
		{Now{State: "idle"}, "nothing was asked for yet", nil},
		{Now{State: "waiting"}, "waits for your permission to run `npm test`", aDay[:6]},
		{Now{State: "waiting"}, "waits for your permission", aDay[:7]},
		{Now{State: "running"}, "is working on “Fix the total”", aDay[:4]},
		{Now{State: "queued", Position: 2, Reason: "both agents are busy"}, "is in line at #2: both agents are busy", aDay[:1]},
		{Now{State: "idle"}, "was cut off while working on “Fix the total”", aDay[:4]},
		{Now{State: "idle"}, "stopped: stopped by its user", append(slices.Clone(aDay[:2]), `turn_ended {"promptId":"a","outcome":"interrupted","reason":"stopped by its user"}`)},
		{Now{State: "idle"}, "failed: no credit", append(slices.Clone(aDay[:2]), `turn_ended {"promptId":"a","outcome":"failed","error":"no credit.","reason":"x"}`)},
		{Now{State: "idle"}, "its last prompt was cancelled: by you", append(slices.Clone(aDay[:1]), `prompt_ended {"promptId":"a","outcome":"cancelled","reason":"by you"}`)},
		{Now{State: "queued"}, "is in line at #1", append(slices.Clone(aDay[:2]), `turn_ended {"promptId":"a","outcome":"requeued"}`)},
	} {
		if got := read(t, c.events...).Standing(c.now); got != c.want {
			t.Errorf("%+v after %d events: %q, want %q", c.now, len(c.events), got, c.want)
		}
	}
}

func TestWhatAModelWroteIsTold(t *testing.T) {
	s := read(t, append(slices.Clone(aDay), `summary {"text":"A cent was lost.","upTo":18,"costUsd":0.5}`)...)
	if text := s.Text(Now{}, ""); !strings.Contains(text, "A cent was lost.") || !strings.Contains(text, "$0.7500") {
		t.Errorf("the text is\n%s", text)
	}
}

func TestThePromptAtHandIsLeftOut(t *testing.T) {
	s := read(t, append(slices.Clone(aDay), `prompt {"promptId":"b","text":"and now?"}`, `turn_started {"promptId":"b"}`)...)
	if text := s.Text(Now{State: "running"}, "b"); strings.Contains(text, "and now?") || strings.Contains(text, "stands") || !strings.Contains(text, "Fix the total") {
		t.Errorf("the text is\n%s", text)
	}
	if s.Empty("b") {
		t.Error("there is nothing to tell")
	}
	first := read(t, aDay[:2]...)
	if !first.Empty("a") || first.Empty("") {
		t.Error("a first prompt has something before it")
	}
}

func TestALongSessionKeepsItsBeginningAndEnd(t *testing.T) {
	s := &Summary{}
	for i := range 1000 {
		for _, e := range []string{
			`prompt {"promptId":"%d","text":"prompt %d"}`, `turn_started {"promptId":"%d","reason":"%d"}`,
			`tool_call {"toolId":"%d","name":"Write","input":{"file_path":"%d.txt"}}`, `tool_result {"toolId":"%d","output":"%d"}`,
			`turn_ended {"promptId":"%d","outcome":"done","durationMs":1000,"reason":"%d"}`,
		} {
			kind, data, _ := strings.Cut(fmt.Sprintf(e, i, i), " ")
			s.Add(session.Event{Type: kind, Data: json.RawMessage(data)})
		}
	}
	if n := len(s.Asked); n != firstAsked+latestAsked || s.Asked[0].Text != "prompt 0" || s.Asked[n-1].Text != "prompt 999" || s.Unshown != 1000-n {
		t.Errorf("%d prompts from %q, %d not shown", n, s.Asked[0].Text, s.Unshown)
	}
	if asked := s.Tell(Now{}).Asked; asked[firstAsked].Skipped != s.Unshown || asked[firstAsked-1].Skipped != 0 {
		t.Errorf("the account is of %+v", asked)
	}
	if n := len(s.Files.List); n != maxFiles || s.Files.List[n-1].Path != "999.txt" || s.Files.Dropped != 1000-n {
		t.Errorf("%d files, %d dropped", n, s.Files.Dropped)
	}
	if text := s.Text(Now{State: "idle"}, ""); !strings.Contains(text, "(977 more in between)") || !strings.Contains(text, "- and 940 earlier ones") {
		t.Errorf("the text is\n%s", text)
	}
}

func TestTextsAreCutBetweenCharacters(t *testing.T) {
	for n := range 20 {
		for _, text := range []string{"ääääääääääää", "a€€€€€€€", "short"} {
			if got := beginning(text, n+3); len(got) > n+3 || !utf8.ValidString(got) {
				t.Errorf("%q cut to %d is %q", text, n+3, got)
			}
		}
	}
	if got := sentences("# Title\n\nrest", 240); got != "Title" {
		t.Errorf("the first sentence is %q", got)
	}
	long := strings.Repeat("word ", 40) + "end. " + strings.Repeat("more ", 40)
	if got := sentences(long, 240); !strings.HasSuffix(got, "end.") {
		t.Errorf("the first sentences are %q", got)
	}
}

// randomLog is a log of events as they come or could never come.
func randomLog(r *rand.Rand, n int) []session.Event {
	kinds := []string{"prompt", "prompt_edited", "prompt_ended", "turn_started", "turn_ended", "message", "tool_call", "tool_result",
		"permission_requested", "permission_decided", "summary", "notice", "what"}
	texts := []string{"", "short", strings.Repeat("long ", 5000), strings.Repeat("\n", 3000), strings.Repeat("`", 900), "#€\u2028", "done", "requeued", "failed"}
	pick := func() string { return texts[r.IntN(len(texts))] }
	events := make([]session.Event, n)
	for i := range events {
		id := fmt.Sprint(r.IntN(5))
		data, _ := json.Marshal(map[string]any{
			"promptId": id, "toolId": id, "requestId": id, "text": pick(), "outcome": pick(), "reason": pick(), "error": pick(),
			"name":  []any{"Bash", "Write", "Edit", pick()}[r.IntN(4)],
			"input": []any{map[string]any{"command": pick()}, map[string]any{"file_path": fmt.Sprint(r.IntN(1000)) + pick()}, "no object", nil}[r.IntN(4)],
			"tool":  pick(), "isError": r.IntN(2) == 0, "costUsd": r.NormFloat64() * 1e300, "durationMs": r.Int64() - r.Int64(), "inputTokens": r.Int64(),
		})
		events[i] = session.Event{Seq: int64(i + 1), Type: kinds[r.IntN(len(kinds))], Data: data}
	}
	return events
}

// check fails when a summary is larger than it may be, or cannot be told.
func check(t *testing.T, s *Summary) {
	t.Helper()
	for _, state := range []string{"idle", "queued", "running", "waiting"} {
		now := Now{State: state, Reason: "so"}
		text := s.Text(now, "")
		if len(text) > MaxText || !utf8.ValidString(text) || s.Standing(now) == "" {
			t.Fatalf("%d bytes of text, standing %q", len(text), s.Standing(now))
		}
	}
	raw, err := json.Marshal(s)
	if err != nil || len(raw) > 256<<10 {
		t.Fatalf("the summary is %d bytes, %v", len(raw), err)
	}
}

func FuzzRandomEvents(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, "message", []byte(`{"text":[]}`))
	}
	f.Fuzz(func(t *testing.T, seed uint64, kind string, data []byte) {
		s := &Summary{Folder: "/work"}
		for _, e := range randomLog(rand.New(rand.NewPCG(seed, 1)), 40) {
			s.Add(e)
		}
		s.Add(session.Event{Seq: 41, Type: kind, Data: data})
		check(t, s)
	})
}
