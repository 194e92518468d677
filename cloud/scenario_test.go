package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coder1/engine/scenario"
)

// seedsOfATest are enough for what a change of the governor breaks; `coder1 scenario run NAME --seeds` looks
// further.
const seedsOfATest = 20

// Every scenario of the library shows what it says, with whatever seed.
func TestTheLibraryShowsWhatItSays(t *testing.T) {
	all, err := scenario.Library()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 12 {
		t.Errorf("%d scenarios", len(all))
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if len(s.About) < 40 || s.Length.Max > time.Minute {
				t.Errorf("it says %q, and takes %v", s.About, s.Length.Max)
			}
			o, err := optionsOf(s)
			if err != nil {
				t.Fatal(err)
			}
			found, err := s.Search(context.Background(), 1, seedsOfATest, o)
			if err != nil || found.Played != seedsOfATest {
				t.Fatalf("%+v, %v", found, err)
			}
			if found.Failing > 0 {
				small, err := found.Smallest(s, o)
				if err != nil {
					t.Fatal(err)
				}
				var b strings.Builder
				_ = small.Write(&b)
				t.Error(b.String())
			}
			if shows := mustShow[s.Name]; shows != nil {
				for seed := range uint64(seedsOfATest) {
					r, err := s.Run(seed+1, o)
					if err != nil || !shows(r) {
						t.Errorf("seed %d: %+v, %v, %v", seed+1, r.Figures, r.Ended, err)
					}
				}
			} else if s.Expect != scenario.Dies {
				t.Errorf("nothing says what %s must show", s.Name)
			}
		})
	}
}

// mustShow is what must have happened in every run of a scenario for it to show what it says.
var mustShow = map[string]func(*scenario.Result) bool{
	"burst":              func(r *scenario.Result) bool { return whole(r) && r.OverPanicMS > 0 },
	"disk-full":          func(r *scenario.Result) bool { return r.Ended["cancelled"] > 0 && r.Ended["finished"] > 0 },
	"everything-at-once": func(r *scenario.Result) bool { return r.Ended["finished"] > 0 },
	"five-users-pooled":  func(r *scenario.Result) bool { return whole(r) && r.WaitMaxMS > 0 && r.Evictions > 0 },
	"idle-eviction":      func(r *scenario.Result) bool { return whole(r) && r.Evictions >= r.Prompts-2 && r.KilledAgents == 0 },
	"large-plan":         func(r *scenario.Result) bool { return whole(r) && r.PinnedBytes > 512<<20 && r.OverWarningMS == 0 },
	"leak":               stoppedOne,
	"meter-failure":      func(r *scenario.Result) bool { return whole(r) && r.Freezes == 0 },
	"npm-install": func(r *scenario.Result) bool {
		return whole(r) && r.KilledCommands == 0 && r.Freezes == 0 && r.OverPanicMS > 0
	},
	"one-user": func(r *scenario.Result) bool {
		return whole(r) && r.Evictions == 0 && r.WaitMaxMS == 0 && r.OverPanicMS == 0
	},
	"process-crash": func(r *scenario.Result) bool { return whole(r) && r.Requeued > 0 },
	"queue-at-five": func(r *scenario.Result) bool { return whole(r) && r.Prompts == 7 && r.WaitMaxMS > 15_000 },
	"runaway":       stoppedOne,
	"sawtooth":      func(r *scenario.Result) bool { return whole(r) && r.KilledCommands == 0 && r.Freezes == 0 },
	"slow-start":    func(r *scenario.Result) bool { return whole(r) && r.Requeued == 0 },
	"small-plan":    func(r *scenario.Result) bool { return whole(r) && r.PinnedBytes < 256<<20 && r.WaitMaxMS > 0 },
	"steady":        func(r *scenario.Result) bool { return whole(r) && r.Freezes == 0 && r.KilledAgents == 0 },
	"test-run":      func(r *scenario.Result) bool { return whole(r) && r.OverPanicMS > 0 },
}

// whole reports whether every prompt came to its end.
func whole(r *scenario.Result) bool {
	return r.Prompts > 0 && r.Ended["finished"] == r.Prompts && r.Refused == 0
}

func stoppedOne(r *scenario.Result) bool {
	return whole(r) && r.KilledCommands == 1 && r.Requeued == 0
}

func write(t *testing.T, settings string) *scenario.Scenario {
	t.Helper()
	name := filepath.Join(t.TempDir(), "mine.yaml")
	text := "length: 1m\nusers: [{every: 10s, turn: {length: 1s}}]\nsettings: " + settings
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A scenario has the server's settings, and this process's environment is none of its business.
func TestScenariosHaveTheServersSettings(t *testing.T) {
	t.Setenv("MAX_CLAUDE_PROCESSES", "7")
	t.Setenv("MEMORY_PANIC_THRESHOLD", "nonsense")
	t.Setenv("RENDER", "1")
	o, err := optionsOf(write(t, "{}"))
	c := o.Settings
	if err != nil || c.MaxProcesses != 2 || c.Budget != 400<<20 || c.Panic != 380<<20 || c.Hard != 512<<20 || c.Unpooled || o.Blind || c.Costs["claude"].Private == 0 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = optionsOf(write(t, `{PROCESS_POOL_ENABLED: "false", MAX_CONCURRENT_AGENTS: 5, HARD_LIMIT_MB: "1024", ENABLE_MEMORY_MONITORING: false, PROCESS_IDLE_TIMEOUT: "5000", NODE_OPTIONS: --max-old-space-size=100}`))
	c = o.Settings
	if err != nil || !c.Unpooled || c.MaxAgents != 5 || c.Hard != 1024<<20 || !o.Blind || c.IdleTimeout != 5*time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestSettingsOfScenariosThatCannotBe(t *testing.T) {
	for settings, want := range map[string]string{
		`{MAX_PROCESSES: "3"}`:                                "settings.MAX_PROCESSES is no setting; `coder1 config` lists them",
		`{MEMORY_LIMIT_MB: "40"}`:                             "MEMORY_LIMIT_MB is 40; it must be 64 or more",
		`{MEMORY_LIMIT_MB: lots}`:                             "lots",
		`{HARD_LIMIT_MB: "300"}`:                              "HARD_LIMIT_MB is 300; it must be above MEMORY_PANIC_THRESHOLD (380), or 0",
		`{PROCESS_POOL_ENABLED: perhaps}`:                     "perhaps",
		`{SESSION_PERSISTENCE: paper}`:                        "paper",
		`{MEMORY_LIMIT_MB: 700, MEMORY_PANIC_THRESHOLD: 600}`: "HARD_LIMIT_MB is 512; it must be above MEMORY_PANIC_THRESHOLD (600)",
	} {
		_, err := optionsOf(write(t, settings))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "scenario mine: settings") {
			t.Errorf("%s: %v", settings, err)
		}
	}
}
