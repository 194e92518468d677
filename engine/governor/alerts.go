package governor

import (
	"fmt"
	"time"

	"coder1/engine/tier"
)

// alerts holds what a person should know of. Each is raised once and cleared once.
type alerts struct {
	memory tier.Gauge // percent of the budget in use
	queue  tier.Gauge // prompts waiting
	active []Alert
}

// Alert is one that was raised and not yet cleared.
type Alert struct {
	Name     string        `json:"name"`
	Severity Severity      `json:"severity"`
	Since    time.Duration `json:"-"`
	Message  string        `json:"message"`
}

// slowResponse is how long a turn may be silent before somebody should know.
const slowResponse = 10 * time.Second

func newAlerts(cfg Config) alerts {
	return alerts{
		memory: tier.Gauge{Bounds: []int64{cfg.Budget*75/100 + 1, cfg.Budget*85/100 + 1}, Margin: cfg.Budget / 20, Hold: calmDown},
		queue:  tier.Gauge{Bounds: []int64{6}, Margin: 0, Hold: calmDown},
	}
}

func (s *State) checkAlerts() {
	if s.memory.known {
		s.alerts.memory.Update(s.now, s.memory.used)
		if band := s.alerts.memory.Band(); band == 0 {
			s.clearAlert("memory", "memory is back to normal")
		} else {
			s.raise("memory", [...]Severity{1: Warning, 2: Critical}[band], s.memoryAlert)
		}
	}
	s.alerts.queue.Update(s.now, int64(s.queue.Len()))
	if s.alerts.queue.Band() > 0 {
		s.raise("queue", Warning, func() string { return fmt.Sprintf("%d prompts are waiting", s.queue.Len()) })
	} else {
		s.clearAlert("queue", "the queue is short again")
	}
	if s.silent() {
		s.raise("response", Warning, func() string { return "an agent has not answered for more than 10 seconds" })
	} else {
		s.clearAlert("response", "all agents answer")
	}
}

func (s *State) memoryAlert() string {
	return fmt.Sprintf("memory is at %d of %d MB (%d %%)", s.memory.used/MB, s.cfg.Budget/MB, s.memory.used*100/s.cfg.Budget)
}

func (s *State) silent() bool {
	for _, p := range s.running {
		if !p.responded && s.now-p.since > slowResponse {
			return true
		}
	}
	return false
}

func (s *State) raise(name string, severity Severity, message func() string) {
	for i := range s.alerts.active {
		a := &s.alerts.active[i]
		if a.Name == name {
			if a.Severity != severity {
				a.Severity, a.Message = severity, message()
				s.decide(RaiseAlert{Name: name, Severity: severity, Reason: a.Message})
			}
			return
		}
	}
	a := Alert{Name: name, Severity: severity, Since: s.now, Message: message()}
	s.alerts.active = append(s.alerts.active, a)
	s.decide(RaiseAlert{Name: name, Severity: severity, Reason: a.Message})
}

func (s *State) clearAlert(name, reason string) {
	for i, a := range s.alerts.active {
		if a.Name == name {
			s.alerts.active = append(s.alerts.active[:i], s.alerts.active[i+1:]...)
			s.decide(ClearAlert{Name: name, Reason: reason})
			return
		}
	}
}
