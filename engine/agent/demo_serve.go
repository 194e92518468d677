package agent

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"strings"
)

// demoLine is a line that the demo agent is sent.
type demoLine struct {
	Type    string `json:"type"`
	ID      name   `json:"request_id"`
	Request ask    `json:"request"`
	Message struct {
		Content demoContent `json:"content"`
	} `json:"message"`
	Response struct {
		ID       string  `json:"request_id"`
		Response verdict `json:"response"`
	} `json:"response"`
}

// demoContent is a prompt, and what came before it.
type demoContent struct{ before, prompt string }

// UnmarshalJSON reads a text, or a list of them of which the last is the prompt.
func (c *demoContent) UnmarshalJSON(raw []byte) error {
	*c = demoContent{prompt: read[string](raw)}
	list, _ := blocks(raw)
	for i, one := range list {
		if text := read[block](one).Text; i < len(list)-1 {
			c.before += text
		} else {
			c.prompt = text
		}
	}
	return nil
}

// serve takes in what it is told until there is nothing more.
func (d *demo) serve(stdin io.Reader) {
	r := bufio.NewReader(stdin)
	for {
		raw, err := r.ReadBytes('\n')
		var line demoLine
		if json.Unmarshal(raw, &line) == nil {
			d.hear(line)
		}
		if err != nil {
			d.cancelTurn()
			d.turn.Wait()
			return
		}
	}
}

func (d *demo) hear(line demoLine) {
	switch line.Type {
	case "control_request":
		if line.Request.Subtype == "interrupt" {
			d.cancelTurn()
		}
		d.write(controlResponse(answer{Subtype: "success", ID: string(line.ID), Response: map[string]any{
			"current_permission_mode": "default",
			"models":                  []map[string]string{{"value": "default", "resolvedModel": demoModel}},
		}}))
	case "control_response":
		d.answered(line.Response.ID, line.Response.Response)
	case "user":
		d.turn.Wait() // it is not sent one before the last is over
		ctx, cancel := context.WithCancel(context.Background())
		d.cancelTurn = cancel
		d.turn.Go(func() {
			defer cancel()
			d.take(ctx, line.Message.Content.before, strings.TrimSpace(line.Message.Content.prompt))
		})
	}
}

// demoModel is the name of the model that is not there.
const demoModel = "none"

// write says a line.
func (d *demo) write(line any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.out.Encode(line) // nobody to tell: the server is gone, and we will be killed
}
