// Package live plays scenarios for real: the built server, or the desktop program, inside a real hard limit,
// with agents and commands that are processes and take the memory that the script says. The server is driven
// over its API as the page does; what came of it is read from the server's own flight recording and from the
// kernel's books.
//
//	live.go      a run from its beginning to its end
//	place.go     a folder for it, and the agent that stands in for another
//	server.go    the server as it is started and stopped; desktop.go the same through the window
//	client.go    its API; visitor.go: somebody who looks on
//	group.go     what the kernel has charged
//	work.go      a scripted turn as the demo agent's orders
package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"coder1/engine/agent"
	"coder1/engine/scenario"
	"coder1/engine/trace"
)

// Targets of a run beside scenario.Sim.
const (
	Cloud   = "cloud"
	Desktop = "desktop"
)

// Options say with what a scenario is played.
type Options struct {
	Target   string
	Program  string            // coder1, which is the agents as well
	Window   string            // coder1-desktop, for Desktop
	Settings map[string]string // of the server, by the names of their variables
	HardMB   int64
	Log      io.Writer // what the server says; may be nil
}

// Run is what came of a run.
type Run struct {
	*scenario.Result
	Charged   int64       `json:"chargedBytes"` // the most that the kernel had charged, file pages that it could drop included
	Busy      float64     `json:"busy"`         // share of the time in which something on the machine waited for a processor; 0 where that is not told
	Recording *trace.File `json:"-"`
}

// ErrSimulated means that a part of a scenario can only be simulated.
var ErrSimulated = errors.New("sim only")

// Play plays a script and waits until everything that was asked for has been worked off. When the context ends
// first, so does everything that was started.
func Play(ctx context.Context, s *scenario.Scenario, script *scenario.Script, o Options) (*Run, error) {
	if len(script.NoMeter) > 0 {
		return nil, fmt.Errorf("%w: from outside, nothing keeps a server from measuring its memory", ErrSimulated)
	}
	for _, prompt := range script.Prompts {
		if _, err := agent.ParseWork(workOf(prompt.Turn)); err != nil {
			return nil, fmt.Errorf("prompt %s cannot be played for real, the demo agent would refuse its orders: %w", prompt.Offer.Prompt, err)
		}
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	p, err := newPlace(script, o)
	if err != nil {
		return nil, err
	}
	defer p.remove()
	srv, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	defer srv.kill()
	play := &play{script: script, place: p, server: srv, sessions: map[string]string{}}
	began, waited := time.Now(), cpuWait()
	if err := play.run(ctx); err != nil {
		return nil, err
	}
	r, err := play.result(s)
	if err == nil {
		r.Busy = (cpuWait() - waited).Seconds() / time.Since(began).Seconds()
	}
	return r, err
}

// play is a run that is under way.
type play struct {
	script   *scenario.Script
	place    *place
	server   *server
	sessions map[string]string // the script's -> the server's
}

// run has everything happen at its time.
func (p *play) run(ctx context.Context) error {
	if err := p.settle(ctx); err != nil {
		return err
	}
	began := time.Now()
	var acts acts
	for i := range p.script.Prompts {
		prompt := &p.script.Prompts[i]
		acts.add(prompt.At, func(ctx context.Context) error {
			return p.server.prompt(ctx, p.sessions[prompt.Offer.Session], workOf(prompt.Turn))
		})
	}
	for _, at := range p.script.Crashes {
		acts.add(at, func(ctx context.Context) error { return p.server.crash(ctx) })
	}
	for _, w := range p.script.DiskFull {
		acts.add(w.From, func(context.Context) error { return p.place.fill() })
		acts.add(w.To, func(context.Context) error { return p.place.empty() })
	}
	acts.add(p.script.Length, func(context.Context) error { return nil })
	for _, act := range acts.inOrder() {
		if !p.server.sleep(ctx, time.Until(began.Add(act.at))) {
			return ctx.Err()
		}
		if err := act.do(ctx); err != nil && !p.server.died() {
			return fmt.Errorf("after %s: %w", act.at.Round(time.Millisecond), err)
		}
	}
	return p.finish(ctx)
}

// settle makes the users' folders and sessions.
func (p *play) settle(ctx context.Context) error {
	known := map[string]bool{}
	for _, prompt := range p.script.Prompts {
		o := prompt.Offer
		user, _, _ := strings.Cut(o.Session, "/")
		if !known[user] {
			known[user] = true
			if err := p.server.call(ctx, "POST", "/api/workspaces", map[string]string{"name": user}, nil); err != nil {
				return err
			}
		}
		if p.sessions[o.Session] != "" {
			continue
		}
		var made struct{ ID string }
		if err := p.server.call(ctx, "POST", "/api/sessions", map[string]string{"workspace": user, "agent": o.Agent}, &made); err != nil {
			return err
		}
		p.sessions[o.Session] = made.ID
	}
	return nil
}

// Times of a run.
const (
	patience = 10 * time.Minute       // for the line to be worked off
	pause    = 250 * time.Millisecond // from one look to the next
	flush    = 2 * time.Second        // in which a recorder writes down what it has
)

// finish waits until nothing runs and nothing waits, and then ends the server.
func (p *play) finish(ctx context.Context) error {
	late := time.Now().Add(patience)
	for busy := true; busy && !p.server.isDead(); {
		var err error
		if busy, err = p.server.busy(ctx); err != nil && !p.server.died() {
			return err
		}
		if time.Now().After(late) {
			return fmt.Errorf("after %v there are still prompts that have not ended", patience)
		}
		if !p.server.sleep(ctx, pause) {
			return ctx.Err()
		}
	}
	if p.server.isDead() {
		p.server.kill()
		return nil
	}
	return p.server.stop()
}

// result reads what came of it.
func (p *play) result(s *scenario.Scenario) (*Run, error) {
	f, err := trace.Load(p.place.recording())
	if err != nil {
		return nil, fmt.Errorf("the server's flight recording: %w", err)
	}
	r, err := scenario.Judge(f, s.Expect)
	if err != nil {
		return nil, fmt.Errorf("the server's flight recording: %w", err)
	}
	r.Scenario, r.Seed, r.Target = s.Name, p.script.Seed, p.place.Target
	charged := p.server.charged()
	if r.Died > 0 { // its last second is not in the recording; the kernel has it
		r.PeakBytes = max(r.PeakBytes, charged)
	}
	return &Run{Result: r, Charged: charged, Recording: f}, nil
}
