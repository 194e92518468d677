package agenttest

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// ask sends what the user said, one prompt a line, and returns the body of the answer.
func ask(t *testing.T, url string, stream bool, prompts ...string) (status int, body string) {
	t.Helper()
	var messages []map[string]any
	for _, p := range prompts {
		messages = append(messages, map[string]any{"role": "user", "content": p}, map[string]any{"role": "assistant", "content": "…"})
	}
	return send(t, url, map[string]any{"model": "m", "stream": stream, "messages": messages[:len(messages)-1]})
}

func send(t *testing.T, url string, request any) (status int, body string) {
	t.Helper()
	raw, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url+"/v1/messages", "application/json", strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestAnswers(t *testing.T) {
	_, url := Serve(t)
	for prompt, want := range map[string]string{
		"say: hello there":       `"text":"hello there"`,
		"think: hello":           `"type":"thinking"`,
		"slow: 3 words":          `"text":"word1 word2 word3"`,
		"big: 1 KB":              strings.Repeat(`0123456789abcde\n`, 64) + `"`,
		"tool: Bash ls -l":       `"input":{"command":"ls -l"},"name":"Bash","type":"tool_use"`,
		`tool: Any {"n":1}`:      `"input":{"n":1},"name":"Any","type":"tool_use"`,
		"tools: 2":               `"input":{"command":"echo 1 of 2"}`,
		"write: a.txt two words": `"input":{"content":"two words","file_path":"a.txt"},"name":"Write"`,
		"hello":                  `You said \"hello\". That was prompt 2 of this conversation.`,
		"<system-reminder>x</system-reminder>hello": `You said \"hello\"`,
	} {
		status, body := ask(t, url, false, "before", prompt)
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%q: %d, %s", prompt, status, body)
		}
	}
	if status, body := ask(t, url, false, "error: 529"); status != 529 || !strings.Contains(body, "overloaded_error") {
		t.Errorf("an error: %d, %s", status, body)
	}
}

func TestToolResultsAreRepeated(t *testing.T) {
	_, url := Serve(t)
	result := map[string]any{"type": "tool_result", "content": []any{map[string]string{"type": "text", "text": "42"}}}
	_, body := send(t, url, map[string]any{"messages": []any{
		map[string]any{"role": "user", "content": "tool: Bash echo 42"},
		map[string]any{"role": "user", "content": []any{result}},
	}})
	if !strings.Contains(body, "The tool answered: 42") {
		t.Error(body)
	}
}

// TestStreamIsTheWhole holds the pieces of a streamed answer against the same answer in one piece.
func TestStreamIsTheWhole(t *testing.T) {
	_, url := Serve(t)
	for _, prompt := range []string{"think: hello there", "slow: 5 words", "big: 20 KB", "tool: Bash ls"} {
		_, whole := ask(t, url, false, prompt)
		var message struct {
			Content []struct {
				Thinking, Text string
				Input          json.RawMessage
			}
		}
		if err := json.Unmarshal([]byte(whole), &message); err != nil {
			t.Fatal(err)
		}
		want := ""
		for _, b := range message.Content {
			want += b.Thinking + b.Text + string(b.Input)
		}
		_, stream := ask(t, url, true, prompt)
		if got := joined(t, stream); got != want || want == "" {
			t.Errorf("%q: streamed %q, whole %q", prompt, got, want)
		}
	}
}

func joined(t *testing.T, stream string) (text string) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(stream))
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var e struct {
			Delta struct {
				Thinking, Text string
				JSON           string `json:"partial_json"`
			}
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		text += e.Delta.Thinking + e.Delta.Text + e.Delta.JSON
	}
	return text
}

func TestWhatTheAPIDoesNotHave(t *testing.T) {
	_, url := Serve(t)
	resp, err := http.Get(url + "/v1/models")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", resp.StatusCode)
	}
	if status, _ := send(t, url, "no request"); status != http.StatusBadRequest {
		t.Errorf("status %d", status)
	}
}
