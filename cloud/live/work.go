package live

import (
	"coder1/engine/agent"
	"coder1/engine/trace"
)

// workOf is a scripted turn as the demo agent's orders.
func workOf(t trace.Turn) string {
	w := agent.Work{Length: t.Length, Grows: usageOf(t.Grows)}
	for _, c := range t.Commands {
		one := agent.WorkCommand{Name: c.Name, After: c.After, Length: c.Length, Uses: usageOf(c.Uses)}
		if c.Length == trace.Never {
			one.Length = 0
		}
		w.Commands = append(w.Commands, one)
	}
	return w.String()
}

func usageOf(s trace.Shape) agent.Usage {
	u := agent.Usage{PerSecond: s.Then >> 10}
	for _, p := range s.Points {
		u.Points = append(u.Points, agent.UsagePoint{Age: p.Age, KB: p.Bytes >> 10})
	}
	return u
}
