package agent

import (
	"context"
	"errors"
	"fmt"
)

var errDenied = errors.New("not allowed")

// permit asks for a permission, and waits.
func (d *demo) permit(ctx context.Context, call toolCall) error {
	id := newID()
	answer := d.ask(id, call)
	select {
	case v := <-answer:
		if v.Behavior != "allow" {
			return fmt.Errorf("%w: %s", errDenied, v.Message)
		}
		return nil
	case <-ctx.Done():
		d.withdraw(id)
		return ctx.Err()
	}
}

func (d *demo) ask(id string, call toolCall) (answer <-chan verdict) {
	waiting := make(chan verdict, 1)
	d.mu.Lock()
	d.answers[id] = waiting
	d.mu.Unlock()
	d.write(map[string]any{"type": "control_request", "request_id": id, "request": map[string]any{
		"subtype": "can_use_tool", "tool_name": call.Name, "input": call.Input, "tool_use_id": call.ID,
	}})
	return waiting
}

func (d *demo) withdraw(id string) {
	d.mu.Lock()
	delete(d.answers, id)
	d.mu.Unlock()
	d.write(map[string]any{"type": "control_cancel_request", "request_id": id})
}

// answered hands an answer to the turn that waits for it, if it still does.
func (d *demo) answered(id string, v verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if waiting, ok := d.answers[id]; ok {
		delete(d.answers, id)
		waiting <- v
	}
}
