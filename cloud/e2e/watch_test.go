package e2e

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"
)

// watch looks at a cgroup and at the server's health from outside, all the time.
type watch struct {
	t     testing.TB
	group *memorytest.Group
	stop  chan struct{}
	all   sync.WaitGroup

	mu     sync.Mutex
	peak   int64         // of what the kernel cannot give back, bytes
	slow   time.Duration // the longest answer to GET /api/health
	failed string        // an answer that was not 200
	above  []time.Duration
	turned []time.Duration
}

// brink is the memory from which the governor acts at the latest: seven eighths of 512 MB.
const brink = 448 * mb

func watchOver(s *server, g *memorytest.Group) *watch {
	w := &watch{t: s.t, group: g, stop: make(chan struct{})}
	w.all.Go(w.memory)
	w.all.Go(func() { w.health(s.url) })
	s.t.Cleanup(w.end)
	return w
}

func (w *watch) end() {
	select {
	case <-w.stop:
	default:
		close(w.stop)
	}
	w.all.Wait()
}

func (w *watch) memory() {
	var since time.Time
	var top int64   // since memory went above the brink
	var turned bool // and has been falling since
	for {
		pinned := w.group.Pinned()
		w.mu.Lock()
		w.peak = max(w.peak, pinned)
		if top = max(top, pinned); !since.IsZero() && !turned && (pinned < brink || pinned <= top-4*mb) {
			turned = true
			w.turned = append(w.turned, time.Since(since))
		}
		switch {
		case pinned >= brink && since.IsZero():
			since, top, turned = time.Now(), pinned, false
		case pinned < brink && !since.IsZero():
			w.above = append(w.above, time.Since(since))
			since = time.Time{}
		}
		w.mu.Unlock()
		select {
		case <-w.stop:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func (w *watch) health(url string) {
	for {
		start := time.Now()
		resp, err := http.Get(url + "/api/health")
		took := time.Since(start)
		w.mu.Lock()
		w.slow = max(w.slow, took)
		if err != nil {
			w.failed = err.Error()
		} else if resp.StatusCode != 200 {
			w.failed = resp.Status
		}
		w.mu.Unlock()
		if err == nil {
			resp.Body.Close()
		}
		select {
		case <-w.stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// seen is what was seen since the last call.
type seen struct {
	peakMB int64
	slow   time.Duration
	failed string
	above  []time.Duration // how long memory stayed above the brink, each time that it went there
	turned []time.Duration // how long until it was falling: below the brink, or 4 MB less than it had been
}

func (w *watch) take() seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := seen{w.peak / mb, w.slow, w.failed, w.above, w.turned}
	w.peak, w.slow, w.failed, w.above, w.turned = 0, 0, "", nil, nil
	return s
}

// quantile of durations, in ms.
func quantile(all []time.Duration, q float64) int64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Clone(all)
	slices.Sort(all)
	return all[min(len(all)-1, int(q*float64(len(all))))].Milliseconds()
}
