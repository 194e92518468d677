package governor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coder1/engine/tier"
)

func testConfig() Config {
	return Config{
		Budget: 400 * MB, Warning: 300 * MB, Panic: 380 * MB, Hard: 512 * MB,
		MaxAgents: 2, MaxProcesses: 2, MaxSessions: 3,
		IdleTimeout: 2 * time.Minute, Cleanup: time.Hour, Costs: FirstCosts(),
	}
}

// script drives a State by hand and collects what it decides, a line each.
type script struct {
	*testing.T
	s   *State
	now time.Duration
}

func start(t *testing.T, change func(*Config)) *script {
	cfg := testConfig()
	if change != nil {
		change(&cfg)
	}
	return &script{t, New(cfg), 0}
}

// do feeds events and returns the decisions about turns, processes and the queue, in short.
func (c *script) do(events ...Event) string {
	c.Helper()
	var lines []string
	for _, e := range events {
		for _, d := range c.s.Step(c.now, e) {
			if line := short(d); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, ", ")
}

func (c *script) expect(want string, events ...Event) {
	c.Helper()
	if got := c.do(events...); got != want {
		c.Errorf("got  %q\nwant %q", got, want)
	}
}

func short(d Decision) string {
	switch d := d.(type) {
	case StartTurn:
		return fmt.Sprintf("%s %s on %d", d.Prompt, d.How, d.Process)
	case Queued:
		return fmt.Sprintf("%s #%d", d.Prompt, d.Position)
	case Refuse:
		return d.Prompt + " refused"
	case Evict:
		return fmt.Sprintf("evict %d", d.Process)
	case EndTurn:
		return fmt.Sprintf("%s %s", d.Prompt, d.Outcome)
	case Interrupt:
		return d.Prompt + " interrupt"
	case Cancelled:
		return d.Prompt + " cancelled"
	case SetTier:
		return d.Tier.String()
	case SetLevel:
		return "level " + d.Level.String()
	case RaiseAlert:
		return fmt.Sprintf("raise %s %s", d.Name, d.Severity)
	case ClearAlert:
		return "clear " + d.Name
	default:
		return ""
	}
}

// arrive offers and stores a prompt; session "a1" belongs to user "a", and each user has one profile.
func arrive(id, session string, history int64) []Event {
	o := PromptOffered{Prompt: id, Session: session, User: session[:1], Agent: "claude", Profile: session[:1], History: history}
	return []Event{o, PromptStored{id}}
}

func (c *script) prompt(id, session string, want string) {
	c.Helper()
	c.expect(want, arrive(id, session, 0)...)
}

func (c *script) resume(id, session string, want string) {
	c.Helper()
	c.expect(want, arrive(id, session, 1000)...)
}

func used(mb int64, processes ...int) Sample {
	var groups []Group
	for _, p := range processes {
		groups = append(groups, Group{ID: fmt.Sprintf("process/%d", p), Process: p, Bytes: 105 * MB})
	}
	return Sample{Used: mb * MB, Attributed: true, Groups: groups}
}

// Whoever waits behind a prompt that nobody may pass any more is told so.
func TestWhoMayNotPassIsToldWhy(t *testing.T) {
	c := start(t, func(cfg *Config) { cfg.MaxAgents, cfg.MaxProcesses = 3, 3 })
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, used(290, 1))
	c.prompt("p2", "b1", "p2 #1") // 107 MB more are too much
	c.now += passPatience + time.Second
	c.do(used(290, 1))
	var told []string
	for _, e := range arrive("p3", "c1", 0) {
		for _, d := range c.s.Step(c.now, e) {
			if q, ok := d.(Queued); ok {
				told = append(told, q.Prompt+": "+q.Reason)
			}
		}
	}
	if want := "p3: a prompt before it has waited for memory for 2 minutes and goes first"; strings.Join(told, ", ") != want {
		t.Errorf("told %q", told)
	}
}

func TestAnAgentThatDoesNotGetReady(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	for id := 1; id <= 3; id++ {
		c.now += startPatience
		var killed []string
		for _, d := range c.s.Step(c.now, Tick{}) {
			if k, ok := d.(Kill); ok {
				killed = append(killed, k.Group)
			}
		}
		if len(killed) != 1 || killed[0] != agentGroup(id) {
			t.Fatalf("killed %v, want process %d", killed, id)
		}
		c.expect("", Tick{}) // once
		want := fmt.Sprintf("p1 requeued, p1 new on %d, clear response", id+1)
		if id == 3 {
			want = "p1 parked, clear response"
		}
		c.expect(want, ProcessExited{Process: id, Failure: Killed, Cause: "was killed"})
	}
}

