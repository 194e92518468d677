package e2e

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"
)

// attack is a way of misbehaving as it is run: shape and argument, and what may come of it.
type attack struct {
	name, shape string
	arg         int
	weigh       int  // processes in one run that take too much; those that only start others do not count
	mild        bool // the governor may let it pass
	slow        bool // takes a minute: every tenth run of a long soak
	kills       bool // without the governor the kernel kills each time
}

// One run of all weighs 24, so that 42 runs, with 5 of drip, are 1,013 processes that misbehave.
var attacks = []attack{
	{name: "fast", shape: "fast", weigh: 1, kills: true},
	{name: "leak", shape: "leak", arg: 100, weigh: 1, kills: true},
	{name: "drip", shape: "leak", arg: 5, weigh: 1, slow: true},
	{name: "tree", shape: "tree", arg: 14, weigh: 14, kills: true},
	{name: "daemon", shape: "daemon", weigh: 1},
	{name: "stubborn", shape: "stubborn", weigh: 1, kills: true},
	{name: "mapfile", shape: "mapfile", arg: 700, weigh: 1, mild: true},
	{name: "tmpfs", shape: "tmpfs", weigh: 1},
	{name: "shm", shape: "shm", weigh: 1},
	{name: "cache", shape: "cache", arg: 700, weigh: 1, mild: true},
	{name: "burst", shape: "burst", arg: 250, weigh: 1, mild: true},
	{name: "short", shape: "short", arg: 400, weigh: 1, mild: true},
}

// soakRuns is how often each attack is run: a few times in the tests, many in make soak.
func soakRuns() int {
	if n, err := strconv.Atoi(os.Getenv("CODER1_SOAK_RUNS")); err == nil && n > 0 {
		return n
	}
	return 2
}

// Programs misbehave in every way there is, as commands of an agent in a real 512 MB, beside somebody
// else's honest work. The kernel must never have to kill, the server must answer all the time, and the
// honest must not be stopped.
func TestMisbehaviourDoesNotKill(t *testing.T) {
	runAttacks(t, soakRuns(), true)
}

// The same with the governor switched off, to prove that these programs do kill.
func TestMisbehaviourKillsWithoutTheGovernor(t *testing.T) {
	runAttacks(t, 1, false, "ENABLE_MEMORY_MONITORING=false")
}

type tally struct {
	runs, right, wrong int
	peakMB             int64
	above              []time.Duration
	kernelKills        int64
}

func runAttacks(t *testing.T, runs int, governed bool, env ...string) {
	setup := setup{data: t.TempDir(), env: append([]string{"CLAUDE_BIN=none"}, env...)}
	setup.group, setup.contained = memorytest.New(t, 512*mb), true
	s := setup.start(t)
	s.workspace("shop")
	w := watchOver(s, setup.group)
	tallies := make([]tally, len(attacks))
	for run := range runs {
		for i, a := range attacks {
			if a.slow && (!governed || runs < 10 || run%10 != 0) {
				continue
			}
			tallies[i].runs++
			attackOnce(t, s, setup.group, a, run, governed, &tallies[i])
			see := w.take()
			tallies[i].peakMB = max(tallies[i].peakMB, see.peakMB)
			tallies[i].above = append(tallies[i].above, see.above...)
			if governed && (see.slow > time.Second || see.failed != "" || see.peakMB >= 500) {
				t.Errorf("%s: peak %d MB, health took %v at most, %s", a.name, see.peakMB, see.slow, see.failed)
			}
		}
	}
	report(t, tallies, governed)
	s.stop()
	if left := setup.group.PIDs(); len(left) > 0 {
		t.Errorf("orphans: %v", left)
	}
}

