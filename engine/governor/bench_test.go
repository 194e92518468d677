package governor

import (
	"fmt"
	"testing"
	"time"
)

// busyState is a governor at work: two turns with commands, twenty prompts in line.
func busyState(tb testing.TB) (*State, Sample) {
	s := New(testConfig())
	s.Step(0, Sample{Used: 30 * MB, Attributed: true})
	for n := range 22 {
		for _, e := range arrive(fmt.Sprint("p", n), fmt.Sprintf("%c%d", 'a'+n%4, n), 0) {
			s.Step(0, e)
		}
	}
	if len(s.running) != 2 {
		tb.Fatalf("%d turns run", len(s.running))
	}
	sample := Sample{Used: 250 * MB, Pinned: 220 * MB, Attributed: true}
	for id := 1; id <= 2; id++ {
		sample.Groups = append(sample.Groups,
			Group{ID: agentGroup(id), Process: id, Name: "claude", Bytes: 100 * MB},
			Group{ID: fmt.Sprintf("process/%d/command/%d", id, id), Kind: KindTool, Process: id, Name: "npm test", Bytes: 20 * MB})
	}
	s.Step(time.Second, sample)
	return s, sample
}

func TestTheSamplePathAllocatesNothing(t *testing.T) {
	s := New(testConfig())
	sample := Sample{Used: 250 * MB, Pinned: 220 * MB, Attributed: true, Groups: []Group{{ID: "process/1", Process: 1, Bytes: 100 * MB}}}
	var event Event = sample
	now := time.Second
	s.Step(now, event)
	if n := testing.AllocsPerRun(1000, func() { now += time.Millisecond; s.Step(now, event) }); n != 0 {
		t.Errorf("a sample costs %v allocations", n)
	}
}

func BenchmarkStepSample(b *testing.B) {
	s, sample := busyState(b)
	var event Event = sample
	now := 2 * time.Second
	b.ReportAllocs()
	for b.Loop() {
		now += time.Millisecond
		s.Step(now, event)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkAdmission is all that the governor does for one prompt, from its offer to its turn's end.
func BenchmarkAdmission(b *testing.B) {
	s := New(testConfig())
	s.Step(0, Sample{Used: 30 * MB, Attributed: true})
	now := time.Second
	b.ReportAllocs()
	for b.Loop() {
		now += time.Second
		s.Step(now, PromptOffered{Prompt: "p", Session: "a1", User: "a", Agent: "claude", Profile: "a"})
		s.Step(now, PromptStored{"p"})
		s.Step(now, ProcessReady{1})
		s.Step(now, TurnEnded{Prompt: "p", History: 1})
	}
}
