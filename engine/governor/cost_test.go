package governor

import (
	"reflect"
	"testing"
	"time"
)

func TestWhatWasLearnedIsKept(t *testing.T) {
	s := New(testConfig())
	for i := range 20 {
		s.costs.learn("claude", int64(100+i)*MB, 0)
	}
	s.costs.learn("claude", 300*MB, 20*MB)
	s.costs.learn("demo", 9*MB, 0)
	s.waits.measure(5 * time.Second)
	cfg := testConfig()
	cfg.Learned = s.Learned()
	next := New(cfg)
	if !reflect.DeepEqual(next.Learned(), s.Learned()) {
		t.Errorf("learned %+v, kept %+v", s.Learned(), next.Learned())
	}
	for _, c := range []struct {
		agent         string
		history, want int64
	}{
		{"claude", 0, 119 * MB},
		{"claude", 20 * MB, 300 * MB},
		{"claude", 200 * MB, (107 + 5*200) * MB}, // never seen: the first estimate and what resuming costs
		{"demo", 0, 9 * MB},
		{"other", 0, 150 * MB},
	} {
		if got := next.costs.expect(c.agent, c.history).Private; got != c.want {
			t.Errorf("%s with %d MB of history is expected to need %d MB, want %d", c.agent, c.history/MB, got/MB, c.want/MB)
		}
	}
}
