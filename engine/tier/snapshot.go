package tier

import (
	"fmt"
	"time"
)

// Mark is where a Gauge stands, in a form that can be kept.
type Mark struct {
	Band       int
	Below      bool // the value is under the band's bound by the margin
	BelowSince time.Duration
}

// Mark returns where the gauge stands.
func (g *Gauge) Mark() Mark { return Mark{g.band, g.below, g.belowSince} }

// Resume makes the gauge go on from a mark.
func (g *Gauge) Resume(m Mark) {
	g.band, g.below, g.belowSince = min(max(m.Band, 0), len(g.Bounds)), m.Below, m.BelowSince
}

// UnmarshalText reads what MarshalText writes.
func (t *Tier) UnmarshalText(name []byte) error {
	for i := range table {
		if table[i].name == string(name) {
			*t = Tier(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no tier", name)
}
