package engine

import (
	"testing"
	"time"

	"coder1/engine/governor"
)

func TestAnAlertOfTheStoreSaysSinceWhenItIsSeen(t *testing.T) {
	var s sightings
	for _, look := range []struct {
		at    time.Duration
		name  string
		since time.Duration
	}{
		{1 * time.Second, "disk_full", 1 * time.Second},
		{9 * time.Second, "disk_full", 1 * time.Second},
		{10 * time.Second, "store", 10 * time.Second},
		{11 * time.Second, "", 0},
		{12 * time.Second, "store", 12 * time.Second}, // it was gone
	} {
		var alerts []governor.Alert
		if look.name != "" {
			alerts = append(alerts, governor.Alert{Name: look.name})
		}
		s.date(alerts, look.at)
		if len(alerts) > 0 && alerts[0].Since != look.since {
			t.Errorf("at %v, %s has been there since %v, not %v", look.at, look.name, alerts[0].Since, look.since)
		}
	}
}
