package server

import (
	"testing"
)

func TestHistoryHasAColumnForEveryFigure(t *testing.T) {
	r := openRig(t)
	var h History
	r.call("GET", "/api/history?minutes=10", "", 200, &h)
	if h.StepSeconds != 2 {
		t.Errorf("the last ten minutes come in steps of %d s", h.StepSeconds)
	}
	r.call("GET", "/api/history", "", 200, &h)
	if h.StepSeconds != 60 {
		t.Errorf("a day comes in steps of %d s", h.StepSeconds)
	}
	n := len(h.Times)
	lengths := []int{len(h.Used.Mean), len(h.Used.Max), len(h.Tiers), len(h.Waiting), len(h.Processes)}
	for _, kind := range []string{"server", "process", "tool", "terminal", "other", "cache"} {
		lengths = append(lengths, len(h.Owners[kind].Mean), len(h.Owners[kind].Max))
		if h.Owners[kind].Mean == nil {
			t.Errorf("there is nothing of %s", kind)
		}
	}
	for i, l := range lengths {
		if l != n {
			t.Errorf("column %d has %d values for %d times", i, l, n)
		}
	}
	for _, minutes := range []string{"0", "-5", "1441", "all"} {
		if resp, body := r.do("GET", "/api/history?minutes="+minutes, "", asOwner); resp.StatusCode != 422 {
			t.Errorf("minutes=%s: %s: %s", minutes, resp.Status, body)
		}
	}
	if resp, _ := r.do("GET", "/api/history", ""); resp.StatusCode != 401 {
		t.Errorf("a stranger: %s", resp.Status)
	}
}
