package trace

import (
	"time"

	"coder1/engine/governor"
)

// Life is what was asked of a server from its start to its end, as far as a recording has it. After a gap in the
// recording another Life of the same Run goes on.
type Life struct {
	Run      string
	Began    time.Time       // by the wall clock
	At       time.Duration   // the governor's time then
	End      time.Duration   // of the last step
	Settings governor.Config // the last ones
	Died     bool            // it was not stopped: something ended it
	Asked    []Asked         // in the order of time
	Blind    []Stretch       // memory could not be measured
	Crashes  []time.Duration // agents ended that nobody had told to

	closed bool
}

// Asked is a prompt, and what it made its agent do.
type Asked struct {
	At    time.Duration // the governor's time
	Offer governor.PromptOffered
	Turn  Turn
	Ran   bool  // it had a turn, so that Turn is known
	Whole bool  // which came to its end; otherwise it goes on growing as it did
	Fresh bool  // on a process that was started for it
	Start int64 // bytes that its agent had when it began
}

// Stretch is a part of a recording.
type Stretch struct{ From, To time.Duration }

// Lives are those of a recording.
func (w *Work) Lives() []Life { return w.lives }

// Most is the most that was used and pinned beside processes in a life.
func (w *Work) Most(run string) Base {
	var most Base
	for _, p := range w.stretch[run] {
		if p.Used-p.Files > most.Used-most.Files {
			most = p.Base
		}
	}
	return most
}

func (f *fitter) life() *Life {
	if len(f.lives) == 0 {
		return &Life{} // a recording without a head
	}
	return &f.lives[len(f.lives)-1]
}

// begins begins another life, or goes on with one after a gap. A server that another one follows was not stopped,
// unless its end says so.
func (f *fitter) begins(h Head) {
	f.breakOff()
	if l := f.life(); h.Run != l.Run {
		l.Died = !l.closed
	}
	f.lives = append(f.lives, Life{Run: h.Run, Began: h.Time, At: h.At, End: h.At, Settings: h.Settings})
}

// breakOff ends a life: what runs has got so far.
func (f *fitter) breakOff() {
	l := f.life()
	l.End = f.at
	for _, p := range f.processes {
		if t := p.turn; t != nil && t.runs {
			t.Length = max(t.Length, t.age(f.at))
		}
	}
	for i := range l.Asked {
		a := &l.Asked[i]
		if t := f.turns[a.Offer.Prompt]; t != nil {
			a.Turn, a.Ran, a.Whole, a.Fresh, a.Start = t.Turn, true, t.ended, t.fresh, t.start
			a.Turn.Commands = nil
			for _, c := range t.list {
				a.Turn.Commands = append(a.Turn.Commands, c.asFar())
			}
		}
	}
}

// asFar is a command that goes on as it did, where its end is not known.
func (c *seenCommand) asFar() Command {
	one := c.Command
	if !c.done && !c.killed {
		one.Uses.Then = one.Uses.slope()
	}
	return one
}

func (f *fitter) offered(at time.Duration, offer governor.PromptOffered) {
	l := f.life()
	l.Asked = append(l.Asked, Asked{At: at, Offer: offer})
}

// sees notes whether memory could be measured.
func (f *fitter) sees(measured bool) {
	l := f.life()
	n := len(l.Blind)
	switch open := n > 0 && l.Blind[n-1].To == Never; {
	case measured && open:
		l.Blind[n-1].To = f.at
	case !measured && !open:
		l.Blind = append(l.Blind, Stretch{f.at, Never})
	}
}

// left notes an agent's end that nobody brought about.
func (f *fitter) left(e governor.ProcessExited) {
	if p := f.processes[e.Process]; p != nil && !p.going && e.Failure == governor.Killed {
		f.life().Crashes = append(f.life().Crashes, f.at)
	}
}
