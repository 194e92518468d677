package governor

import (
	"strings"
	"testing"
)

// afresh feeds events and returns why the turn that they start does not resume its conversation.
func (c *script) afresh(events ...Event) (how, why string) {
	c.Helper()
	for _, e := range events {
		for _, d := range c.s.Step(c.now, e) {
			if start, ok := d.(StartTurn); ok {
				how, why = start.How.String(), start.Afresh
			}
		}
	}
	return how, why
}

func TestAConversationThatCanNeverFitIsGivenUp(t *testing.T) {
	for _, c := range []struct {
		what    string
		change  func(*Config)
		history int64
		how     string
		says    string
	}{
		{"small", nil, 1000, "resumed", ""},
		{"large, but it fits", nil, 20 * MB, "resumed", ""},
		{"too large", nil, 60 * MB, "new", "479 MB to take the whole conversation in again (60 MB on disk), and can have 350 MB"},
		{"known to be harmless", func(c *Config) {
			c.Learned.Costs = []LearnedCost{{Agent: "claude", Bucket: bucket(60 * MB), Peaks: []int64{120 * MB}}}
		}, 60 * MB, "resumed", ""},
		{"known to be heavy", func(c *Config) {
			c.Learned.Costs = []LearnedCost{{Agent: "claude", Bucket: bucket(5 * MB), Peaks: []int64{300 * MB}}}
		}, 5 * MB, "new", "372 MB"},
		{"too large like any other", func(c *Config) { c.Costs = map[string]Cost{"claude": {Private: 900 * MB}} }, 60 * MB, "resumed", ""},
		{"unpooled", func(c *Config) { c.Unpooled = true }, 60 * MB, "resumed", ""},
	} {
		s := start(t, c.change)
		s.do(used(30))
		how, why := s.afresh(arrive("p1", "a1", c.history)...)
		if how != c.how || !strings.Contains(why, c.says) || c.says == "" && why != "" {
			t.Errorf("%s: %s, %q", c.what, how, why)
		}
	}
}

func TestAConversationWaitsForOthersToLeave(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "b1", "p1 new on 1")
	c.do(ProcessReady{1}, used(140, 1))
	c.expect("p2 #1", arrive("p2", "a1", 30*MB)...) // 257 MB would fit without the other one
	c.do(TurnEnded{Prompt: "p1", History: 10})
	c.expect("p2 resumed on 2", ProcessExited{Process: 1})
}

func TestAConversationThatKillsItsAgentsIsGivenUp(t *testing.T) {
	c := start(t, nil)
	killed := func(process int) Event {
		return ProcessExited{Process: process, Failure: Killed, Cause: "was killed"}
	}
	c.resume("p1", "a1", "p1 resumed on 1")
	if how, why := c.afresh(killed(1)); how != "resumed" || why != "" {
		t.Errorf("after the first kill: %s, %q", how, why)
	}
	if how, why := c.afresh(killed(2)); how != "new" || !strings.Contains(why, "twice the agent was killed") {
		t.Errorf("after the second kill: %s, %q", how, why)
	}
	c.do(ProcessReady{3}, TurnEnded{Prompt: "p1", History: 10})
	if how, why := c.afresh(arrive("p2", "a1", 10)...); how != "warm" || why != "" {
		t.Errorf("the next prompt: %s, %q", how, why)
	}
}

func TestAnAgentThatAnsweredIsResumed(t *testing.T) {
	c := start(t, nil)
	c.resume("p1", "a1", "p1 resumed on 1")
	for id := 1; id < maxAttempts; id++ {
		c.do(ProcessReady{id}, TurnResponded{Prompt: "p1"})
		if how, why := c.afresh(ProcessExited{Process: id, Failure: Killed, Cause: "was killed"}); how != "resumed" || why != "" {
			t.Errorf("after kill %d: %s, %q", id, how, why)
		}
	}
}
