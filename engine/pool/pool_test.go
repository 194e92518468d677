package pool

import (
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	type entry struct {
		session, profile string
		state            State
		since            time.Duration
	}
	for _, tc := range []struct {
		name  string
		max   int
		procs []entry // IDs are 1, 2, …
		want  Want
		gets  Choice
	}{
		{"an empty pool starts one", 2, nil,
			Want{Session: "s", Profile: "p"}, Choice{How: New}},
		{"a conversation on disk is resumed", 2, nil,
			Want{Session: "s", Profile: "p", History: true}, Choice{How: Resumed}},
		{"its own warm process comes first", 2, []entry{{"a", "p", Idle, 1}, {"s", "p", Idle, 2}},
			Want{Session: "s", Profile: "p", History: true}, Choice{How: Warm, Process: 2}},
		{"its own process on its way out is waited for", 2, []entry{{"s", "p", Stopping, 1}},
			Want{Session: "s", Profile: "p", History: true}, Choice{}},
		{"a fresh session resets an idle process of its profile before it takes a free slot", 2, []entry{{"a", "p", Idle, 1}},
			Want{Session: "s", Profile: "p"}, Choice{How: Reset, Process: 1}},
		{"a session with history does not reset", 2, []entry{{"a", "p", Idle, 1}},
			Want{Session: "s", Profile: "p", History: true}, Choice{How: Resumed}},
		{"another profile is never reset", 2, []entry{{"a", "q", Idle, 1}},
			Want{Session: "s", Profile: "p"}, Choice{How: New}},
		{"the process idle for longest makes room", 2, []entry{{"a", "q", Idle, 5}, {"b", "q", Idle, 3}},
			Want{Session: "s", Profile: "p"}, Choice{How: New, Evict: 2}},
		{"all busy: wait", 2, []entry{{"a", "p", Running, 1}, {"b", "p", Starting, 1}},
			Want{Session: "s", Profile: "p"}, Choice{}},
		{"one on its way out still takes its slot", 2, []entry{{"a", "p", Running, 1}, {"b", "p", Stopping, 1}},
			Want{Session: "s", Profile: "p"}, Choice{}},
		{"without pooling every session has its own", 0, []entry{{"a", "p", Idle, 1}, {"b", "p", Idle, 1}, {"c", "p", Running, 1}},
			Want{Session: "s", Profile: "p"}, Choice{How: New}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &Pool{Max: tc.max}
			for _, e := range tc.procs {
				q := p.Add(e.since, Want{Session: e.session, Profile: e.profile})
				p.Set(e.since, q.ID, e.state)
			}
			if got := p.Choose(tc.want); got != tc.gets {
				t.Errorf("got %+v, want %+v", got, tc.gets)
			}
		})
	}
}

func TestALeasedProcessChangesOwner(t *testing.T) {
	p := &Pool{Max: 2}
	q := p.Add(0, Want{Session: "a", Profile: "p"})
	p.Set(1, q.ID, Idle)
	p.Lease(2, q.ID, "b")
	if p.Of("a") != nil || p.Of("b") == nil || q.Turns != 2 || q.State != Running {
		t.Errorf("after the lease: %+v", *q)
	}
	if got := p.Remove(q.ID); got != q || p.Of("b") != nil || len(p.All()) != 0 {
		t.Error("a removed process is still on the books")
	}
	if p.Add(3, Want{}).ID == q.ID {
		t.Error("an ID was used twice")
	}
}
