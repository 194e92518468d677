// Package tier knows which features there are at which level of memory use, and when to move between
// levels: down at once, up slowly. Pure.
package tier

import "time"

// Tier is a level of service. A higher one has all the features of the lower ones.
type Tier int

// The tiers, worst first.
const (
	Essential Tier = iota
	Standard
	Premium
)

var table = [...]struct {
	name            string
	maxAgents       int
	scrollbackLines int
	features        []string
}{
	Essential: {"essential", 1, 10_000, []string{"basic-ide", "single-agent", "file-ops"}},
	Standard:  {"standard", 2, 25_000, []string{"two-agent-teams", "session-summary"}},
	Premium:   {"premium", 3, 50_000, []string{"multi-agent", "parallel-execution"}},
}

func (t Tier) String() string { return table[t].name }

// MarshalText writes the tier's name.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MaxAgents is how many turns may run at once.
func (t Tier) MaxAgents() int { return table[t].maxAgents }

// ScrollbackLines is how much of a terminal's past is kept.
func (t Tier) ScrollbackLines() int { return table[t].scrollbackLines }

// Features lists what the tier offers, the lower tiers' features included.
func (t Tier) Features() []string {
	var all []string
	for i := t; i >= Essential; i-- {
		all = append(all, table[i].features...)
	}
	return all
}

// ForBand maps a memory Gauge with the bounds (warning, panic) to a tier: band 0 is premium.
func ForBand(band int) Tier { return max(Premium-Tier(band), Essential) }

// Gauge turns a noisy value into a steady band: the number of Bounds that the value has reached. It rises
// at once and falls only after the value has stayed Margin below a bound for Hold, so that it cannot flap.
type Gauge struct {
	Bounds []int64 // ascending
	Margin int64
	Hold   time.Duration

	band       int
	below      bool // the value is under the current band's bound by Margin
	belowSince time.Duration
}

// Band is the band as of the last Update.
func (g *Gauge) Band() int { return g.band }

// Update takes a new value and reports whether the band changed.
func (g *Gauge) Update(now time.Duration, value int64) bool {
	before := g.band
	for g.band < len(g.Bounds) && value >= g.Bounds[g.band] {
		g.band++
	}
	if g.band > before || g.band == 0 || value >= g.Bounds[g.band-1]-g.Margin {
		g.below = false
		return g.band != before
	}
	if !g.below {
		g.below, g.belowSince = true, now
	}
	if now-g.belowSince < g.Hold {
		return false
	}
	for g.band > 0 && value < g.Bounds[g.band-1]-g.Margin {
		g.band--
	}
	g.below = false
	return true
}
