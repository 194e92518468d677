package process

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/agent/agenttest"
)

// cli is the real agent CLI, driven by hand. Its model, an imitation, uses the tool that the prompt names and
// repeats what the tool answered.
type cli struct {
	*Process
	t     *testing.T
	lines *bufio.Scanner
}

func realCLI(t *testing.T, s *Supervisor) *cli {
	t.Helper()
	path := agenttest.CLI(t)
	_, url := agenttest.Serve(t)
	p, err := s.Start(Spec{
		Path: path,
		Args: []string{"-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json", "--allowedTools", "Bash"},
		Dir:  t.TempDir(),
		Env: Environ(slices.Concat(agenttest.Env(url), s.CommandEnv(), []string{
			"HOME=" + t.TempDir(), "CLAUDE_CONFIG_DIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0", "DISABLE_AUTOUPDATER=1",
			"DISABLE_TELEMETRY=1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS=1"})...),
		Owner: "process/1", OOMScoreAdj: 500,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Kill(); wait(t, p) }) // or its folders cannot be removed
	late := time.AfterFunc(4*deadline, p.Kill)
	t.Cleanup(func() { late.Stop() })
	lines := bufio.NewScanner(p.Stdout())
	lines.Buffer(nil, 1<<20)
	return &cli{p, t, lines}
}

func (c *cli) say(text string) {
	fmt.Fprintf(c.Stdin(), `{"type":"user","message":{"role":"user","content":%q}}`+"\n", text)
}

// answer reads until the end of the turn, and returns what it came to.
func (c *cli) answer() string {
	c.t.Helper()
	for c.lines.Scan() {
		var line struct{ Type, Subtype, Result string }
		if json.Unmarshal(c.lines.Bytes(), &line) == nil && line.Type == "result" {
			return line.Subtype + ": " + line.Result
		}
	}
	c.t.Fatalf("the CLI has ended: %s", c.Stderr())
	return ""
}

func TestRealCLI(t *testing.T) {
	s, d := office(t)
	file := t.TempDir() + "/ready"
	c := realCLI(t, s)

	c.say("tool: Bash echo hello; exit 3")
	if got := c.answer(); got != "success: The tool answered: Exit code 3\nhello" {
		t.Errorf("a command that fails: %q", got)
	}
	if known := waitFor(t, "the broker is told", d.ended); known.Name() != "echo hello; exit 3" || known.Helper() {
		t.Errorf("it was known as %q, helper %v", known.Name(), known.Helper())
	}

	c.say("tool: Bash printf half; : >" + file + "; sleep 300")
	command := running(t, s, 1)[0]
	eventually(t, "the command has written", func() bool { return exists(file) })
	command.Kill("killed: would have exceeded 512 MB")
	if got := c.answer(); got != "success: The tool answered: Exit code 137\nhalf\nkilled: would have exceeded 512 MB" {
		t.Errorf("a command that is killed: %q", got)
	}

	c.say(`tool: Bash {"command":"sleep 302","timeout":1000}`)
	command = running(t, s, 1)[0]
	waitFor(t, "the command has ended in time", command.Done())
	if got := c.answer(); got != "success: The tool answered: Exit code 143\nCommand timed out after 1s" {
		t.Errorf("a command that takes too long: %q", got)
	}

	c.say("tool: Bash sleep 301")
	command = running(t, s, 1)[0]
	fmt.Fprintln(c.Stdin(), `{"type":"control_request","request_id":"1","request":{"subtype":"interrupt"}}`)
	if got := c.answer(); !strings.HasPrefix(got, "error_during_execution") {
		t.Errorf("a turn that is interrupted: %q", got)
	}
	waitFor(t, "the command has ended with its turn", command.Done())
}
