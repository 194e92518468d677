package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// A program is started by way of a launcher: this program started once more, which gives itself the brand
// and the rank that the program is to have and then becomes the program. Done from outside it would come
// too late for what the program starts first.
const (
	launcherName = "coder1-launch" // its argv[0]; the program and its arguments follow
	launchOrder  = "CODER1_LAUNCH" // variable that holds an order
	launchReport = 3               // file descriptor that says what went wrong, and is closed when nothing did
)

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
	p.brand = p.supervisor.system.newBrand(p.owner)
	order := order{brand: p.brand, oomScoreAdj: p.spec.OOMScoreAdj, nice: p.spec.Nice, dataLimit: p.spec.DataLimit, alone: p.spec.Alone}
	p.cmd = &exec.Cmd{
		Path:   p.supervisor.self,
		Args:   slices.Concat([]string{launcherName, path, p.spec.Path}, p.spec.Args),
		Dir:    p.spec.Dir,
		Env:    append(p.environ(), launchOrder+"="+order.String()),
		Stdin:  pipes.in.theirs,
		Stdout: pipes.out.theirs, Stderr: pipes.err.theirs,
		ExtraFiles:  []*os.File{theirs},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: p.spec.TTY != nil, Ctty: 0},
	}
	err = p.cmd.Start()
	theirs.Close()
	if err == nil {
		p.begin(identify(p.cmd.Process.Pid))
		err = p.launched(report)
	}
	if err != nil {
		p.supervisor.system.forgetBrand(p.brand)
	}
	return err
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
