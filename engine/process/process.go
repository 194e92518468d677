// Package process starts, freezes and kills the programs the engine runs, each as the root of a tree
// that can be measured and ended as one, and makes sure that none of them outlives the engine.
//
// On Linux a tree is everything that descends from its root, shares its session, or carries its marker
// (see [Supervisor]), so members that fork twice, call setsid or lose their parent still belong to it.
// A guard process kills what is left when the engine itself dies, whatever way it dies.
//
// What an agent runs in its turn, the shell commands of its tools, becomes a tree of its own within the
// agent's, started with the engine's leave (see [Supervisor.ServeCommands]).
//
// On other systems a tree is what the system offers: the process group on macOS and the BSDs, the process
// alone on Windows. There are no guard and no commands there, and Freeze works only where there are process
// groups.
package process

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// Spec says what to start.
type Spec struct {
	Path string   // the program
	Args []string // its arguments, without the program's name
	Dir  string   // working directory
	Env  []string // complete environment, see [Environ]; the marker is added
	// Owner is who is charged for the tree, such as "process/7". No two live trees have the same. A part
	// of a tree may mark itself "process/7/…" and still belongs to it.
	Owner       string
	OOMScoreAdj int // 0 to 1000: how much rather than others the kernel kills it when memory is out. Linux only
	Nice        int // 0 to 19: how readily the tree yields the CPU
	// Alone: the program may start no other programs. The system holds it to that where CanBeAlone says so;
	// elsewhere the program has to be told by other means.
	Alone bool
	// DataLimit is the most bytes of private memory for each process of the tree; 0 for no limit. Linux only.
	DataLimit int64
	// TTY is the program's side of a pseudo-terminal, which becomes its three standard streams and its
	// controlling terminal; Stdin, Stdout and Stderr are then of no use. nil for pipes. Start closes it,
	// whatever comes of the start. A tree with a terminal is asked to end by SIGHUP instead of SIGTERM, which
	// an interactive shell does not heed.
	TTY *os.File
	// Spawn starts the program inside a terminal that is no file, as Windows has them; nil for a start with TTY or
	// pipes.
	Spawn func(path string, args []string, dir string, env []string) (*os.Process, error)
}

// A Process is a started program and its tree. Methods may be called from any goroutine.
type Process struct {
	Tree
	spec Spec
	cmd  *exec.Cmd

	stdin  *os.File
	stdout *output
	stderr *tail

	done chan struct{}
	exit Exit // set before done is closed

	kill chan struct{} // closed by Kill

	mu struct {
		sync.Mutex
		asked  bool        // Stop or Kill was called
		grace  *time.Timer // to kill after Stop
		killed bool        // kill is closed
	}
}

// Stdin is the root's standard input.
func (p *Process) Stdin() io.WriteCloser { return p.stdin }

// Stdout is the root's standard output. It can be read to its end after Done. One reader at a time.
func (p *Process) Stdout() io.Reader { return p.stdout }

// Stderr is the end of what was written to standard error, at most 4 KB.
func (p *Process) Stderr() string { return p.stderr.String() }

// Done is closed when the root has exited and nothing of its tree is left. What the root leaves behind
// when it exits is killed; after Stop it has the rest of the grace time.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit says how the root ended. Valid after Done.
func (p *Process) Exit() Exit { return p.exit }

// Stop asks the root's process group to end (SIGTERM; SIGHUP where it has a terminal), and kills the tree after the grace time. It returns
// at once; only the first call counts.
func (p *Process) Stop(grace time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.asked {
		return
	}
	p.mu.asked = true
	p.mu.grace = time.AfterFunc(grace, p.Kill)
	p.terminateGroup()
}

// Kill ends the whole tree without asking. It returns at once, with the groups that are known killed; Done
// says when all is gone.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.asked = true
	if p.mu.killed {
		return
	}
	p.mu.killed = true
	p.stopGroups()
	p.killGroups()
	close(p.kill)
	go p.endTree()
}

// live accompanies the process from its start to the end of its tree.
func (p *Process) live() {
	p.awaitRoot()
	if p.stopping() {
		p.awaitTree()
	}
	if !p.spec.Alone || !CanBeAlone() { // else it cannot have left anything
		p.endTree()
	}
	p.supervisor.system.endCommands(p.owner)
	p.exit = exitOf(p.reap(), p.stopping())
	p.stopTimer()
	p.stderr.finish()
	p.stdin.Close()
	p.supervisor.forget(p)
	p.supervisor.system.forgetBrand(p.brand)
	close(p.done)
}

func (p *Process) stopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.asked
}

func (p *Process) stopTimer() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.grace != nil {
		p.mu.grace.Stop()
	}
}

// reap collects the root.
func (p *Process) reap() *os.ProcessState {
	p.pinned.Lock()
	defer p.pinned.Unlock()
	p.reaped = true
	return p.reapRoot()
}

// start runs the program with its three pipes, or its terminal.
func start(s *Supervisor, spec Spec) (*Process, error) {
	var pipes pipes
	if err := pipes.open(spec.TTY); err != nil {
		return nil, err
	}
	defer pipes.closeTheirs()
	p := &Process{Tree: Tree{supervisor: s, owner: spec.Owner, terminal: spec.TTY != nil}, spec: spec, done: make(chan struct{}), kill: make(chan struct{})}
	if err := p.launch(&pipes); err != nil {
		pipes.closeOurs()
		return nil, err
	}
	p.stdin, p.stdout, p.stderr = pipes.in.ours, &output{pipes.out.ours}, newTail(pipes.err.ours)
	return p, nil
}

// environ is the program's environment with the marker.
func (p *Process) environ() []string {
	return append(slices.Clone(p.spec.Env), p.supervisor.marker(p.owner))
}
