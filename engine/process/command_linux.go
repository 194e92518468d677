package process

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// serve is a command's life, from the wish to run it until nothing is left of it.
func (r *commands) serve(k *client) {
	defer k.close()
	defer r.dismiss(k)
	c := r.admit(k)
	if c == nil {
		k.say(wordPlain, "")
		return
	}
	defer r.supervisor.system.forgetBrand(c.brand)
	defer r.mu.broker.Ended(c)
	grant, err := r.mu.broker.Begin(k.gone, c)
	if err == nil {
		err = r.start(c, k, grant)
	}
	if err != nil {
		close(c.done)
		k.refuse(codeRefused, err.Error())
		return
	}
	r.accompany(c, k)
	k.close() // what is in the background needs it no more
	r.dismiss(k)
	<-c.done
}

func (r *commands) dismiss(k *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.mu.clients, k)
}

// admit hears what is to be run, and for whom: nil for nobody we know.
func (r *commands) admit(k *client) *Command {
	_ = k.conn.SetReadDeadline(time.Now().Add(firstWord))
	request, ok := k.hear(wordRun)
	_ = k.conn.SetReadDeadline(time.Time{})
	runner := r.supervisor.runnerOf(k.pid())
	if !ok || runner == "" {
		return nil
	}
	helper, name, _ := strings.Cut(request, " ")
	r.mu.Lock()
	r.mu.lastID++
	id := r.mu.lastID
	r.mu.Unlock()
	c := &Command{
		Tree: Tree{supervisor: r.supervisor, owner: runner + "/command/" + strconv.Itoa(id)},
		id:   id, name: tidy(name, maxName), helper: helper == "true",
		background: make(chan struct{}), kill: make(chan struct{}), done: make(chan struct{}),
	}
	c.brand = r.supervisor.system.newBrand(c.owner)
	return c
}

// firstWord is how long a client may take to say what it wants.
const firstWord = 10 * time.Second

// start has the wrapper make the command's root, and lets it run.
func (r *commands) start(c *Command, k *client, g Grant) error {
	o := order{brand: c.brand, oomScoreAdj: g.OOMScoreAdj, nice: g.Nice, dataLimit: g.DataLimit, command: true}
	k.say(wordGo, o.String()+"\n"+r.supervisor.marker(c.owner))
	text, _ := k.hear(wordRoot)
	pid, _ := strconv.Atoi(text)
	e, ok := look(pid)
	if !ok || e.parent != k.pid() || e.session != pid || e.group != pid {
		return errors.New("the command could not be started")
	}
	c.branded = c.brand != 0 && brandOf(pid) == c.brand
	c.begin(e.identity)
	if !r.list(c) {
		return errors.New("the server is stopping, so the command was not run")
	}
	r.serving.Go(c.watch)
	if c.frozen.Load() {
		c.FreezeNow()
	}
	if verdict, killed := c.sentence(); killed {
		k.condemn(verdict)
	} else {
		k.say(wordGo, "")
	}
	return nil
}

// list adds a command to those that run.
func (r *commands) list(c *Command) bool {
	c.mu.Lock()
	c.mu.started = time.Now()
	c.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mu.closed {
		r.mu.running = append(r.mu.running, c)
	}
	return !r.mu.closed
}

// accompany talks with the wrapper of a command that runs, until it is gone.
func (r *commands) accompany(c *Command, k *client) {
	stopped, ok := k.hear(wordEnd)
	if !ok {
		c.Kill("") // whoever wanted the command has killed the wrapper, and means the command
		return
	}
	close(c.background)
	if stopped == "true" {
		time.AfterFunc(stoppedGrace, func() { c.Kill("") })
	}
	verdict, killed := c.sentence()
	if !killed {
		k.bye()
		return
	}
	select {
	case <-c.done: // nothing will be written after the verdict
	case <-time.After(verdictPatience):
	}
	k.condemn(verdict)
	<-k.gone.Done()
}

const (
	// stoppedGrace is how long what a command has left may go on when the command was stopped by a signal.
	// Without the wrapper, the CLI gives the command's group about as long.
	stoppedGrace = 1500 * time.Millisecond
	// verdictPatience bounds the wait for processes that hang in the kernel.
	verdictPatience = 5 * time.Second
)

// watch waits until nothing is left of the command.
func (c *Command) watch() {
	select {
	case <-c.background:
	case <-c.kill:
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-c.kill:
			_ = c.pin(c.exterminate)
			c.finish()
			return
		default:
		}
		if c.empty() {
			c.finish()
			return
		}
		select {
		case <-tick.C:
		case <-c.kill:
		}
	}
}

// empty reports whether no member of the tree is left. As a rule it costs a system call a process.
func (c *Command) empty() bool {
	if !c.branded {
		left, err := members(c.claims)
		return err == nil && len(left) == 0
	}
	all, err := pids()
	for _, pid := range all {
		if b, _ := peekBrand(pid); b != c.brand {
			continue
		}
		if e, ok := look(pid); ok && !e.gone() {
			return false
		}
	}
	return err == nil
}

// finish lets go of the command. Its root is dead, and was kept from being collected so that its number
// stayed its own.
func (c *Command) finish() {
	c.pinned.Lock()
	c.reaped = true
	if e, ok := look(c.root.pid); ok && e.identity == c.root && e.parent == os.Getpid() {
		_, _ = unix.Wait4(c.root.pid, nil, unix.WNOHANG, nil) // else it will be given to us when the wrapper exits
	}
	c.pinned.Unlock()
	c.supervisor.system.commands.strike(c)
	close(c.done)
}

func (r *commands) strike(c *Command) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.running = slices.DeleteFunc(r.mu.running, func(other *Command) bool { return other == c })
}
