package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// server is one that runs.
type server struct {
	cmd   *exec.Cmd
	pid   int // of the server itself, which is a child of cmd's for the desktop
	url   string
	token string
	group *group
	gone  chan struct{} // closed when cmd has ended
	quit  chan struct{} // closed to end the watch
	once  sync.Once
	dead  chan struct{} // closed when the server died

	mu struct {
		sync.Mutex
		peak int64 // bytes
	}
}

// Times of a server.
const (
	startPatience = 90 * time.Second
	stopPatience  = 60 * time.Second
	watchPause    = 20 * time.Millisecond
	deathPatience = time.Second
)

// start starts the target and returns when it can be used and is inside a hard limit.
func (p *place) start(ctx context.Context) (s *server, err error) {
	if p.Target == Desktop {
		s, err = p.startDesktop(ctx)
	} else {
		s, err = p.startCloud(ctx)
	}
	if err != nil {
		return nil, err
	}
	var st status
	if err = s.call(ctx, "GET", "/api/status", nil, &st); err == nil && !st.Memory.Enforced {
		err = fmt.Errorf("the system does not let Coder1 set a hard limit of %d MB here: %s", p.HardMB, limitable)
	}
	if err == nil {
		s.group, err = ownGroup("/proc", s.pid, os.Getpid())
	}
	if err == nil && p.Target == Cloud {
		err = s.visit(ctx)
	}
	if err != nil {
		s.kill()
		return nil, err
	}
	go s.watch()
	return s, nil
}

func newServer(cmd *exec.Cmd, token string) *server {
	return &server{cmd: cmd, token: token, gone: make(chan struct{}), quit: make(chan struct{}), dead: make(chan struct{})}
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (p *place) startCloud(ctx context.Context) (*server, error) {
	cmd := exec.CommandContext(context.Background(), p.Program, "serve") // it is ended by stop or kill
	cmd.Env, cmd.Dir, cmd.Stderr = p.environ(), p.root, p.Log
	apart(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s := newServer(cmd, p.token)
	s.pid = cmd.Process.Pid
	said := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(io.TeeReader(out, p.Log))
		for lines.Scan() {
			if url := address.FindString(lines.Text()); url != "" && len(said) == 0 {
				said <- url
			}
		}
		_ = cmd.Wait()
		close(s.gone)
	}()
	select {
	case s.url = <-said:
		return s, nil
	case <-s.gone:
		return nil, errors.New("the server ended before it was ready; --log shows what it said")
	case <-time.After(startPatience):
		err = fmt.Errorf("the server was not ready within %v; --log shows what it said", startPatience)
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.kill()
	return nil, err
}

// watch keeps the kernel's books, and has the instance die as a whole when the kernel must kill in it, as
// Render does: "Ran out of memory", and it is started anew.
func (s *server) watch() {
	tick := time.NewTicker(watchPause)
	defer tick.Stop()
	for {
		peak, kills, err := s.group.read()
		if err == nil {
			s.mu.Lock()
			s.mu.peak = max(s.mu.peak, peak)
			s.mu.Unlock()
		}
		if kills > 0 {
			close(s.dead) // before whoever waits for an answer finds the server gone
			s.group.killAll()
			return
		}
		select {
		case <-tick.C:
		case <-s.quit:
			return
		case <-s.gone: // it was not asked to
			close(s.dead)
			return
		}
	}
}

func (s *server) isDead() bool {
	select {
	case <-s.dead:
		return true
	default:
		return false
	}
}

// died reports, of a server that did not answer, whether that is because it died, which the watch may take a moment
// to find.
func (s *server) died() bool {
	select {
	case <-s.dead:
		return true
	case <-time.After(deathPatience):
		return false
	}
}

// sleep waits, until the server is dead at the latest. It reports false when the context ended.
func (s *server) sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
	case <-s.dead:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// charged is the most that was.
func (s *server) charged() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.peak
}

// stop ends the server in good order.
func (s *server) stop() error {
	s.once.Do(func() { close(s.quit) })
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop the server: %w", err)
	}
	late := time.After(stopPatience)
	select {
	case <-s.gone:
	case <-late:
		return fmt.Errorf("the server was asked to end and did not within %v", stopPatience)
	}
	for alive(s.pid) { // the desktop's engine ends after its window
		select {
		case <-late:
			return fmt.Errorf("the engine did not end within %v after its window", stopPatience)
		case <-time.After(watchPause):
		}
	}
	return nil
}

// kill ends what is left of the server and takes its cgroup away. It may be called twice.
func (s *server) kill() {
	s.once.Do(func() { close(s.quit) })
	_ = s.cmd.Process.Kill()
	<-s.gone
	if s.pid != 0 && s.pid != s.cmd.Process.Pid && alive(s.pid) {
		_ = syscallKill(s.pid)
	}
	if s.group != nil {
		s.group.remove()
	}
}
