package engine

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"coder1/engine/governor"
	"coder1/engine/session"
)

// Owner is the user of a server that has no others yet.
const Owner = "owner"

// MaxPrompt is the most bytes of text in one prompt.
const MaxPrompt = 256 << 10

// Errors about prompts.
var (
	ErrEmptyPrompt   = errors.New("text is empty; write what the agent should do")
	ErrLongPrompt    = fmt.Errorf("text is longer than %d bytes; put long material into a file of the workspace", MaxPrompt)
	ErrNoSuchPrompt  = errors.New("there is no such prompt waiting or running in this session")
	ErrPromptRunning = errors.New("the prompt is running already; stop it to change it")
	ErrMove          = errors.New("before must name another waiting prompt of your own, or be empty for the end of the line")
	ErrClosed        = errors.New("the server is shutting down; try again in a moment")
)

// BusyError says that there is no place for a prompt now.
type BusyError struct {
	Reason     string
	RetryAfter time.Duration
}

func (e *BusyError) Error() string { return e.Reason }

// Placed says what became of a prompt that was accepted.
type Placed struct {
	Prompt   string
	Running  bool
	Position int // 1 goes next; 0 when running
	Wait     time.Duration
	Reason   string // why it waits, or how it runs
}

// Prompt accepts a prompt for a session: it is on disk when this returns, and will run. The error is a
// BusyError when the queue is full.
func (e *Engine) Prompt(id, text string) (Placed, error) {
	if err := checkPrompt(text); err != nil {
		return Placed{}, err
	}
	meta, err := e.shown(id)
	if err != nil {
		return Placed{}, err
	}
	return e.enqueue(meta, text)
}

// enqueue accepts a prompt for a session, shown or not.
func (e *Engine) enqueue(meta session.Meta, text string) (Placed, error) {
	id := meta.ID
	p := session.Prompt{ID: newID(), Session: id, User: meta.User, Text: text, Created: time.Now()}
	if err := e.offer(meta, p.ID); err != nil {
		return Placed{}, err
	}
	err := e.write(id, session.Change{
		Put:    []session.Prompt{p},
		Events: []session.Event{record(PromptEvent{Prompt: p.ID, Text: text})},
		Meta: func(m *session.Meta) {
			if m.Title == "" {
				m.Title = titleOf(text)
			}
		},
	})
	if err != nil {
		e.ask(governor.PromptCancelled{Prompt: p.ID})
		return Placed{}, err
	}
	at := placed(p.ID, e.ask(governor.PromptStored{Prompt: p.ID}))
	at.Reason = e.why(id, at.Reason)
	return at, nil
}

// why is the reason why a session's prompt waits, with what the governor does not know: that a turn which does
// not end may be waiting for a person.
func (e *Engine) why(id, reason string) string {
	if reason == governor.Behind && e.lives.waiting(id) {
		return "this session's previous prompt waits for your answer"
	}
	return reason
}

// titleOf names a session after its first prompt.
func titleOf(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return beginning(strings.TrimSpace(line), 60)
}

func checkPrompt(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return ErrEmptyPrompt
	case len(text) > MaxPrompt:
		return ErrLongPrompt
	}
	return nil
}

// offer asks the governor for a place.
func (e *Engine) offer(meta session.Meta, prompt string) error {
	for _, d := range e.ask(e.offered(meta, prompt)) {
		switch d := d.(type) {
		case governor.Accept:
			return nil
		case governor.Refuse:
			if d.Draining {
				return ErrClosed
			}
			return &BusyError{Reason: d.Reason, RetryAfter: d.RetryAfter}
		}
	}
	return ErrClosed
}

func (e *Engine) offered(meta session.Meta, prompt string) governor.PromptOffered {
	return governor.PromptOffered{
		Prompt: prompt, Session: meta.ID, User: meta.User, Agent: meta.Agent,
		Profile: strings.Join([]string{meta.User, meta.Workspace, meta.Agent}, "/"),
		History: e.history(meta), Background: meta.Hidden,
	}
}

