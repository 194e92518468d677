package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"
)

// The figures that README and the notes quote: go test -v -run Figures ./cloud/e2e
//
// Sizes are measured in MB of 2^20 bytes. Times are told as ratios to the CLI driven directly in the same
// run, since the machine's speed is nobody's merit; medians of several rounds.
const rounds = 5

func TestFiguresServerMemory(t *testing.T) {
	setup, _ := withClaude(t)
	s := setup.start(t)
	idle := pss(t, s.cmd.Process.Pid)
	s.workspace("shop")
	for range 10 {
		id := s.session("shop", "demo")
		f := s.follow(id, 0)
		f.done(s.prompt(id, "help").PromptID)
	}
	open := pss(t, s.cmd.Process.Pid)
	t.Logf("server PSS: idle %.1f MB, with 10 open sessions %.1f MB", idle, open)
	// Measured at 24 and 29 MB; the plan allows 250 for everything.
	if idle > 60 || open > 80 {
		t.Errorf("the server has grown: %.1f MB idle, %.1f MB with 10 sessions", idle, open)
	}
}

// pss is the proportional set size of a process in MB.
func pss(t testing.TB, pid int) float64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "Pss: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	t.Fatal("smaps_rollup tells no PSS")
	return 0
}

// The same six prompts with the pool and without it, each in a cgroup of its own. Without it they get no
// limit, since they would not fit into 512 MB.
func TestFiguresPoolAgainstNone(t *testing.T) {
	run := func(limit int64, env ...string) int64 {
		setup, _ := withClaude(t, env...)
		setup.group = memorytest.New(t, limit)
		s := setup.start(t)
		peak, _ := sixSessions(t, s, setup.group)
		s.stop()
		return peak
	}
	with := run(512 * mb)
	without := run(0, "PROCESS_POOL_ENABLED=false", "ENABLE_MEMORY_MONITORING=false")
	t.Logf("peak of the cgroup with six sessions: %d MB pooled, %d MB with PROCESS_POOL_ENABLED=false", with/mb, without/mb)
	if without < with*3/2 {
		t.Errorf("without the pool the peak is %d MB, with it %d: the comparison shows nothing", without/mb, with/mb)
	}
}

func TestFiguresTimeToFirstToken(t *testing.T) {
	setup, _ := withClaude(t, "MAX_CLAUDE_PROCESSES=1")
	s := setup.start(t)
	s.workspace("shop")
	direct := driveDirectly(t, setup)
	ours := driveServer(t, s)
	for _, how := range []string{"warm", "reset", "resumed"} {
		d, o := median(direct[how]), median(ours[how])
		ratio := float64(o) / float64(d)
		t.Logf("prompt to first token, %-8s %5d ms; CLI driven directly %5d ms; ratio %.2f", how+":", o.Milliseconds(), d.Milliseconds(), ratio)
		if ratio > 3 {
			t.Errorf("%s: %.2f times as long as the CLI alone", how, ratio)
		}
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// driveServer measures through the server, from sending a prompt to the first piece of its answer.
func driveServer(t *testing.T, s *server) map[string][]time.Duration {
	times := map[string][]time.Duration{}
	a := s.session("shop", "claude")
	fa := s.follow(a, 0)
	turn := func(id string, f *follower, count bool) {
		t.Helper()
		start := time.Now()
		p := s.prompt(id, "slow: 3 words")
		f.delta()
		took := time.Since(start)
		f.done(p.PromptID)
		if how := f.last("turn_started").How; count {
			times[how] = append(times[how], took)
		}
	}
	turn(a, fa, false)
	for range rounds {
		turn(a, fa, true) // warm
		b := s.session("shop", "claude")
		turn(b, s.follow(b, 0), true) // reset
		turn(a, fa, true)             // resumed
	}
	return times
}

// driveDirectly measures the same with nothing between us and the CLI but a pipe.
func driveDirectly(t *testing.T, setup setup) map[string][]time.Duration {
	times := map[string][]time.Duration{}
	dir := t.TempDir()
	timed := func(how string, do func()) {
		start := time.Now()
		do()
		times[how] = append(times[how], time.Since(start))
	}
	c := launch(t, setup, dir)
	c.prompt("slow: 3 words")
	c.until(`"type":"result"`)
	for range rounds {
		timed("warm", func() { c.prompt("slow: 3 words"); c.until("text_delta") })
		c.until(`"type":"result"`)
		conversation := c.conversation
		timed("reset", func() {
			c.prompt("/clear")
			c.until(`"type":"result"`)
			c.prompt("slow: 3 words")
			c.until("text_delta")
		})
		c.until(`"type":"result"`)
		timed("resumed", func() {
			c.end()
			c = launch(t, setup, dir, "--resume", conversation)
			c.prompt("slow: 3 words")
			c.until("text_delta")
		})
		c.until(`"type":"result"`)
	}
	c.end()
	return times
}

// cli is the agent CLI at the end of a pipe.
type cli struct {
	t            *testing.T
	cmd          *exec.Cmd
	in           io.WriteCloser
	out          *bufio.Reader
	conversation string
}

func launch(t *testing.T, setup setup, dir string, args ...string) *cli {
	t.Helper()
	bin, _ := strings.CutPrefix(setup.env[0], "CLAUDE_BIN=")
	cmd := exec.Command(bin, append([]string{"-p", "--input-format", "stream-json", "--output-format", "stream-json",
		"--verbose", "--include-partial-messages"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CLAUDE_CONFIG_DIR=" + dir + "/config",
		"DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_TELEMETRY=1"}, setup.env[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &cli{t: t, cmd: cmd, in: in, out: bufio.NewReaderSize(out, mb)}
}

func (c *cli) prompt(text string) {
	c.t.Helper()
	line, err := json.Marshal(map[string]any{"type": "user", "message": map[string]any{"role": "user", "content": text}})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		c.t.Fatal(err)
	}
}

// until reads lines until one holds the text.
func (c *cli) until(text string) {
	c.t.Helper()
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			c.t.Fatalf("the CLI ended while %s was awaited: %v", text, err)
		}
		var head struct {
			SessionID string `json:"session_id"`
		}
		if json.Unmarshal([]byte(line), &head) == nil && head.SessionID != "" {
			c.conversation = head.SessionID
		}
		if strings.Contains(line, text) {
			return
		}
	}
}

func (c *cli) end() {
	c.in.Close()
	_, _ = io.Copy(io.Discard, c.out)
	if err := c.cmd.Wait(); err != nil {
		c.t.Errorf("the CLI ended with %v", err)
	}
}
