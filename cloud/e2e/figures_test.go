package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"coder1/engine/agent"
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

// What watching costs when nothing happens.
func TestFiguresProcessorAtRest(t *testing.T) {
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}, group: memorytest.New(t, 512*mb)}
	s := setup.start(t)
	s.workspace("shop")
	const long = 20 * time.Second // processor time is told in hundredths of a second: 0.05 %
	rest := func() float64 {
		before, start := processorTime(t, s.cmd.Process.Pid), time.Now()
		time.Sleep(long)
		return 100 * float64(processorTime(t, s.cmd.Process.Pid)-before) / float64(time.Since(start))
	}
	alone := rest()
	two := []string{s.session("shop", "demo"), s.session("shop", "demo")}
	var prompts []string
	for _, id := range two { // both at once, or the second takes over the first's process
		prompts = append(prompts, s.prompt(id, "say 10 words").PromptID)
	}
	for i, id := range two {
		s.follow(id, 0).done(prompts[i])
	}
	if n := len(s.status().Processes); n != 2 {
		t.Fatalf("%d agents are there", n)
	}
	withTwo := rest()
	t.Logf("server's processor time at rest: %.2f %% of a core, with two idle agents %.2f %%", alone, withTwo)
	if alone > 3 || withTwo > 5 {
		t.Error("the server does not rest")
	}
}

// processorTime is what a process has used, in itself and in the kernel.
func processorTime(t testing.TB, pid int) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	var ticks int64
	for _, field := range fields[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// How long memory goes on growing once it is at the brink. The growth is that of a tree of processes, none of
// which is large enough for its own limit to stop it.
func TestFiguresReaction(t *testing.T) {
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}, group: memorytest.New(t, 512*mb), contained: true}
	s := setup.start(t)
	s.workspace("shop")
	w := watchOver(s, setup.group)
	tries, peak := 0, int64(0)
	var turned, above []time.Duration
	for ; tries < 30 && len(turned) < 10; tries++ { // the faster it grows, the earlier it is stopped: few of the fast get so far
		id := s.session("shop", "demo")
		f := s.follow(id, 0)
		p := s.prompt(id, fmt.Sprintf("run %s misbehave tree %d", thisProgram(t), 2+tries%4))
		f.endAllowing(s, p.PromptID)
		s.call("DELETE", "/api/sessions/"+id, nil, 204, nil)
		s.awaitRest(setup.group)
		see := w.take()
		turned, above, peak = append(turned, see.turned...), append(above, see.above...), max(peak, see.peakMB)
	}
	t.Logf("from %d MB crossed to memory falling: p50 %.1f ms, p99 %.1f ms; to below it again p50 %.1f ms, p99 %.1f ms; peak %d MB; %d of %d trees came so far",
		brink/mb, fine(turned, 0.5), fine(turned, 0.99), fine(above, 0.5), fine(above, 0.99), peak, len(turned), tries)
	if kills := setup.group.OOMKills(); kills > 0 || peak >= 500 {
		t.Errorf("%d OOM kills, peak %d MB", kills, peak)
	}
	if len(turned) < 10 {
		t.Errorf("only %d measurements", len(turned))
	}
	s.stop()
}

// What a turn takes longer through the server than over pipes, with an agent that answers at once.
func TestFiguresWarmTurnOfTheDemoAgent(t *testing.T) {
	const turns = 100
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
	s := setup.start(t)
	s.workspace("shop")
	id := s.session("shop", "demo")
	f := s.follow(id, 0)
	dir := t.TempDir()
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CLAUDE_CONFIG_DIR=" + dir + "/config"}
	c := launchProgram(t, []string{binary, agent.DemoCommand}, env, dir)
	var ours, direct []time.Duration
	for i := range turns + 1 {
		start := time.Now()
		c.prompt("help")
		c.until(`"type":"result"`)
		between := time.Now()
		f.done(s.prompt(id, "help").PromptID)
		if i > 0 { // the first is not warm
			direct, ours = append(direct, between.Sub(start)), append(ours, time.Since(between))
		}
	}
	c.end()
	if how := f.last("turn_started").How; how != "warm" {
		t.Errorf("the last turn was %q", how)
	}
	t.Logf("a warm turn of the demo agent: p50 %.2f ms, p99 %.2f ms; over pipes p50 %.2f ms, p99 %.2f ms; overhead %.2f ms",
		fine(ours, 0.5), fine(ours, 0.99), fine(direct, 0.5), fine(direct, 0.99), fine(ours, 0.5)-fine(direct, 0.5))
	if fine(ours, 0.5)-fine(direct, 0.5) > 100 {
		t.Error("the server takes too long")
	}
}

// fine is a quantile in ms and fractions of it.
func fine(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return float64(all[min(len(all)-1, int(q*float64(len(all))))]) / float64(time.Millisecond)
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
	env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "CLAUDE_CONFIG_DIR=" + dir + "/config",
		"DISABLE_AUTOUPDATER=1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_TELEMETRY=1"}, setup.env[1:]...)
	return launchProgram(t, []string{bin}, env, dir, args...)
}

// launchProgram starts what speaks the CLI's protocol.
func launchProgram(t *testing.T, program []string, env []string, dir string, args ...string) *cli {
	t.Helper()
	cmd := exec.Command(program[0], slices.Concat(program[1:], []string{"-p", "--input-format", "stream-json", "--output-format", "stream-json",
		"--verbose", "--include-partial-messages"}, args)...)
	cmd.Dir, cmd.Env = dir, env
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
