package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"coder1/cloud/child"
)

// Times of the engine child.
const (
	startPatience = 60 * time.Second       // to open the store, however long it takes to repair
	endPatience   = 50 * time.Second       // longer than the server's own
	firstPause    = 500 * time.Millisecond // before it is started again; doubled up to longestPause
	longestPause  = 10 * time.Second
	healthy       = 30 * time.Second // a run so long begins the pauses anew
	mostFailures  = 4                // starts in a row that came to nothing, before a person is asked
)

// phase is how far the engine is.
type phase string

const (
	starting phase = "starting"
	running  phase = "running"
	failed   phase = "failed" // and is not started again before it is asked for
	ended    phase = "ended"
)

// progress is what there is to tell of the engine.
type progress struct {
	Phase  phase  `json:"phase"`
	Detail string `json:"detail"` // for people
	Again  string `json:"again"`  // why it had to be started again; "" for the first time
	address
}

// address is where the engine is and what opens its door.
type address struct {
	URL   string `json:"url"`
	Login string `json:"login"`
	token string
}

// keeper starts the engine child, and again when it dies, until it is closed.
type keeper struct {
	engine string // the program
	state  *state
	tell   func(progress)   // called for each change, one at a time
	wish   func(child.Wish) // called for what the page asks for, one at a time

	again chan struct{} // asks for a start after it has failed, or with other limits
	done  chan struct{} // closed when the engine is gone for good

	mu struct {
		sync.Mutex
		progress
		child  *offspring // nil between two
		closed bool
		wanted bool // it was stopped to be started again
	}
}

// offspring is one engine process.
type offspring struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	log   *tail
	gone  chan struct{}
	err   error // of waiting for it; set before gone is closed
}

func newKeeper(engine string, s *state, tell func(progress), wish func(child.Wish)) *keeper {
	return &keeper{engine: engine, state: s, tell: tell, wish: wish, again: make(chan struct{}, 1), done: make(chan struct{})}
}

// run keeps the engine until close is called.
func (k *keeper) run() {
	defer close(k.done)
	pause, failures, reason := firstPause, 0, ""
	for !k.isClosed() {
		k.become(progress{Phase: starting, Detail: "Starting the engine…", Again: reason})
		began := time.Now()
		err := k.once(reason)
		if k.isClosed() {
			break
		}
		if k.takeWanted() {
			pause, failures, reason = firstPause, 0, ""
			continue
		}
		reason = err.Error()
		if time.Since(began) > healthy {
			pause, failures = firstPause, 0
		}
		if failures++; failures >= mostFailures {
			k.become(progress{Phase: failed, Detail: reason})
			<-k.again
			pause, failures, reason = firstPause, 0, ""
			continue
		}
		k.become(progress{Phase: starting, Detail: "The engine ended and is started again. " + reason, Again: reason})
		select {
		case <-time.After(pause):
		case <-k.again:
		}
		pause = min(2*pause, longestPause)
	}
	k.become(progress{Phase: ended})
}

// once runs the engine until it ends, and says why it did.
func (k *keeper) once(reason string) error {
	a := address{token: os.Getenv("CODER1_TOKEN")}
	if a.token == "" {
		a.token = strings.ToLower(rand.Text())
	}
	c, out, err := k.start(a.token)
	if err != nil {
		return err
	}
	defer k.forget()
	h, err := c.hello(out, k.wish)
	if err != nil {
		c.kill()
	} else if h.Port != 0 { // else it ended before it was ready
		a.URL, a.Login = "http://127.0.0.1:"+strconv.Itoa(h.Port), h.Login
		if err := k.state.change(func(s *kept) { s.Port = h.Port }); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		k.become(progress{Phase: running, Again: reason, address: a})
	}
	<-c.gone
	return errors.Join(err, c.why())
}

func (k *keeper) start(token string) (*offspring, io.Reader, error) {
	s := k.state.get()
	c := &offspring{log: &tail{}, gone: make(chan struct{})}
	c.cmd = exec.CommandContext(context.Background(), k.engine, child.Command) // it is ended by stop
	c.cmd.Env = append(os.Environ(), s.Plan.environ()...)
	c.cmd.Env = append(c.cmd.Env, "HOST=127.0.0.1", "OPEN_FOLDERS=true", "PORT="+strconv.Itoa(freePort(s.Port)), "CODER1_TOKEN="+token)
	c.cmd.Stderr = c.log
	apart(c.cmd)
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start the engine: %w", err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start the engine: %w", err)
	}
	c.stdin = stdin
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.closed {
		return nil, nil, errors.New("the window is being closed")
	}
	if err := c.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start the engine: %w", err)
	}
	k.mu.child = c
	return c, out, nil
}

