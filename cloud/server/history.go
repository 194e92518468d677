package server

import (
	"context"
	"math"
	"time"

	"coder1/engine"
)

// History is how memory was used, a column a figure: the n-th value of each is about the n-th span of time.
// Sizes are MB. A span in which nothing was measured is left out.
type History struct {
	Now         int64                  `json:"now" doc:"The server's time, in seconds since 1970"`
	StepSeconds int                    `json:"stepSeconds" doc:"Length of a span"`
	Times       []int64                `json:"times" doc:"When each span began, in seconds since 1970; the oldest first"`
	Used        HistorySize            `json:"used"`
	Owners      map[string]HistorySize `json:"owners" doc:"By the kind of owner: server, process, tool, terminal, other, cache"`
	Tiers       []string               `json:"tiers" doc:"The lowest of the span"`
	Waiting     []int                  `json:"waiting" doc:"Prompts in line, at most"`
	Processes   []int                  `json:"processes" doc:"Agents' processes, at most"`
}

// HistorySize is what was used in each span.
type HistorySize struct {
	Mean []float64 `json:"mean"`
	Max  []float64 `json:"max"`
}

type historyInput struct {
	Minutes int `query:"minutes" minimum:"1" maximum:"1440" default:"1440" doc:"So far back; up to ten are told every two seconds, more by the minute"`
}

type historyOutput struct{ Body History }

func (s *Server) history(_ context.Context, in *historyInput) (*historyOutput, error) {
	past := s.engine.History(time.Duration(in.Minutes) * time.Minute)
	n := len(past.Moments)
	h := History{Now: time.Now().Unix(), StepSeconds: int(past.Step.Seconds()), Times: make([]int64, n), Used: newSize(n), Owners: map[string]HistorySize{},
		Tiers: make([]string, n), Waiting: make([]int, n), Processes: make([]int, n)}
	for _, kind := range engine.OwnerKinds {
		h.Owners[kind] = newSize(n)
	}
	for i, m := range past.Moments {
		h.Times[i], h.Tiers[i], h.Waiting[i], h.Processes[i] = m.Time.Unix(), m.Tier.String(), m.Waiting, m.Processes
		h.Used.set(i, m.Used)
		for k, kind := range engine.OwnerKinds {
			h.Owners[kind].set(i, m.Owners[k])
		}
	}
	return &historyOutput{h}, nil
}

func newSize(n int) HistorySize { return HistorySize{make([]float64, n), make([]float64, n)} }

// set takes a figure to one decimal, which is closer than it is measured.
func (h HistorySize) set(i int, s engine.Spread) {
	h.Mean[i], h.Max[i] = math.Round(float64(s.Mean)*10)/10, math.Round(float64(s.Max)*10)/10
}
