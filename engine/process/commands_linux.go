package process

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// commands serves the wrapper (see shellMain), and knows every command that runs.
type commands struct {
	supervisor *Supervisor
	serving    sync.WaitGroup // goroutines

	mu struct {
		sync.Mutex
		closed  bool
		broker  Broker
		door    *net.UnixListener // nil when none are served
		folder  string            // with the wrapper and the socket
		lastID  int
		clients map[*client]bool
		running []*Command // in order of their start
	}
}

// maxClients bounds the wrappers that are served at once. Each is a process itself, so that memory ends
// long before.
const maxClients = 512

// ServeCommands lets agents run commands by way of the wrapper that CommandEnv names, each with the
// broker's leave. It is called once.
func (s *Supervisor) ServeCommands(b Broker) error {
	if err := s.system.commands.open(b); err != nil {
		return fmt.Errorf("serve agents' commands: %w", err)
	}
	return nil
}

// CommandEnv is what makes an agent run its commands through the wrapper; nil when none are served.
func (s *Supervisor) CommandEnv() []string {
	r := &s.system.commands
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.door == nil {
		return nil
	}
	return []string{shellPrefix + "=" + filepath.Join(r.mu.folder, shellName), shellSocket + "=" + filepath.Join(r.mu.folder, socketName)}
}

// Commands are those that run or have left something running, in order of their start.
func (s *Supervisor) Commands() []*Command {
	r := &s.system.commands
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mu.running)
}

func (r *commands) open(b Broker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.mu.closed:
		return os.ErrClosed
	case r.mu.door != nil:
		return fmt.Errorf("they are served already")
	}
	folder, err := makeFolder(r.supervisor.id, r.supervisor.self)
	if err != nil {
		return err
	}
	door, err := net.ListenUnix(socketKind, &net.UnixAddr{Name: filepath.Join(folder, socketName), Net: socketKind})
	if err != nil {
		os.RemoveAll(folder)
		return err
	}
	r.mu.broker, r.mu.folder, r.mu.door, r.mu.clients = b, folder, door, map[*client]bool{}
	r.serving.Go(func() { r.accept(door) })
	return nil
}

func (r *commands) accept(door *net.UnixListener) {
	for {
		conn, err := door.AcceptUnix()
		switch {
		case err == nil:
			r.welcome(conn)
		case r.isClosed():
			return
		default: // out of file descriptors: some will be free again
			time.Sleep(10 * time.Millisecond)
		}
	}
}

func (r *commands) welcome(conn *net.UnixConn) {
	k := newClient(conn)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.closed || len(r.mu.clients) >= maxClients {
		k.refuse(codeRefused, "Too many commands run at once, so this one was not run.")
		k.close()
		return
	}
	r.mu.clients[k] = true
	r.serving.Go(k.listen)
	r.serving.Go(func() { r.serve(k) })
}

func (r *commands) isClosed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.closed
}

// close ends the service. No agent is alive any more.
func (r *commands) close() {
	r.mu.Lock()
	r.mu.closed = true
	door, folder := r.mu.door, r.mu.folder
	r.mu.door = nil
	for k := range r.mu.clients {
		k.close()
	}
	r.mu.Unlock()
	if door == nil {
		return
	}
	door.Close()
	r.end("")
	r.serving.Wait()
	os.RemoveAll(folder)
}

// each does something to every command that runs, and must not wait.
func (r *commands) each(do func(*Command)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.mu.running {
		do(c)
	}
}

// signalWithin signals the groups of the commands that run in a tree.
func (r *commands) signalWithin(t *Tree, sig unix.Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.mu.running {
		if &c.Tree != t && within(c.owner, t.owner) {
			c.signalGroup(sig)
		}
	}
}

// isRoot reports whether a process is the root of a command. Its number is to be kept, dead or alive.
func (r *commands) isRoot(pid int) (is bool) {
	r.each(func(c *Command) { is = is || c.PID() == pid })
	return is
}

// end ends all commands of an owner, "" being everybody, and waits until they are gone.
func (r *commands) end(owner string) {
	var left []*Command
	r.each(func(c *Command) {
		if owner == "" || within(c.owner, owner) {
			left = append(left, c)
		}
	})
	for _, c := range left {
		c.Kill("")
	}
	for _, c := range left {
		<-c.done
	}
}
