package engine

import (
	"slices"

	"coder1/engine/agent"
	"coder1/engine/governor"
	"coder1/engine/session"
)

// unfinished knows which prompts of a log, as far as it was read, have not come to an end.
type unfinished struct {
	prompts []string
	waiting []string // those of them that have not begun to run
}

func (u *unfinished) follow(ev session.Event) {
	switch ev.Type {
	case "prompt":
		p := dataOf[PromptEvent](ev).Prompt
		u.prompts, u.waiting = append(u.prompts, p), append(u.waiting, p)
	case "turn_started":
		u.waiting = without(u.waiting, dataOf[TurnStarted](ev).Prompt)
	case "prompt_ended":
		u.ended(dataOf[PromptEnded](ev).Prompt)
	case "turn_ended":
		if t := dataOf[TurnEnded](ev); t.Outcome != requeued {
			u.ended(t.Prompt)
		}
	}
}

// requeued is the outcome of a turn that is to be run again.
const requeued = agent.Outcome(governor.Requeued)

func (u *unfinished) ended(prompt string) {
	u.prompts, u.waiting = without(u.prompts, prompt), without(u.waiting, prompt)
}

func without(all []string, one string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == one })
}

// endings are the events that bring a log to rest which is to stand by itself from there on.
func (u *unfinished) endings(reason string) []session.Event {
	var events []session.Event
	for _, p := range u.prompts {
		events = append(events, record(TurnEnded{Prompt: p, Reason: reason, TurnEnded: agent.TurnEnded{Outcome: agent.Interrupted}}))
	}
	return events
}
