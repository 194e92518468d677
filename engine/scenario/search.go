package scenario

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Search is what came of playing a scenario with many seeds. It does not depend on who played which.
type Search struct {
	Scenario string        `json:"scenario"`
	From     uint64        `json:"from"`
	To       uint64        `json:"to"`
	Played   int           `json:"played"`
	Span     time.Duration `json:"spanNs"`  // of the server's time, in all
	Peak     Extreme       `json:"peak"`    // most memory in use, bytes
	Pinned   Extreme       `json:"pinned"`  // most of it pinned, bytes
	Wait     Extreme       `json:"wait"`    // longest wait of a prompt, ms
	Killed   int           `json:"killed"`  // commands and agents
	Frozen   int           `json:"frozen"`  // times that something was
	Broken   []BrokenRule  `json:"broken"`  // by rule
	Failing  int           `json:"failing"` // seeds that broke a rule
}

// Extreme is the largest value of some seeds, and the lowest seed that had it.
type Extreme struct {
	Value int64  `json:"value"`
	Seed  uint64 `json:"seed"`
}

func (e *Extreme) take(value int64, seed uint64) {
	if value > e.Value || value == e.Value && (e.Seed == 0 || seed < e.Seed) {
		*e = Extreme{value, seed}
	}
}

// BrokenRule is a rule that seeds have broken.
type BrokenRule struct {
	Rule  string   `json:"rule"`
	Count int      `json:"count"`
	Seeds []uint64 `json:"seeds"` // the lowest
}

// mostSeeds are listed of those that break a rule.
const mostSeeds = 10

// Search plays the scenario with the seeds from..to on all processors. When ctx ends it returns what there is.
func (s *Scenario) Search(ctx context.Context, from, to uint64, o Options) (*Search, error) {
	found := &Search{Scenario: s.Name, From: from, To: to, Broken: []BrokenRule{}}
	seeds := make(chan uint64)
	var mu sync.Mutex // guards found and failed
	var failed error
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := range seeds {
				o := o
				o.Record = nil
				r, err := s.Run(seed, o)
				mu.Lock()
				if err != nil {
					failed = err
				} else {
					found.take(r)
				}
				mu.Unlock()
			}
		})
	}
	for seed := from; seed <= to && ctx.Err() == nil; seed++ {
		select {
		case seeds <- seed:
		case <-ctx.Done():
		}
	}
	close(seeds)
	workers.Wait()
	slices.SortFunc(found.Broken, func(a, b BrokenRule) int { return compareRules(a.Rule, b.Rule) })
	return found, failed
}

func (f *Search) take(r *Result) {
	f.Played++
	f.Span += time.Duration(r.SpanMS) * time.Millisecond
	f.Peak.take(r.PeakBytes, r.Seed)
	f.Pinned.take(r.PinnedBytes, r.Seed)
	f.Wait.take(r.WaitMaxMS, r.Seed)
	f.Killed += r.KilledCommands + r.KilledAgents
	f.Frozen += r.Freezes
	if len(r.Broken) > 0 {
		f.Failing++
	}
	for _, rule := range r.rules() {
		f.breaks(rule, r.Seed)
	}
}

func (f *Search) breaks(rule string, seed uint64) {
	i := slices.IndexFunc(f.Broken, func(b BrokenRule) bool { return b.Rule == rule })
	if i < 0 {
		f.Broken, i = append(f.Broken, BrokenRule{Rule: rule}), len(f.Broken)
	}
	b := &f.Broken[i]
	b.Count++
	at, _ := slices.BinarySearch(b.Seeds, seed)
	b.Seeds = slices.Insert(b.Seeds, at, seed)
	b.Seeds = b.Seeds[:min(len(b.Seeds), mostSeeds)]
}

// rules are those that a run has broken, each once.
func (r *Result) rules() []string {
	var rules []string
	for _, b := range r.Broken {
		if !slices.Contains(rules, b.Rule) {
			rules = append(rules, b.Rule)
		}
	}
	return rules
}

// Smallest shrinks, of each rule that was broken, the run of the lowest seed, and returns the smallest of all.
func (f *Search) Smallest(s *Scenario, o Options) (*Shrunk, error) {
	var best *Shrunk
	for _, b := range f.Broken {
		small, err := s.Shrink(b.Seeds[0], b.Rule, o)
		if err != nil {
			return nil, err
		}
		if best == nil || len(small.Script.Prompts) < len(best.Script.Prompts) {
			best = small
		}
	}
	return best, nil
}
