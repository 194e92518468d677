package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/trace"
)

// keepTraces names a folder in which the flight recordings of the servers under test are kept.
const keepTraces = "CODER1_KEEP_TRACES"

// replays has the flight recording of a server that has ended replayed. Whatever was done to it, the governor
// must decide the same again.
func replays(t testing.TB, data string) {
	f, err := trace.Load(filepath.Join(data, "trace"))
	if err != nil {
		t.Errorf("the flight recording: %v", err)
		return
	}
	r := trace.Replay(f)
	if r.Difference != nil || r.Steps == 0 || r.Unknown > 0 || r.Lost > 0 || len(r.Damage) > 1 {
		t.Errorf("the flight recording, replayed: %+v; %+v", r, r.Difference)
	}
	if dir := os.Getenv(keepTraces); dir != "" {
		keepTrace(t, filepath.Join(data, "trace"), dir)
	}
}

func keepTrace(t testing.TB, from, dir string) {
	parts, err := filepath.Glob(filepath.Join(from, "*"+trace.Extension))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, part := range parts {
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	name := strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()) + trace.Extension
	if err := os.WriteFile(filepath.Join(dir, name), all, 0o600); err != nil {
		t.Fatal(err)
	}
}
