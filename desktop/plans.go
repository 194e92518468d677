package main

import (
	"fmt"
	"math"
	"os"
	"strconv"
)

// plan is a machine to run the engine as on.
type plan struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Memory int    `json:"memoryMB"` // the hard limit
}

// plans are Render's (https://render.com/pricing, November 2026), by memory.
var plans = []plan{
	{"Free", "Render's free instance", 512},
	{"Starter", "Render's $7 instance", 512},
	{"Standard", "Render's $25 instance", 2048},
}

// Bounds of a plan of one's own, in MB: below the least the engine and one agent do not fit.
const (
	leastMemory = 256
	mostMemory  = 1 << 20
)

// custom is a plan of one's own.
func custom(mb int) (plan, error) {
	if mb < leastMemory || mb > mostMemory {
		return plan{}, fmt.Errorf("the limit is %d MB; it must be between %d and %d", mb, leastMemory, mostMemory)
	}
	return plan{Name: "Custom", About: "a limit of your own", Memory: mb}, nil
}

// environ is the environment that gives an engine the plan's limits. The thresholds stand to the limit as
// they do in the cloud, unless the user has set them himself.
func (p plan) environ() []string {
	env := []string{"HARD_LIMIT_MB=" + strconv.Itoa(p.Memory)}
	for _, s := range []struct {
		name  string
		share float64 // of 512 MB, by the defaults
	}{{"MEMORY_LIMIT_MB", 400}, {"MEMORY_WARNING_THRESHOLD", 300}, {"MEMORY_PANIC_THRESHOLD", 380}} {
		if _, set := os.LookupEnv(s.name); !set {
			env = append(env, fmt.Sprintf("%s=%d", s.name, int(math.Round(s.share*float64(p.Memory)/512))))
		}
	}
	return env
}
