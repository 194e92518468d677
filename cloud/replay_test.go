package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"coder1/engine/governor"
)

func recorded() governor.Config {
	return governor.Config{Budget: 400 * governor.MB, Warning: 300 * governor.MB, Panic: 380 * governor.MB, Hard: 512 * governor.MB,
		MaxAgents: 2, MaxProcesses: 2, IdleTimeout: 2 * time.Minute}
}

func TestSettingsThatAreTried(t *testing.T) {
	mb := func(n int64) *int64 { return &n }
	three, off, half := 3, false, 30*time.Second
	for what, c := range map[string]struct {
		try  whatIf
		want string
	}{
		"nothing":                   {whatIf{}, "400 300 380 512 2 2 2m0s false"},
		"a limit scales the others": {whatIf{Limit: mb(800)}, "800 600 760 1024 2 2 2m0s false"},
		"unless they are given":     {whatIf{Limit: mb(800), Warning: mb(500), HardLimit: mb(900)}, "800 500 760 900 2 2 2m0s false"},
		"the instance alone":        {whatIf{HardLimit: mb(1024)}, "400 300 380 1024 2 2 2m0s false"},
		"no pool, and the rest":     {whatIf{MaxAgents: &three, MaxProcesses: &three, IdleTimeout: &half, Pool: &off}, "400 300 380 512 3 3 30s true"},
	} {
		cfg := recorded()
		c.try.change(&cfg)
		got := fmt.Sprint(cfg.Budget/governor.MB, cfg.Warning/governor.MB, cfg.Panic/governor.MB, cfg.Hard/governor.MB, cfg.MaxAgents, cfg.MaxProcesses, " ", cfg.IdleTimeout, " ", cfg.Unpooled)
		if got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
		if err := check(cfg); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*governor.Config){
		"--limit is 63; it must be 64 or more":                                     func(c *governor.Config) { c.Budget = 63 * governor.MB },
		"--panic is 401; it must not be above the limit (400)":                     func(c *governor.Config) { c.Panic = 401 * governor.MB },
		"--warning is 380; it must be above 0 and below the panic threshold (380)": func(c *governor.Config) { c.Warning = c.Panic },
		"--hard-limit is 380; it must be above the panic threshold (380)":          func(c *governor.Config) { c.Hard = c.Panic },
		"--max-agents is 0; it must be 1 or more":                                  func(c *governor.Config) { c.MaxAgents = 0 },
		"--max-processes is 0; it must be 1 or more":                               func(c *governor.Config) { c.MaxProcesses = 0 },
	} {
		c := recorded()
		change(&c)
		if err := check(c); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestParseSweep(t *testing.T) {
	for text, want := range map[string][]int64{
		"limit=256..512:64":   {256, 320, 384, 448, 512},
		"limit=256..1024":     {256, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960, 1024},
		"max-processes=1..4":  {1, 2, 3, 4},
		"hard-limit=512..512": {512},
	} {
		if _, got, err := parseSweep(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "limit", "limit=", "limit=5", "limit=9..5", "colour=1..2", "limit=1..9999:1", "limit=1..2:0", "limit=1..2:x", "limit=0..5"} {
		if _, values, err := parseSweep(text); err == nil {
			t.Errorf("%q: %v", text, values)
		}
	}
}
