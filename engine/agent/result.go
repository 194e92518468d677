package agent

import "strings"

func (p *protocol) hearResult(line []byte) []Event {
	r := read[resultLine](line)
	p.spent += p.cost(r)
	if by := r.Origin.Kind; by != "" && by != "human" {
		return nil // a turn that we did not begin
	}
	switch p.phase {
	case starting:
		return p.failToStart(r)
	case resetting:
		return p.finishReset(r)
	case running:
		return p.endTurn(r)
	}
	return nil
}

// cost is what was spent since the last result, in dollars. The total cannot be relied upon: it goes on
// where it was when a conversation is resumed, and begins again at /clear.
func (p *protocol) cost(r resultLine) float64 {
	before := p.total
	p.total = r.TotalCost
	cost := p.total - before
	if cost < 0 {
		cost = p.total
	}
	if r.Spent != nil {
		cost = 0
		for _, model := range r.Spent {
			cost += model.Cost
		}
	}
	if cost < 0 || cost > maxCost {
		return 0
	}
	return cost
}

// maxCost is in dollars. What is above it is a mistake, and no price.
const maxCost = 1e6

// failToStart tells of the one thing that can be told before the agent is ready; it exits next.
func (p *protocol) failToStart(r resultLine) []Event {
	if !p.resumed {
		return nil
	}
	return []Event{Lost{Conversation: p.ready.Conversation, Reason: r.explain()}}
}

// finishReset announces the new conversation, if there is one.
func (p *protocol) finishReset(r resultLine) []Event {
	if session := string(r.Session); r.IsError || session == "" || session == p.ready.Conversation {
		p.stuck = true
	}
	if p.stuck {
		return nil
	}
	p.phase, p.spent = idle, 0
	p.ready.Conversation = string(r.Session)
	return []Event{p.ready}
}

func (p *protocol) endTurn(r resultLine) []Event {
	p.phase = idle
	clear(p.questions)
	if command := string(r.LocalCommand); command != "" && command != "clear" && command != "compact" {
		p.changed = "/" + command + " may have changed its settings"
	}
	e := TurnEnded{
		Outcome: Done, CostUSD: p.spent, DurationMS: r.DurationMS,
		InputTokens: r.Usage.Input + r.Usage.CacheWrite + r.Usage.CacheRead, OutputTokens: r.Usage.Output,
		CacheReadTokens: r.Usage.CacheRead, CacheWriteTokens: r.Usage.CacheWrite,
	}
	p.spent = 0
	switch {
	case !r.IsError:
	case p.stopped, strings.HasPrefix(r.TerminalReason, "aborted"):
		e.Outcome = Interrupted
	default:
		e.Outcome, e.Error = Failed, r.explain()
	}
	return []Event{e}
}

// explain says what went wrong, in the agent's words.
func (r resultLine) explain() string {
	text := r.Result
	if text == "" {
		text = strings.Join(r.Errors, "\n")
	}
	if text == "" {
		text = "The agent did not say what went wrong."
	}
	text, _ = cut(text, excerpt)
	return text
}
