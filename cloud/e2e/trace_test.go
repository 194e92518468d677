package e2e

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/trace"
)

// What a developer does with a recording of a server that is not his.
func TestAFlightRecordingIsAllItTakes(t *testing.T) {
	const canary = "rosebud"
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none", "ROSEBUD=" + canary}}.start(t)
	s.workspace(canary)
	id := s.session(canary, "demo")
	f := s.follow(id, 0)
	f.done(s.prompt(id, "help "+canary).PromptID)
	ran := s.prompt(id, "run echo "+canary)
	if e := f.endAllowing(s, ran.PromptID); e.Outcome != "done" {
		t.Fatalf("ended as %+v", e)
	}
	file := filepath.Join(t.TempDir(), "it"+trace.Extension)
	if err := os.WriteFile(file, s.download("/api/trace?minutes=10"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if out, status := run(t, "trace", "show", "--all", file); status != 0 || !strings.Contains(out, "start turn") || strings.Contains(strings.ToLower(out), canary) {
		t.Errorf("trace show: %d\n%s", status, out)
	}
	for _, c := range []struct {
		says   string
		status int
		args   []string
	}{
		{"turns finished                 2", 0, []string{"trace", "stats", file}},
		{"decisions are the same.", 0, []string{"replay", file}},
		{`"difference": null`, 0, []string{"replay", "--json", file}},
		{"--sweep=NAME=FROM", 0, []string{"replay", "--help"}},
		{"3 turns, 3 processes", 0, []string{"replay", file, "--limit", "1024", "--max-processes", "3", "--max-agents=3", "--idle-timeout=10s"}},
		{"no pool", 0, []string{"replay", file, "--pool=false"}},
		{`"finished": 2`, 0, []string{"replay", file, "--warning", "200", "--json"}},
		{"lives", 0, []string{"replay", file, "--sweep", "limit=256..512:128", "--html", file + ".html"}},
		{`"value": 384`, 0, []string{"replay", file, "--sweep", "limit=256..512:128", "--json"}},
		{"it must be like limit=256..1024", 1, []string{"replay", file, "--sweep", "limit"}},
		{"it must be above the panic threshold (380)", 1, []string{"replay", file, "--hard-limit", "300"}},
		{"no such file", 2, []string{"replay", file + ".none"}},
		{"is no flight recording", 2, []string{"replay", file + ".html"}},
		{"is no flight recording", 2, []string{"trace", "stats", file + ".html"}},
	} {
		if out, status := run(t, c.args...); status != c.status || !strings.Contains(out, c.says) {
			t.Errorf("coder1 %s: %d, without %q:\n%s", strings.Join(c.args, " "), status, c.says, out)
		}
	}
	f2, err := trace.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := f2.Raw()
	if err != nil {
		t.Fatal(err)
	}
	forged := file + ".forged"
	if err := os.WriteFile(forged, bytes.Replace(raw, []byte(`"how":"new"`), []byte(`"how":"resumed"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, status := run(t, "replay", forged); status != 1 || !strings.Contains(out, "recorded  start turn") || !strings.Contains(out, "here      start turn") {
		t.Errorf("a forged recording: %d\n%s", status, out)
	}
}

// run runs the program under test.
func run(t *testing.T, args ...string) (out string, status int) {
	t.Helper()
	raw, err := exec.Command(binary, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		status = exit.ExitCode()
	}
	return string(raw), status
}

func (s *server) download(path string) []byte {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("GET %s: %s, %v", path, resp.Status, err)
	}
	return data
}

// keepTraces names a folder in which the flight recordings of the servers under test are kept.
const keepTraces = "CODER1_KEEP_TRACES"

// replays has the flight recording of a server that has ended replayed. Whatever was done to it, the governor
// must decide the same again. (One that was killed in its first second has nothing to replay.)
func replays(t testing.TB, data string) {
	f, err := trace.Load(filepath.Join(data, "trace"))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Errorf("the flight recording: %v", err)
		return
	}
	r := trace.Replay(f)
	if r.Difference != nil || r.Unknown > 0 || r.Lost > 0 || len(r.Damage) > 1 {
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
