package governor

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"time"
)

// costs learns how much memory processes need: per agent kind and per size of the conversation they
// resume, since a transcript is read whole and can weigh more than the agent itself.
type costs struct {
	first map[string]Cost
	seen  map[costKey]*peaks
}

type costKey struct {
	agent  string
	bucket int // of history size, see bucket
}

// peaks is a ring of the latest peak sizes in bytes.
type peaks struct {
	ring [16]int64
	n    int
}

func newCosts(first map[string]Cost, learned []LearnedCost) costs {
	c := costs{first: maps.Clone(first), seen: map[costKey]*peaks{}}
	for _, l := range learned {
		p := &peaks{}
		for _, bytes := range l.Peaks {
			p.add(bytes)
		}
		c.seen[costKey{l.Agent, l.Bucket}] = p
	}
	return c
}

// Learned is what a State has learned of its machine, to be kept and given to the next one.
type Learned struct {
	Costs []LearnedCost
	Turn  time.Duration // usual length of a turn
}

// LearnedCost is the sizes to which processes have grown, in bytes, the oldest first.
type LearnedCost struct {
	Agent  string
	Bucket int // of history size
	Peaks  []int64
}

// Learned returns what was learned so far.
func (s *State) Learned() Learned {
	l := Learned{Turn: s.waits.turn}
	for key, p := range s.costs.seen {
		l.Costs = append(l.Costs, LearnedCost{key.agent, key.bucket, p.list()})
	}
	slices.SortFunc(l.Costs, func(a, b LearnedCost) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Bucket, b.Bucket))
	})
	return l
}

func (p *peaks) add(bytes int64) {
	p.ring[p.n%len(p.ring)] = bytes
	p.n++
}

func (p *peaks) list() []int64 {
	if p.n <= len(p.ring) {
		return slices.Clone(p.ring[:p.n])
	}
	at := p.n % len(p.ring)
	return slices.Concat(p.ring[at:], p.ring[:at])
}

// resumeFactor is how many bytes of memory a byte of transcript costs at --resume: 249 MB of RSS for a
// transcript of 13.8 MB, where a process without history has 180 MB.
const resumeFactor = 5

// expect is the memory a process is expected to need: the highest of the latest peaks with this much
// history, or the first estimate until there is one.
func (c *costs) expect(agent string, history int64) Cost {
	cost, ok := c.first[agent]
	if !ok {
		cost = unknownAgent
	}
	if seen := c.seen[costKey{agent, bucket(history)}]; seen != nil {
		cost.Private = slices.Max(seen.ring[:])
		return cost
	}
	cost.Private += history * resumeFactor
	return cost
}

// unknownAgent is assumed of an agent nothing is known about: the size of a Node-based CLI.
var unknownAgent = Cost{Private: 150 * MB}

// learn takes the peak size of a process that has ended; 0 means that it was never measured.
func (c *costs) learn(agent string, peak, history int64) {
	if peak == 0 {
		return
	}
	key := costKey{agent, bucket(history)}
	seen := c.seen[key]
	if seen == nil {
		seen = &peaks{}
		c.seen[key] = seen
	}
	seen.add(peak)
}

// bucket groups history sizes by powers of four from 1 MB up; all smaller ones are bucket 0.
func bucket(history int64) int {
	return min((bits.Len64(uint64(history>>20))+1)/2, 8)
}
