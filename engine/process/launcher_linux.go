package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// order is what a launcher does to itself.
type order struct {
	brand       brand
	oomScoreAdj int
	nice        int
	dataLimit   int64 // in bytes; 0 for none
	gate        int   // of an agent's command: file descriptor at which it waits for leave to start; 0 for others
	alone       bool  // it may start no other programs
}

func (o order) String() string {
	return fmt.Sprint(o.brand, " ", o.oomScoreAdj, " ", o.nice, " ", o.dataLimit, " ", o.gate, " ", o.alone)
}

func (o *order) parse(s string) error {
	_, err := fmt.Sscan(s, &o.brand, &o.oomScoreAdj, &o.nice, &o.dataLimit, &o.gate, &o.alone)
	return err
}

// command reports that the order is for an agent's command, which ranks no higher than its agent.
func (o order) command() bool { return o.gate > 0 }

func isLauncher() bool { return os.Args[0] == launcherName && len(os.Args) > 2 }

// launcherMain is the launcher. It does not return.
func launcherMain() {
	runtime.LockOSThread() // niceness belongs to the thread that becomes the program
	var o order
	if err := o.parse(os.Getenv(launchOrder)); err != nil {
		os.Exit(127)
	}
	report := launchReport
	if o.command() {
		report = o.gate
	}
	unix.CloseOnExec(report)
	step, err := o.becomeProgram()
	var errno syscall.Errno
	errors.As(err, &errno)
	_, _ = unix.Write(report, fmt.Appendf(nil, "%s:%d", step, int(errno)))
	os.Exit(127)
}

// becomeProgram follows the order and then returns only what failed.
func (o order) becomeProgram() (step string, err error) {
	if err := os.Unsetenv(launchOrder); err != nil {
		return "hide the launcher's order", err
	}
	if !o.command() {
		heedSignals()
	}
	if step, err := o.follow(); err != nil {
		return step, err
	}
	if o.command() {
		o.awaitLeave()
	}
	return "run it", unix.Exec(os.Args[1], os.Args[2:], os.Environ())
}

// heedSignals undoes what our own parents had ignored (nohup, a script's &), which a program would inherit:
// its keys would not stop it. What is caught here the program gets with its default effect.
func heedSignals() {
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGPIPE,
		unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
}

func (o order) follow() (step string, err error) {
	o.brand.putOnSelf()
	if err := o.setNice(); err != nil {
		return "lower its priority", err
	}
	if err := o.setOOMScore(); err != nil {
		return "make it the system's first choice to kill", err
	}
	if err := o.limitData(); err != nil {
		return "limit its memory", err
	}
	if o.alone {
		stayAlone()
	}
	return "", nil
}

// limitData comes last, because it holds for what the launcher itself takes from here on.
func (o order) limitData() error {
	if o.dataLimit <= 0 {
		return nil
	}
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &now); err != nil {
		return err
	}
	limit := min(uint64(o.dataLimit), now.Max)
	return unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
}

// awaitLeave says that the launcher is at its post, and ends it when leave to start does not come.
func (o order) awaitLeave() {
	leave := []byte{atPost}
	_, _ = unix.Write(o.gate, leave)
	if n, _ := unix.Read(o.gate, leave); n != 1 {
		os.Exit(126)
	}
}

// atPost is the launcher's word to whoever may let it start.
const atPost = 1
