package child

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"coder1/cloud/server"
)

// The engine and the window speak over the engine's standard input and output, a JSON object a line.

// Hello is what the engine says first, once it can be reached.
type Hello struct {
	Port  int    `json:"port"`
	Login string `json:"login"` // opens the door once
}

// Wish is what the engine says for the page: the system's own picker is wanted.
type Wish struct {
	Pick server.Picked `json:"pick"`
}

// Weight is what the window says: how much memory it uses.
type Weight struct {
	WindowBytes int64 `json:"windowBytes"`
}

// pane is the window as the engine has it.
type pane struct {
	bytes atomic.Int64

	mu  sync.Mutex
	out io.Writer
}

// errWindowGone says that nobody takes in what the engine says.
var errWindowGone = errors.New("the window does not answer: start it again")

func (p *pane) say(what any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if json.NewEncoder(p.out).Encode(what) != nil {
		return errWindowGone
	}
	return nil
}

// Pick implements server.Window.
func (p *pane) Pick(what server.Picked) error { return p.say(Wish{what}) }

// Memory implements server.Window.
func (p *pane) Memory() int64 { return p.bytes.Load() }

// listen takes in what the window says, to its end.
func (p *pane) listen(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var w Weight
		if json.Unmarshal(lines.Bytes(), &w) == nil && w.WindowBytes > 0 {
			p.bytes.Store(w.WindowBytes)
		}
	}
	_, _ = io.Copy(io.Discard, in) // after a line that was too long for one
}
