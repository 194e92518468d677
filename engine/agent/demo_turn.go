package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// failed is the subtype of the result of a turn that went wrong or was interrupted.
const failed = "error_during_execution"

// take runs a turn.
func (d *demo) take(ctx context.Context, before, prompt string) {
	began := time.Now()
	result := demoResult{Type: "result", Subtype: "success"}
	if prompt == "/clear" {
		d.log.reset()
		result.Command = "clear"
	}
	d.write(map[string]any{"type": "system", "subtype": "init", "session_id": d.log.id, "model": demoModel})
	if result.Command == "" {
		if err := d.answer(ctx, before, prompt); err != nil {
			result.Subtype, result.IsError, result.Errors = failed, true, []string{err.Error()}
			if errors.Is(err, context.Canceled) {
				result.Reason = "aborted"
			}
		}
	}
	result.Session, result.DurationMS = d.log.id, time.Since(began).Milliseconds()
	d.write(result)
}

func (d *demo) answer(ctx context.Context, before, prompt string) error {
	d.said = 0
	if err := d.log.add(before, prompt); err != nil {
		return err
	}
	command, rest := parseDemo(prompt)
	if d.log.said == 1 {
		if err := d.say(ctx, demoGreeting, 0); err != nil || command == nil {
			return err
		}
	}
	if command == nil {
		return d.say(ctx, demoConfusion, 0)
	}
	return command(ctx, d, rest)
}

// nextID names the next message or tool call; no other in this conversation has that name.
func (d *demo) nextID(what string) string {
	d.said++
	return fmt.Sprintf("%s-%s-%d-%d", what, d.log.id, d.log.said, d.said)
}

// say streams a message, a word at a time with a pause before each.
func (d *demo) say(ctx context.Context, text string, pause time.Duration) error {
	id := d.nextID("message")
	d.stream(demoEvent{Type: "message_start", Message: &demoMessage{ID: id}})
	d.stream(demoEvent{Type: "content_block_start"})
	said := 0
	var err error
	for piece := range strings.SplitAfterSeq(text, " ") {
		if err = wait(ctx, pause); err != nil {
			break
		}
		d.stream(demoEvent{Type: "content_block_delta", Delta: &demoDelta{Type: "text_delta", Text: piece}})
		said += len(piece)
	}
	d.message("assistant", id, demoText{"text", text[:said]})
	d.stream(demoEvent{Type: "message_stop"})
	return err
}

func wait(ctx context.Context, pause time.Duration) error {
	if pause == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// use runs a tool, after asking for it unless it is free, and tells what came of it. Only an interruption
// is an error.
func (d *demo) use(ctx context.Context, tool string, input map[string]any, free bool, run func() (string, error)) error {
	id := d.nextID("tool")
	call := toolCall{Type: "tool_use", ID: id, Name: tool, Input: input}
	d.message("assistant", d.nextID("message"), call)
	var err error
	if !free {
		err = d.permit(ctx, call)
	}
	var output string
	if err == nil {
		output, err = run()
	}
	interrupted := ctx.Err()
	if interrupted != nil {
		err = errInterrupted
	}
	d.message("user", "", toolAnswer{Type: "tool_result", ID: id, Content: outcome(output, err), IsError: err != nil})
	switch {
	case interrupted != nil:
		return interrupted
	case errors.Is(err, errDenied):
		return d.say(ctx, "All right, I did not do that.", 0)
	case err != nil:
		return d.say(ctx, "That did not work: "+err.Error()+verdictIn(output), 0)
	}
	return d.say(ctx, "Done.", 0)
}

// verdictIn is what the server had to say of a command that it stopped: the last line of its output.
func verdictIn(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if last := lines[len(lines)-1]; strings.HasPrefix(last, "Coder1 ") {
		return "\n\n" + last
	}
	return ""
}

var errInterrupted = errors.New("interrupted")

// outcome is what a tool printed and what went wrong.
func outcome(output string, err error) string {
	output = strings.TrimRight(output, "\n")
	if err == nil {
		return output
	}
	if output != "" {
		output += "\n"
	}
	return output + err.Error()
}
