package engine

import (
	"strings"
	"testing"

	"coder1/engine/agent"
	"coder1/engine/session"
	"coder1/engine/summary"
)

// longLog makes a session with some 32 MB of messages and tool output.
func longLog(b *testing.B, r *rig) (id string, bytes int64) {
	id = r.session("shop")
	text := strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 200)
	for range 32 {
		var events []session.Event
		for range 50 {
			said, _ := recordAgent("p", agent.Message{Message: "m", Text: text})
			printed, _ := recordAgent("p", agent.ToolResult{ID: "t", Output: text})
			events = append(events, said, printed)
		}
		if err := r.write(id, session.Change{Events: events}); err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			bytes += int64(len(e.Data))
		}
	}
	return id, bytes
}

func BenchmarkSearch(b *testing.B) {
	r := openRig(b, testSettings(b))
	_, bytes := longLog(b, r)
	b.SetBytes(bytes)
	for b.Loop() {
		found, err := r.Search(b.Context(), "nowhere to be found", 50)
		if err != nil || found.Truncated || found.Bytes < bytes {
			b.Fatalf("%+v, %v", found, err)
		}
	}
}

func BenchmarkOverview(b *testing.B) {
	r := openRig(b, testSettings(b))
	id, bytes := longLog(b, r)
	b.SetBytes(bytes)
	for b.Loop() {
		r.pictures.forget(id)
		if err := r.sumUp(b.Context(), r.meta(id), func(*summary.Summary) {}); err != nil {
			b.Fatal(err)
		}
	}
}
