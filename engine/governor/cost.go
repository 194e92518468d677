package governor

import (
	"maps"
	"math/bits"
	"slices"
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

func newCosts(first map[string]Cost) costs {
	return costs{first: maps.Clone(first), seen: map[costKey]*peaks{}}
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
	seen.ring[seen.n%len(seen.ring)] = peak
	seen.n++
}

// bucket groups history sizes by powers of four from 1 MB up; all smaller ones are bucket 0.
func bucket(history int64) int {
	return min((bits.Len64(uint64(history>>20))+1)/2, 8)
}
