package agent

import (
	"fmt"
	"testing"

	"coder1/engine/agent/agenttest"
)

// What the engine relies on is true of every kind of agent: one suite, run by the real CLI and by the demo
// agent as processes. tongue is how a kind is asked for what the suite needs.
type tongue struct {
	kind      func(t testing.TB, env ...string) Kind
	long      string // an answer that takes longer than any test
	short     string // one of three words
	run       func(command string) string
	write     func(file, text string) string
	count     string // makes it tell how many prompts it remembers
	remembers func(n int) string
}

var tongues = map[string]tongue{
	"claude": {
		kind: realClaude,
		long: "slow: 20000 words", short: "slow: 3 words",
		run: func(command string) string { return "tool: Bash " + command },
		write: func(file, text string) string {
			return "write: " + file + " " + text
		},
		count:     "what number is this?",
		remembers: func(n int) string { return fmt.Sprintf("prompt %d of this conversation", n) },
	},
	"demo": {
		kind: func(t testing.TB, env ...string) Kind { return Demo(self(t), env) },
		long: "say 10000 words", short: "say 3 words",
		run: func(command string) string { return "run " + command },
		write: func(file, text string) string {
			return "write " + file + " " + text
		},
		count:     "history",
		remembers: func(n int) string { return fmt.Sprintf("you have said %d things", n) },
	},
}

// claudeTestEnv is for a CLI that uses the imitation at url and leaves nothing behind.
func claudeTestEnv(t testing.TB, url string) []string {
	return append(agenttest.Env(url), "HOME="+t.TempDir(), "TMPDIR="+t.TempDir())
}

// realClaude is the pinned CLI with an imitation of its model.
func realClaude(t testing.TB, env ...string) Kind {
	_, url := agenttest.Serve(t)
	return Claude(agenttest.CLI(t), append(claudeTestEnv(t, url), env...))
}

var behaviours = []struct {
	name string
	test func(*testing.T, *house, tongue)
}{
	{"answers", answers},
	{"one turn at a time", oneTurnAtATime},
	{"answers after a failed tool", failedTool},
	{"shell prefix", shellPrefixed},
	{"allow", allow},
	{"deny", deny},
	{"interrupt an answer", interruptAnswer},
	{"interrupt at once", interruptAtOnce},
	{"interrupt too late", interruptTooLate},
	{"interrupt a question", interruptQuestion},
	{"interrupt a command", interruptCommand},
	{"interrupt nothing", interruptNothing},
	{"reset", reset},
	{"resume", resume},
	{"resume after a kill", resumeAfterKill},
	{"lost", lost},
	{"transcript", transcriptOnDisk},
	{"told before", toldBefore},
	{"killed", killed},
}

func TestBehaviour(t *testing.T) {
	for name, l := range tongues {
		t.Run(name, func(t *testing.T) {
			for _, b := range behaviours {
				t.Run(b.name, func(t *testing.T) { b.test(t, newHouse(t, l.kind(t)), l) })
			}
		})
	}
}
