package process

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
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

// maxOfAgent bounds the commands that one agent runs and waits for at once, among them those that wait for
// leave: a wrapper takes memory itself.
const maxOfAgent = 32

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

func (r *commands) open(b Broker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.mu.closed:
		return os.ErrClosed
	case r.mu.door != nil:
		return errors.New("they are served already")
	}
	folder, err := makeFolder(r.supervisor.id, r.supervisor.self)
	if err != nil {
		return err
	}
	door, err := net.ListenUnix(socketKind, &net.UnixAddr{Name: filepath.Join(folder, socketName), Net: socketKind})
	if err != nil {
		return errors.Join(err, os.RemoveAll(folder))
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

// welcome serves a wrapper, if it runs something for an agent of ours.
func (r *commands) welcome(conn *net.UnixConn) {
	k := newClient(conn)
	k.runner = r.supervisor.runnerOf(k.pid)
	switch {
	case k.runner == "":
		k.say(wordPlain, "")
		k.close()
	case !r.register(k):
		k.refuse(codeRefused, "Too many commands run at once, so this one was not run.")
		k.close()
	default:
		r.serving.Go(k.listen)
		r.serving.Go(func() { r.serve(k) })
	}
}

func (r *commands) register(k *client) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	agent, same := agentOf(k.runner), 0
	for other := range r.mu.clients {
		if agentOf(other.runner) == agent {
			same++
		}
	}
	if r.mu.closed || same >= maxOfAgent {
		return false
	}
	r.mu.clients[k] = true
	return true
}

// agentOf is the owner that a command of a command, and so on, runs for in the end.
func agentOf(owner string) string {
	agent, _, _ := strings.Cut(owner, commandPart)
	return agent
}

// dismiss lets go of a wrapper.
func (r *commands) dismiss(k *client) {
	k.close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.mu.clients, k)
}

func (r *commands) nextID() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.lastID++
	return r.mu.lastID
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
	_ = door.Close()
	r.end("")
	r.serving.Wait()
	_ = os.RemoveAll(folder) // else the next start does
}
