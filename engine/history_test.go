package engine

import (
	"math"
	"testing"
	"time"
	"unsafe"

	"coder1/engine/governor"
	"coder1/engine/tier"
)

// noon is when these tests begin: on a whole minute.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func figures(usedMB int64) governor.Figures {
	return governor.Figures{Used: usedMB * governor.MB, Known: true, Tier: tier.Premium}
}

func TestHistoryHasMeansAndPeaks(t *testing.T) {
	h := newHistory()
	agents := ByKind{10 * governor.MB, 90 * governor.MB}
	h.figures(noon, figures(100), agents)
	for ms := range 900 { // close to the limit there are many samples: they make the peak, and leave the mean alone
		h.sample(noon.Add(time.Duration(ms)*time.Millisecond), int64(300-ms%7)*governor.MB)
	}
	agents[1] = 190 * governor.MB
	h.figures(noon.Add(time.Second), governor.Figures{Used: 200 * governor.MB, Tier: tier.Essential, Waiting: 3, Processes: 2}, agents)
	h.figures(noon.Add(59*time.Second), figures(150), ByKind{10 * governor.MB, 140 * governor.MB})

	day := h.last(noon.Add(59*time.Second), 24*time.Hour)
	if day.Step != time.Minute || len(day.Moments) != 1 {
		t.Fatalf("a minute: %+v", day)
	}
	m := day.Moments[0]
	if m.Used.Max != 300 || !near(m.Used.Mean, 150) || m.Owners[1].Max != 190 || !near(m.Owners[1].Mean, 140) || !near(m.Owners[0].Mean, 10) {
		t.Errorf("figures: %+v", m)
	}
	if !m.Time.Equal(noon) || m.Tier != tier.Essential || m.Waiting != 3 || m.Processes != 2 {
		t.Errorf("the worst of a minute: %+v", m)
	}
	close := h.last(noon.Add(59*time.Second), 10*time.Minute)
	if close.Step != recentStep || len(close.Moments) != 2 || !near(close.Moments[0].Used.Mean, 150) || close.Moments[1].Used.Max != 150 {
		t.Errorf("the last minutes: %+v", close)
	}
}

func near(got float32, want float64) bool { return math.Abs(float64(got)-want) < 0.01 }

func TestHistoryForgetsWhatIsOlderThanADay(t *testing.T) {
	h := newHistory()
	minutes := 3*historyMinutes + 17
	for m := range minutes {
		h.figures(noon.Add(time.Duration(m)*time.Minute), figures(int64(m%500)), ByKind{})
	}
	now := noon.Add(time.Duration(minutes-1) * time.Minute)
	all := h.last(now, 48*time.Hour).Moments
	if len(all) != historyMinutes || !all[len(all)-1].Time.Equal(now) {
		t.Fatalf("%d minutes until %v", len(all), all[len(all)-1].Time)
	}
	for i, m := range all {
		at := minutes - historyMinutes + i
		if want := noon.Add(time.Duration(at) * time.Minute); !m.Time.Equal(want) || m.Used.Mean != float32(at%500) {
			t.Fatalf("minute %d: %+v; want %v", i, m, want)
		}
	}
	if hour := h.last(now, time.Hour).Moments; len(hour) != 61 {
		t.Errorf("the last hour, with the minute that it began in: %d", len(hour))
	}
}

func TestHistoryHasGaps(t *testing.T) {
	h := newHistory()
	h.figures(noon, figures(100), ByKind{})
	h.sample(noon.Add(time.Minute), 500*governor.MB) // no figures: nobody would know whose it was
	h.figures(noon.Add(3*time.Minute), figures(120), ByKind{})
	got := h.last(noon.Add(5*time.Minute), time.Hour).Moments
	if len(got) != 2 || !got[1].Time.Equal(noon.Add(3*time.Minute)) || got[1].Used.Max != 120 {
		t.Errorf("%+v", got)
	}
	if later := h.last(noon.Add(30*time.Hour), 24*time.Hour).Moments; len(later) != 0 {
		t.Errorf("a day after the last figure: %+v", later)
	}
}

func TestHistoryOutlivesAClockThatIsSet(t *testing.T) {
	h := newHistory()
	h.figures(noon, figures(100), ByKind{})
	h.figures(noon.Add(-3*time.Hour), figures(200), ByKind{})
	if got := h.last(noon.Add(-3*time.Hour), 24*time.Hour).Moments; len(got) != 1 || got[0].Used.Mean != 200 {
		t.Errorf("set back: %+v", got)
	}
	h.figures(time.Date(1969, 12, 31, 23, 59, 0, 0, time.UTC), figures(300), ByKind{})
	if got := h.last(noon, 24*time.Hour).Moments; len(got) != 2 {
		t.Errorf("set to before 1970: %+v", got)
	}
}

func TestHistoryTakesLittle(t *testing.T) {
	const most = 170 << 10 // as docs/memory.md says
	h := newHistory()
	takes := int(unsafe.Sizeof(span{})) * (len(h.day.spans) + len(h.recent.spans))
	if takes > most {
		t.Errorf("it takes %d bytes, and may take %d", takes, most)
	}
	now := noon
	if allocs := testing.AllocsPerRun(3000, func() {
		now = now.Add(time.Second)
		h.sample(now, 100*governor.MB)
		h.figures(now, figures(100), ByKind{})
	}); allocs != 0 {
		t.Errorf("%v allocations for a second", allocs)
	}
}

func TestOwnersAreSummedUpByKind(t *testing.T) {
	a := attribution{owners: []Owned{{Kind: "server", Bytes: 1}, {Kind: "process", Bytes: 2}, {Kind: "process", Bytes: 3}, {Kind: "cache", Bytes: 4}}}
	if got, want := a.byKind(), (ByKind{1, 5, 0, 0, 0, 4}); got != want {
		t.Errorf("%v, not %v", got, want)
	}
}

func TestTheEngineRemembersHowMemoryWasUsed(t *testing.T) {
	s := testSettings(t)
	s.MemoryMonitoring = true
	r := openRig(t, s)
	w := r.Watch()
	defer w.Close()
	limit := time.After(deadMan)
	for {
		if past := r.History(10 * time.Minute); len(past.Moments) > 0 {
			m := past.Moments[0]
			if m.Used.Mean <= 0 || m.Owners[0].Mean <= 0 || m.Tier.String() != r.Health().Tier.String() {
				t.Errorf("%+v", m)
			}
			return
		}
		select {
		case <-w.C:
			w.Take()
		case <-limit:
			t.Fatal("nothing is remembered")
		}
	}
}