// attackOnce runs a misbehaving command in one session and an honest one in another, both to their end.
func attackOnce(t *testing.T, s *server, g *memorytest.Group, a attack, run int, governed bool, y *tally) {
	before := g.OOMKills()
	bin := thisProgram(t)
	guilty, honest := s.session("shop", "demo"), s.session("shop", "demo")
	fg, fh := s.follow(guilty, 0), s.follow(honest, 0)
	ph := s.prompt(honest, fmt.Sprintf("run %s misbehave honest %d", bin, 20+run%20))
	s.decide(honest, fh.permission(), "allow")
	time.Sleep(time.Duration(run*37%400) * time.Millisecond) // so that they meet at another point each time
	pg := s.prompt(guilty, fmt.Sprintf("run %s misbehave %s %d", bin, a.shape, a.arg))
	eg, eh := fg.endAllowing(s, pg.PromptID), fh.endAllowing(s, ph.PromptID)
	output := fg.last("tool_result").Output
	stopped := strings.Contains(output, "Coder1 stopped this command") || strings.Contains(output, "out of memory")
	switch result := fh.last("tool_result"); {
	case eh.Outcome != "done" || !strings.Contains(result.Output, "ended by itself"):
		y.wrong++
		if governed {
			t.Errorf("%s: the honest command ended %q with %q", a.name, eh.Outcome, result.Output)
		}
	case stopped:
		y.right++
	case governed && !a.mild && a.shape != "daemon":
		t.Errorf("%s: ended %q with %.300q", a.name, eg.Outcome, output)
	}
	if governed && eg.Outcome != "done" {
		t.Errorf("%s: the turn ended %q %s %s", a.name, eg.Outcome, eg.Reason, eg.Error)
	}
	s.call("DELETE", "/api/sessions/"+guilty, nil, 204, nil)
	s.call("DELETE", "/api/sessions/"+honest, nil, 204, nil)
	s.awaitRest(g)
	if a.shape == "tmpfs" {
		cleanShm(t, s, governed)
	}
	kills := g.OOMKills() - before
	y.kernelKills += kills
	if governed && kills > 0 {
		t.Errorf("%s: the kernel killed %d times", a.name, kills)
	}
}

// letBe is how much the governor leaves in files in memory: a sixteenth of the limit.
const letBe = 32 * mb

// cleanShm waits until the governor has swept away what was left in files in memory, and removes what it
// lets be; without a governor, all of it.
func cleanShm(t *testing.T, s *server, governed bool) {
	for deadline := time.Now().Add(deadMan); governed; time.Sleep(20 * time.Millisecond) {
		left := int64(0)
		for _, path := range s.shmFiles() {
			if info, err := os.Stat(path); err == nil {
				left += info.Size()
			}
		}
		if left < letBe {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d MB are left in files in memory", left/mb)
		}
	}
	for _, path := range s.shmFiles() {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

// endAllowing reads to a prompt's end and allows all that is asked on the way, after a kill once more.
func (f *follower) endAllowing(s *server, prompt string) event {
	f.t.Helper()
	return f.until("the end of "+prompt, func(e event) bool {
		if e.Type == "permission_requested" && e.PromptID == prompt {
			s.tryDecide(f.session, e)
		}
		return e.PromptID == prompt && (e.Type == "turn_ended" && e.Outcome != "requeued" || e.Type == "prompt_ended")
	})
}

func report(t *testing.T, tallies []tally, governed bool) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-10s %5s %9s %8s %16s %16s %7s %7s %13s\n", "shape", "runs", "processes", "peak MB",
		"above brink p50", "p99 (ms)", "right", "wrong", "kernel kills")
	processes := 0
	for i, y := range tallies {
		processes += y.runs * attacks[i].weigh
		fmt.Fprintf(&b, "%-10s %5d %9d %8d %16d %16d %7d %7d %13d\n", attacks[i].name, y.runs, y.runs*attacks[i].weigh, y.peakMB,
			quantile(y.above, 0.5), quantile(y.above, 0.99), y.right, y.wrong, y.kernelKills)
	}
	t.Logf("%d misbehaving processes, governor %v: %s", processes, map[bool]string{true: "on", false: "off"}[governed], b.String())
	for i, y := range tallies {
		if !governed && attacks[i].kills && y.kernelKills == 0 {
			t.Errorf("%s: without the governor the kernel did not have to kill: it proves nothing", attacks[i].name)
		}
	}
}