func TestTwoSlotsAndAQueue(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, used(190, 1))
	c.prompt("p2", "b1", "p2 new on 2")
	c.do(ProcessReady{2}, used(300, 1, 2))
	c.prompt("p3", "c1", "p3 #1")
	c.prompt("p4", "d1", "p4 #2")
	c.expect("evict 1, p3 #1", TurnEnded{Prompt: "p1", History: 10})
	c.expect("p3 new on 3, p4 #1", ProcessExited{Process: 1})
	c.prompt("p5", "b1", "p5 #2")
	c.expect("evict 2, p4 #1, p5 #2", TurnEnded{Prompt: "p2", History: 10})
	c.expect("p4 new on 4, p5 #1", ProcessExited{Process: 2})
}

func TestAnEvictedSessionResumes(t *testing.T) {
	c := start(t, func(c *Config) { c.MaxProcesses = 1 })
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.prompt("p2", "b1", "evict 1, p2 #1")
	c.expect("p2 new on 2", ProcessExited{Process: 1})
	c.do(ProcessReady{2}, TurnEnded{Prompt: "p2", History: 10})
	c.resume("p3", "a1", "evict 2, p3 #1")
	c.expect("p3 resumed on 3", ProcessExited{Process: 2})
}

// While an idle process leaves for a prompt, the others stay warm for their sessions.
func TestOneLeavesForEach(t *testing.T) {
	c := start(t, func(c *Config) { c.MaxProcesses, c.MaxAgents = 4, 3 })
	for i, session := range []string{"a1", "b1", "c1", "d1"} {
		p := fmt.Sprint("p", i+1)
		c.prompt(p, session, fmt.Sprintf("%s new on %d", p, i+1))
		c.do(ProcessReady{i + 1}, TurnEnded{Prompt: p, History: 10})
	}
	c.prompt("p5", "e1", "evict 1, p5 #1")
	c.expect("", Tick{}, used(100, 1, 2, 3, 4))
	c.prompt("p6", "f1", "evict 2, p6 #2")
	c.expect("", Tick{}, used(100, 1, 2, 3, 4))
	c.expect("p5 new on 5, p6 #1", ProcessExited{Process: 2})
	c.expect("", Tick{})
	c.expect("p6 new on 6", ProcessExited{Process: 1})
	c.resume("p7", "c1", "p7 warm on 3")
}

func TestWarmAndReset(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.resume("p2", "a1", "p2 warm on 1")
	c.do(TurnEnded{Prompt: "p2", History: 20})
	c.prompt("p3", "a2", "p3 reset on 1")
	c.do(TurnEnded{Prompt: "p3", History: 10})
	c.resume("p4", "a1", "p4 resumed on 2")
}

func TestASessionsPromptsRunOneByOne(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.prompt("p2", "a1", "p2 #1")
	c.prompt("p3", "a2", "p3 new on 2") // goes on although an older prompt of its user waits for its session
	c.do(ProcessReady{1})
	c.expect("p2 warm on 1", TurnEnded{Prompt: "p1", History: 10})
}

func TestANewProcessWaitsForMemory(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, used(280, 1)) // its tools have taken a lot
	c.prompt("p2", "b1", "p2 #1")
	if got := c.s.View(0).Queue[0].Reason; !strings.Contains(got, "107 MB and 280 of 400 MB") {
		t.Errorf("reason is %q", got)
	}
	c.expect("p2 new on 2", used(190, 1))
}

func TestAWarmSessionGoesOnAbove85PercentButNotInPanic(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.expect("level warning, standard, raise memory critical", used(350, 1))
	c.resume("p2", "a1", "p2 warm on 1")
	c.expect("level panic, essential", used(385, 1))
	c.resume("p3", "b1", "p3 #1")
	if got := c.s.View(0).Queue[0].Reason; !strings.Contains(got, "one agent runs at a time") {
		t.Errorf("reason is %q", got)
	}
	c.now = 2 * time.Second
	c.expect("p3 #1, evict 1", TurnEnded{Prompt: "p2", History: 10}, used(385, 1))
}

func TestIdleProcessesLeaveForAnotherSessionsMemory(t *testing.T) {
	c := start(t, nil)
	c.do(used(30))
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.do(used(330, 1))
	c.prompt("p2", "b1", "evict 1, p2 #1")
	c.expect("p2 new on 2", ProcessExited{Process: 1})
}