// hello waits until the engine says where it is, and has its wishes and its end noted from then on. Of one
// that ends before it is ready the port is 0.
func (c *offspring) hello(out io.Reader, wished func(child.Wish)) (child.Hello, error) {
	said := make(chan child.Hello, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for first := true; lines.Scan(); {
			var h child.Hello
			var w child.Wish
			if first && json.Unmarshal(lines.Bytes(), &h) == nil && h.Port != 0 {
				first = false
				said <- h
			} else if json.Unmarshal(lines.Bytes(), &w) == nil && w.Pick != "" {
				wished(w)
			}
		}
		_, _ = io.Copy(io.Discard, out)
		c.err = c.cmd.Wait()
		close(c.gone)
	}()
	select {
	case h := <-said:
		return h, nil
	case <-c.gone:
		return child.Hello{}, nil
	case <-time.After(startPatience):
		return child.Hello{}, fmt.Errorf("the engine was not ready within %v", startPatience)
	}
}

// why says how the engine ended, with the last it said.
func (c *offspring) why() error {
	how := "It ended by itself."
	if c.err != nil {
		how = "It ended: " + c.err.Error() + "."
	}
	if last := c.log.lastError(); last != "" {
		how += " Its last words: " + last
	}
	return errors.New(how)
}

func (c *offspring) kill() { _ = c.cmd.Process.Kill() }

// stop asks the engine to end, and makes it when it does not.
func (c *offspring) stop() {
	_ = c.stdin.Close()
	select {
	case <-c.gone:
	case <-time.After(endPatience):
		c.kill()
		<-c.gone
	}
}

// weigh tells the engine how much memory the window uses. An engine that is ending need not know.
func (k *keeper) weigh(bytes int64) {
	k.mu.Lock()
	c := k.mu.child
	k.mu.Unlock()
	if c != nil {
		_ = json.NewEncoder(c.stdin).Encode(child.Weight{WindowBytes: bytes})
	}
}

// pid is the engine's, 0 for none.
func (k *keeper) pid() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mu.child == nil {
		return 0
	}
	return k.mu.child.cmd.Process.Pid
}

// restart ends the engine and starts it anew; it returns at once.
func (k *keeper) restart() {
	k.mu.Lock()
	c := k.mu.child
	k.mu.wanted = c != nil
	k.mu.Unlock()
	if c != nil {
		go c.stop()
	}
	select {
	case k.again <- struct{}{}:
	default:
	}
}

// close ends the engine for good, and waits until it is gone.
func (k *keeper) close() {
	k.mu.Lock()
	k.mu.closed = true
	c := k.mu.child
	k.mu.Unlock()
	if c != nil {
		c.stop()
	}
	select {
	case k.again <- struct{}{}:
	default:
	}
	<-k.done
}

func (k *keeper) become(p progress) {
	k.mu.Lock()
	k.mu.progress = p
	k.mu.Unlock()
	k.tell(p)
}

func (k *keeper) now() progress {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.progress
}

func (k *keeper) isClosed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mu.closed
}

// takeWanted reports that the engine ended because it was to be started anew.
func (k *keeper) takeWanted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	wanted := k.mu.wanted
	k.mu.wanted = false
	if wanted {
		select {
		case <-k.again:
		default:
		}
	}
	return wanted
}

func (k *keeper) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.mu.child = nil
}

// logs are the last lines of the engine's log.
func (k *keeper) logs() string {
	k.mu.Lock()
	c := k.mu.child
	k.mu.Unlock()
	if c == nil {
		return ""
	}
	return c.log.String()
}

// freePort is the port given, where nobody else has it; else any.
func freePort(port int) int {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0
	}
	_ = l.Close()
	return port
}

// maxTail bounds what is kept of the engine's log.
const maxTail = 64 << 10

// tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	end []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if over := len(t.end) - maxTail; over > 0 {
		t.end = append(t.end[:0], t.end[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end)
}

// lastError is the last line that is no log line of an ordinary level, else "".
func (t *tail) lastError() string {
	lines := bytes.Split(bytes.TrimSpace([]byte(t.String())), []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if line := string(lines[i]); line != "" && !strings.Contains(line, "level=INFO") {
			return line
		}
	}
	return ""
}
