package tier

import (
	"slices"
	"testing"
	"time"
)

func TestTiersAreCumulative(t *testing.T) {
	if got := Premium.Features(); !slices.Contains(got, "basic-ide") || !slices.Contains(got, "multi-agent") {
		t.Errorf("premium has %v, want every feature", got)
	}
	if got := Essential.Features(); slices.Contains(got, "two-agent-teams") {
		t.Errorf("essential has %v, want only its own", got)
	}
}

func TestForBand(t *testing.T) {
	for band, want := range []Tier{Premium, Standard, Essential, Essential} {
		if got := ForBand(band); got != want {
			t.Errorf("ForBand(%d) = %v, want %v", band, got, want)
		}
	}
}

func TestGaugeRisesAtOnceAndFallsSlowly(t *testing.T) {
	g := Gauge{Bounds: []int64{300, 380}, Margin: 20, Hold: 10 * time.Second}
	for _, step := range []struct {
		at    time.Duration
		value int64
		band  int
		why   string
	}{
		{0, 299, 0, "below every bound"},
		{1, 400, 2, "rises over two bounds at once"},
		{2, 370, 2, "under the bound but within the margin"},
		{3, 350, 2, "the hold time begins"},
		{9, 350, 2, "held for six seconds"},
		{10, 365, 2, "back inside the margin: the hold starts again"},
		{11, 350, 2, "begins again"},
		{20, 350, 2, "nine seconds"},
		{21, 350, 1, "ten seconds: falls one band, 350 is above 280"},
		{22, 100, 1, "begins"},
		{32, 100, 0, "falls to the bottom"},
		{33, 300, 1, "rises again at the bound itself"},
	} {
		g.Update(step.at*time.Second, step.value)
		if g.Band() != step.band {
			t.Fatalf("at %ds with %d: band %d, want %d (%s)", step.at, step.value, g.Band(), step.band, step.why)
		}
	}
}

func TestGaugeFallsSeveralBandsTogether(t *testing.T) {
	g := Gauge{Bounds: []int64{300, 380}, Margin: 20, Hold: time.Second}
	g.Update(0, 500)
	g.Update(time.Second, 10)
	if changed := g.Update(2*time.Second, 10); !changed || g.Band() != 0 {
		t.Errorf("band %d changed %v, want 0 true", g.Band(), changed)
	}
}