func TestTheFirstProcessIsAdmittedHoweverLarge(t *testing.T) {
	c := start(t, func(c *Config) { c.Costs = map[string]Cost{"claude": {Private: 900 * MB}} })
	c.do(used(100))
	c.prompt("p1", "a1", "p1 new on 1")
}

func TestIdleProcessesAreGivenBack(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.now = 119 * time.Second
	c.expect("", Tick{})
	c.now = 120 * time.Second
	c.expect("evict 1", Tick{})
	c.expect("", Tick{})
}

func TestIdleProcessesAreGivenBackSoonerAtWarning(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.now = 31 * time.Second
	c.expect("level warning, standard, evict 1, raise memory warning", used(310, 1))
}

func TestCancel(t *testing.T) {
	c := start(t, func(c *Config) { c.MaxAgents = 1 })
	c.prompt("p1", "a1", "p1 new on 1")
	c.prompt("p2", "a2", "p2 #1")
	c.prompt("p3", "a3", "p3 #2")
	c.expect("p2 cancelled, p3 #1", PromptCancelled{"p2"})
	c.expect("p1 interrupt", PromptCancelled{"p1"})
	c.expect("", PromptCancelled{"p1"}, PromptCancelled{"unknown"})
	c.do(ProcessReady{1})
	c.expect("p3 reset on 1", TurnEnded{Prompt: "p1", Interrupted: true, History: 0})
}

func TestATurnThatIgnoresItsInterruptLosesItsProcess(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1}, PromptCancelled{"p1"})
	c.now = 9 * time.Second
	c.expect("", Tick{})
	c.now = 10 * time.Second
	c.expect("evict 1", Tick{})
	c.expect("p1 interrupted", ProcessExited{Process: 1, Failure: Killed})
}

func TestDrainingPutsTurnsBack(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.prompt("p2", "b1", "p2 new on 2")
	c.do(ProcessReady{1}, ProcessReady{2})
	c.expect("p1 interrupt, p2 interrupt", Draining{})
	c.expect("p1 requeued, p1 #1", TurnEnded{Prompt: "p1", Interrupted: true})
	c.expect("p2 requeued, p2 #1, p1 #2", ProcessExited{Process: 2, Failure: Killed})
	c.expect("p3 refused", arrive("p3", "c1", 0)...)
}

func TestATurnKilledForMemoryRunsAgainAndIsParkedAtLast(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.expect("p1 requeued, p1 new on 2", ProcessExited{Process: 1, Failure: Killed, Cause: "was killed"})
	c.expect("p1 requeued, p1 new on 3", ProcessExited{Process: 2, Failure: Killed, Cause: "was killed"})
	c.expect("p1 parked", ProcessExited{Process: 3, Failure: Killed, Cause: "was killed"})
}

func TestACrashFailsTheTurn(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.expect("p1 failed", ProcessExited{Process: 1, Failure: StartFailed, Cause: "no such file"})
	c.prompt("p2", "a1", "p2 new on 2")
	c.do(ProcessReady{2})
	c.expect("p2 failed", ProcessExited{Process: 2, Failure: Exited, Cause: "exited with code 1"})
}

func TestAStoppedProcessGivesItsTurnBack(t *testing.T) {
	c := start(t, nil)
	c.prompt("p1", "a1", "p1 new on 1")
	c.do(ProcessReady{1})
	c.expect("evict 1", ProcessStopped{1})
	c.expect("p1 requeued, p1 new on 2", ProcessExited{Process: 1, Failure: Killed})
}

func TestRestoredPromptsKeepTheirOrder(t *testing.T) {
	c := start(t, func(c *Config) { c.MaxAgents, c.MaxProcesses = 1, 1 })
	restored := func(id, session string, attempts int) Event {
		return PromptRestored{PromptOffered{Prompt: id, Session: session, User: session[:1], Agent: "claude"}, attempts}
	}
	c.expect("p1 new on 1", restored("p1", "a1", 1))
	c.expect("p2 #1", restored("p2", "a2", 0))
	c.expect("p3 parked", restored("p3", "a3", 3))
}

func TestAFullQueueRefuses(t *testing.T) {
	c := start(t, func(c *Config) { c.QueueBound, c.MaxAgents = 1, 1 })
	c.prompt("p1", "a1", "p1 new on 1")
	c.prompt("p2", "a2", "p2 #1")
	c.expect("p3 refused", arrive("p3", "a3", 0)...)
	c.do(PromptCancelled{"p2"})
	c.prompt("p4", "a4", "p4 #1")
}