// placed finds out what was decided about a prompt. When nothing was, the server is on its way down, and
// the prompt runs when it is back.
func placed(prompt string, decisions []governor.Decision) Placed {
	for _, d := range decisions {
		switch d := d.(type) {
		case governor.StartTurn:
			if d.Prompt == prompt {
				return Placed{Prompt: prompt, Running: true, Reason: d.Reason}
			}
		case governor.Queued:
			if d.Prompt == prompt {
				return Placed{Prompt: prompt, Position: d.Position, Wait: d.Wait, Reason: d.Reason}
			}
		}
	}
	return Placed{Prompt: prompt, Position: 1, Reason: ErrClosed.Error()}
}

// EditPrompt changes the text of a waiting prompt.
func (e *Engine) EditPrompt(id, prompt, text string) error {
	if err := checkPrompt(text); err != nil {
		return err
	}
	l := e.lives.hold(id)
	defer e.lives.release(l)
	l.edit.Lock()
	defer l.edit.Unlock()
	p, err := e.waiting(id, prompt)
	if err != nil {
		return err
	}
	p.Text = text
	defer e.texts.forget(prompt)
	return e.write(id, session.Change{
		Put:    []session.Prompt{p},
		Events: []session.Event{record(PromptEdited{Prompt: prompt, Text: text})},
	})
}

// MovePrompt moves a waiting prompt before another one of the same user, or to the end of his line.
func (e *Engine) MovePrompt(id, prompt, before string) error {
	if _, err := e.waiting(id, prompt); err != nil {
		return err
	}
	if prompt == before {
		return ErrMove
	}
	if before != "" {
		if other, err := e.store.Prompt(before); err != nil || other.Running {
			return ErrMove
		}
	}
	if err := e.store.Reorder(prompt, before); err != nil {
		return err
	}
	e.ask(governor.PromptMoved{Prompt: prompt, Before: before})
	e.watchers.changed()
	return nil
}

func (e *Engine) waiting(id, prompt string) (session.Prompt, error) {
	p, err := e.prompt(id, prompt)
	if err == nil && p.Running {
		err = ErrPromptRunning
	}
	return p, err
}

func (e *Engine) prompt(id, prompt string) (session.Prompt, error) {
	p, err := e.store.Prompt(prompt)
	if errors.Is(err, session.ErrNotFound) || (err == nil && p.Session != id) {
		return p, ErrNoSuchPrompt
	}
	return p, err
}

// CancelPrompt takes a waiting prompt out of the line, or interrupts the turn of a running one.
func (e *Engine) CancelPrompt(id, prompt string) error {
	l := e.lives.hold(id)
	defer e.lives.release(l)
	l.edit.Lock()
	defer l.edit.Unlock()
	if _, err := e.prompt(id, prompt); err != nil {
		return err
	}
	known := false
	for _, d := range e.ask(governor.PromptCancelled{Prompt: prompt}) {
		switch d := d.(type) {
		case governor.Cancelled:
			return e.remove(id, prompt, PromptEnded{Prompt: prompt, Outcome: "cancelled", Reason: d.Reason})
		case governor.Interrupt:
			known = true
		}
	}
	if known || e.running(prompt) || !l.turn.TryLock() {
		return nil // its turn is being ended
	}
	defer l.turn.Unlock()
	if _, err := e.prompt(id, prompt); err != nil {
		return nil //nolint:nilerr // it ended meanwhile
	}
	return e.remove(id, prompt, PromptEnded{Prompt: prompt, Outcome: "cancelled", Reason: "it was not in line any more"})
}

// running reports whether the governor has a turn of the prompt.
func (e *Engine) running(prompt string) bool {
	return slices.ContainsFunc(e.view().Processes, func(p governor.Process) bool { return p.Prompt == prompt })
}

// remove takes a prompt off the disk and writes down why. On a full disk it is at least taken off.
func (e *Engine) remove(id, prompt string, why any) error {
	err := e.write(id, session.Change{Remove: []string{prompt}, Events: []session.Event{record(why)}})
	if errors.Is(err, session.ErrDiskFull) {
		return e.write(id, session.Change{Remove: []string{prompt}})
	}
	return err
}

// newID makes a name that cannot be guessed: 80 bits, in lower-case base 32.
func newID() string { return strings.ToLower(rand.Text()[:16]) }
