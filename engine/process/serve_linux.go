package process

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// serve is a command's life, from the wish to run it until nothing is left of it.
func (r *commands) serve(k *client) {
	c := r.admit(k)
	if c == nil {
		r.dismiss(k)
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
		r.dismiss(k)
		return
	}
	r.serving.Go(func() { // may take longer than the command, when the wrapper is frozen with its agent
		r.accompany(c, k)
		r.dismiss(k)
	})
	<-c.done
}

// admit hears what is to be run: nil when nothing is.
func (r *commands) admit(k *client) *Command {
	_ = k.conn.SetReadDeadline(time.Now().Add(firstWord))
	request, ok := k.hear(wordRun)
	_ = k.conn.SetReadDeadline(time.Time{})
	if !ok {
		return nil
	}
	helper, name, _ := strings.Cut(request, " ")
	id := r.nextID()
	c := &Command{
		Tree: Tree{supervisor: r.supervisor, owner: k.runner + commandPart + strconv.Itoa(id)},
		id:   id, name: tidy(name, maxName), helper: helper == "true",
		background: make(chan struct{}), kill: make(chan struct{}), done: make(chan struct{}),
	}
	c.brand = r.supervisor.system.newBrand(c.owner)
	return c
}

// commandPart comes between a command's ID and the owner that it runs for.
const commandPart = "/command/"

// firstWord is how long a client may take to say what it wants.
const firstWord = 10 * time.Second

// start has the wrapper make the command's root, and lets it run.
func (r *commands) start(c *Command, k *client, g Grant) error {
	o := order{brand: c.brand, oomScoreAdj: g.OOMScoreAdj, nice: g.Nice, dataLimit: g.DataLimit}
	k.say(wordGo, o.String()+"\n"+r.supervisor.marker(c.owner))
	text, _ := k.hear(wordRoot)
	pid, _ := strconv.Atoi(text)
	e, ok := look(pid)
	if !ok || e.parent != k.pid || e.session != pid || e.group != pid {
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