func TestWithoutAQueueBusyMeansRefused(t *testing.T) {
	c := start(t, func(c *Config) { c.NoQueue, c.MaxAgents = true, 1 })
	c.prompt("p1", "a1", "p1 new on 1")
	c.expect("p2 refused", arrive("p2", "a2", 0)...)
	c.expect("p3 refused", arrive("p3", "a1", 0)...)
}

func TestUnpooledIsAProcessPerSession(t *testing.T) {
	c := start(t, func(c *Config) { c.Unpooled = true })
	c.do(used(390))
	for i := 1; i <= 6; i++ {
		c.prompt(fmt.Sprint("p", i), fmt.Sprint("a", i), fmt.Sprintf("p%d new on %d", i, i))
	}
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1", History: 10})
	c.now = time.Hour
	c.do(Tick{})
	c.resume("p7", "a1", "p7 warm on 1")
}

func TestWithoutDegradationTheTierStays(t *testing.T) {
	c := start(t, func(c *Config) { c.NoDegradation = true })
	c.do(used(390))
	if got := c.s.View(0).Tier; got != tier.Premium {
		t.Errorf("tier is %v", got)
	}
}

func TestAlertsAreRaisedOnceAndClearedOnce(t *testing.T) {
	c := start(t, nil)
	c.expect("", used(300-1))
	c.expect("level warning, standard, raise memory warning", used(301))
	c.expect("raise memory critical", used(341))
	c.expect("", used(345), used(330))
	c.now = time.Second
	c.expect("", used(200))
	c.now = 11 * time.Second
	c.expect("level normal, premium, clear memory", used(200))
}

func TestQueueAndResponseAlerts(t *testing.T) {
	c := start(t, func(c *Config) { c.MaxAgents = 1 })
	c.prompt("p0", "a0", "p0 new on 1")
	for i := 1; i <= 5; i++ {
		c.prompt(fmt.Sprint("p", i), fmt.Sprint("a", i), fmt.Sprintf("p%d #%d", i, i))
	}
	c.expect("p6 #6, raise queue warning", arrive("p6", "a6", 0)...)
	c.now = 11 * time.Second
	c.expect("raise response warning", Tick{})
	c.expect("clear response", TurnResponded{"p0"})
	c.do(PromptCancelled{"p6"})
	c.now = 22 * time.Second
	c.expect("clear queue", Tick{})
}

func TestTheEstimateFollowsMeasuredTurns(t *testing.T) {
	c := start(t, func(c *Config) { c.MaxAgents = 1 })
	c.prompt("p1", "a1", "p1 new on 1")
	c.prompt("p2", "a2", "p2 #1")
	c.prompt("p3", "a3", "p3 #2")
	wait := func(i int) time.Duration { return c.s.View(c.now).Queue[i].Wait }
	if wait(0) != firstTurn || wait(1) != 2*firstTurn {
		t.Errorf("waits are %v and %v", wait(0), wait(1))
	}
	c.now = 10 * time.Second
	if wait(0) != firstTurn-10*time.Second {
		t.Errorf("after ten seconds the wait is %v", wait(0))
	}
	c.do(ProcessReady{1}, TurnEnded{Prompt: "p1"})
	v := c.s.View(c.now)
	if v.Turn >= firstTurn || v.Estimates != 1 || v.WaitError == 0 {
		t.Errorf("after a turn of ten seconds: turn %v, error %v of %d", v.Turn, v.WaitError, v.Estimates)
	}
}

func TestCostsAreLearned(t *testing.T) {
	c := newCosts(FirstCosts(), nil)
	if got := c.expect("claude", 0).Private; got != 107*MB {
		t.Errorf("first estimate %d", got/MB)
	}
	if got := c.expect("claude", 10*MB).Private; got != 157*MB {
		t.Errorf("first estimate with history %d", got/MB)
	}
	for _, mb := range []int64{90, 120, 95} {
		c.learn("claude", mb*MB, 1000)
	}
	c.learn("claude", 0, 1000)
	if got := c.expect("claude", 0).Private; got != 120*MB {
		t.Errorf("learned %d", got/MB)
	}
	if got := c.expect("other", 0).Private; got != unknownAgent.Private {
		t.Errorf("unknown agent %d", got/MB)
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "a moment", 1500 * time.Millisecond: "2 seconds", 37 * time.Second: "40 seconds",
		59 * time.Second: "1 minute", 61 * time.Second: "2 minutes", 40 * time.Minute: "40 minutes",
		61 * time.Minute: "2 hours", 60 * time.Minute: "1 hour",
	} {
		if got := Words(d); got != want {
			t.Errorf("Words(%v) = %q, want %q", d, got, want)
		}
	}
}
