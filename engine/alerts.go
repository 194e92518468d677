package engine

import (
	"sync"
	"time"

	"coder1/engine/governor"
)

// storeAlerts are what a person should know of the store.
func (e *Engine) storeAlerts() (alerts []governor.Alert) {
	if err := e.store.Trouble(); err != nil {
		alerts = append(alerts, governor.Alert{Name: "store", Severity: governor.Critical, Message: "Sessions cannot be written: " + err.Error()})
	} else if err := e.store.Room(); err != nil {
		alerts = append(alerts, governor.Alert{Name: "disk_full", Severity: governor.Critical, Message: "No turn begins: " + err.Error()})
	}
	e.sightings.date(alerts, e.now())
	if l := e.store.Loss(); l != nil {
		alerts = append(alerts, governor.Alert{Name: "store_damaged", Severity: governor.Warning, Message: "At the start " + lossReason(l)})
	}
	return alerts
}

// sightings remember since when the store's alerts are seen, which nobody raises and clears: they are there
// whenever somebody looks, such as the platform's health check.
type sightings struct {
	mu    sync.Mutex
	first map[string]time.Duration
}

// date puts into all alerts of now since when they have been seen without a break.
func (s *sightings) date(alerts []governor.Alert, now time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := map[string]time.Duration{}
	for i := range alerts {
		a := &alerts[i]
		since, seen := s.first[a.Name]
		if !seen {
			since = now
		}
		a.Since, first[a.Name] = since, since
	}
	s.first = first
}
