package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The guard is this program started once more. It reads from a pipe that only the server holds open, so
// that the end of the server, of whatever kind, is the end of the pipe; then it kills all that carries one
// of the engine's markers. It has a session of its own, out of reach of the terminal's signals.
const (
	guardName = "coder1-guard" // its argv[0]
	guardID   = "CODER1_GUARD" // variable with the engine's ID
	guardPipe = 3              // is read to its end
	guardHere = 4              // gets a byte when the guard is at its post
)

// GuardMain is to be the first statement of main. When this process was started as the guard, it is the
// guard until its server is gone, and then returns true: main must return. When it was started as a launcher
// or as an agent's wrapper for commands, it does not return.
func GuardMain() (ran bool) {
	switch {
	case isLauncher():
		launcherMain()
	case isShell():
		shellMain()
	}
	if !isGuard() {
		return false
	}
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE)
	_, _ = unix.Write(guardHere, []byte{1})
	_ = unix.Close(guardHere)
	awaitEOF(guardPipe)
	if err := exterminate(anyOf(os.Getenv(guardID))); err != nil {
		os.Exit(1)
	}
	sweepFolders(os.Getenv(guardID))
	return true
}

func isGuard() bool { return os.Args[0] == guardName && os.Getenv(guardID) != "" }

func awaitEOF(fd int) {
	var b [1]byte
	for {
		n, err := unix.Read(fd, b[:])
		if n <= 0 && err != unix.EINTR {
			return
		}
	}
}

// guard keeps a guard process alive as long as the supervisor is open.
type guard struct {
	self, id string
	stop     chan struct{} // closed to let it end
	over     chan struct{} // closed when it has

	mu struct {
		sync.Mutex
		closed bool
		cmd    *exec.Cmd
		pipe   *os.File
	}
}

func (g *guard) open(self, id string) error {
	if isGuard() || isLauncher() || isShell() {
		return errors.New("this is a helper process: main must begin with process.GuardMain")
	}
	g.self, g.id, g.over, g.stop = self, id, make(chan struct{}), make(chan struct{})
	if err := g.start(); err != nil {
		return fmt.Errorf("start the guard: %w", err)
	}
	return nil
}

// start starts a guard, and returns when it is at its post.
func (g *guard) start() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mu.closed {
		return nil
	}
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close()
	cmd, err := g.startWith(theirs)
	if err != nil {
		ours.Close()
		return err
	}
	if g.mu.pipe != nil {
		g.mu.pipe.Close()
	}
	g.mu.cmd, g.mu.pipe = cmd, ours
	return nil
}

func (g *guard) startWith(pipe *os.File) (*exec.Cmd, error) {
	here, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer here.Close()
	cmd := &exec.Cmd{
		Path: g.self, Args: []string{guardName}, Dir: "/",
		Env:         []string{guardID + "=" + g.id, "TMPDIR=" + os.TempDir(), "GOMAXPROCS=1", "GORACE=atexit_sleep_ms=0"}, // the last for tests
		ExtraFiles:  []*os.File{pipe, theirs},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	_ = here.SetReadDeadline(time.Now().Add(guardPatience))
	if n, _ := here.Read(make([]byte, 1)); n == 0 {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, errors.New("it did not come up; main must begin with process.GuardMain")
	}
	return cmd, nil
}

// guardPatience bounds the start of the guard, which takes milliseconds where there is CPU to be had.
const guardPatience = 30 * time.Second

// serve starts another guard when this one is killed.
func (g *guard) serve() {
	defer close(g.over)
	for {
		_ = g.command().Wait()
		select {
		case <-g.stop:
			return
		case <-time.After(time.Second):
			_ = g.start() // tried again in a second: the Wait of the old command returns at once
		}
	}
}

func (g *guard) command() *exec.Cmd {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mu.cmd
}

// close lets the guard end and waits for it.
func (g *guard) close() {
	close(g.stop)
	g.mu.Lock()
	g.mu.closed = true
	g.mu.pipe.Close()
	g.mu.Unlock()
	<-g.over
}
