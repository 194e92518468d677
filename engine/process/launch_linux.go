package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A program is started by way of a launcher: this program started once more, which gives itself the brand
// and the rank that the program is to have and then becomes the program. Done from outside it would come
// too late for what the program starts first.
const (
	launcherName = "coder1-launch" // its argv[0]; the program and its arguments follow
	launchOrder  = "CODER1_LAUNCH" // variable that holds an order
	launchReport = 3               // file descriptor that says what went wrong, and is closed when nothing did
)

// order is what the launcher does to itself.
type order struct {
	brand       brand
	oomScoreAdj int
	nice        int
}

func (o order) String() string { return fmt.Sprint(o.brand, " ", o.oomScoreAdj, " ", o.nice) }

// launch starts the program, and returns when it runs.
func (p *Process) launch(pipes *pipes) error {
	path, err := find(p.spec.Path)
	if err != nil {
		return err
	}
	report, theirs, err := os.Pipe()
	if err != nil {
		return err
	}
	defer report.Close()
	p.brand = p.supervisor.system.nextBrand()
	order := order{p.brand, p.spec.OOMScoreAdj, p.spec.Nice}
	p.cmd = &exec.Cmd{
		Path:   p.supervisor.self,
		Args:   slices.Concat([]string{launcherName, path, p.spec.Path}, p.spec.Args),
		Dir:    p.spec.Dir,
		Env:    append(p.environ(), launchOrder+"="+order.String()),
		Stdin:  pipes.in.theirs,
		Stdout: pipes.out.theirs, Stderr: pipes.err.theirs,
		ExtraFiles:  []*os.File{theirs},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	err = p.cmd.Start()
	theirs.Close()
	if err != nil {
		return err
	}
	p.root = identify(p.cmd.Process.Pid)
	return p.launched(report)
}

// find finds a program on our PATH, unless its name is a path itself, which is relative to its own folder.
func find(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	return exec.LookPath(name)
}

// launched waits for the launcher to become the program.
func (p *Process) launched(report io.Reader) error {
	b, _ := io.ReadAll(report)
	if len(b) == 0 {
		return nil
	}
	p.reapRoot()
	step, number, _ := strings.Cut(string(b), ":")
	errno, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("the launcher said %q", b)
	}
	return fmt.Errorf("%s: %w", step, syscall.Errno(errno))
}

func isLauncher() bool { return os.Args[0] == launcherName && len(os.Args) > 2 }

// launcherMain is the launcher. It does not return.
func launcherMain() {
	runtime.LockOSThread() // niceness belongs to the thread that becomes the program
	unix.CloseOnExec(launchReport)
	step, err := becomeProgram()
	var errno syscall.Errno
	errors.As(err, &errno)
	_, _ = unix.Write(launchReport, fmt.Appendf(nil, "%s:%d", step, int(errno)))
	os.Exit(127)
}

// becomeProgram follows the order and then returns only what failed.
func becomeProgram() (step string, err error) {
	var o order
	if _, err := fmt.Sscan(os.Getenv(launchOrder), &o.brand, &o.oomScoreAdj, &o.nice); err != nil {
		return "read the launcher's order", unix.EINVAL
	}
	o.brand.putOnSelf()
	if o.nice != 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, o.nice); err != nil {
			return "lower its priority", err
		}
	}
	if o.oomScoreAdj != 0 {
		if err := os.WriteFile("/proc/self/oom_score_adj", []byte(strconv.Itoa(o.oomScoreAdj)), 0); err != nil {
			return "make it the system's first choice to kill", err
		}
	}
	if err := os.Unsetenv(launchOrder); err != nil {
		return "hide the launcher's order", err
	}
	return "run it", unix.Exec(os.Args[1], os.Args[2:], os.Environ())
}
