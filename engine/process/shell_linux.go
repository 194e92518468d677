package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The wrapper is this program started once more, by an agent that wants to run a command: it asks the
// supervisor, starts the command in a session of its own by way of a launcher, passes signals on to it, and
// ends as the command does. It never collects the command's root, which so keeps its number until the
// supervisor, who inherits it, has no use for the number any more.
const (
	shellName   = "coder1-shell"             // base of its argv[0]; the command follows, one argument
	shellPrefix = "CLAUDE_CODE_SHELL_PREFIX" // variable by which agents know it
	shellSocket = "CODER1_COMMANDS"          // variable with the path of the supervisor's socket
)

func isShell() bool { return filepath.Base(os.Args[0]) == shellName && len(os.Args) == 2 }

// shellMain is the wrapper. It does not return.
func shellMain() {
	script := os.Args[1]
	w, err := callSupervisor(os.Getenv(shellSocket))
	if err != nil {
		runPlainly(script)
	}
	os.Exit(w.run(script))
}

// wrapper is a wrapper with a line to the supervisor.
type wrapper struct {
	supervisor int // socket
	root       int // pid of the command's root
	stopped    atomic.Bool
}

func (w *wrapper) run(script string) (code int) {
	word, rest := w.ask(wordRun, fmt.Sprint(isHelper(), " ", commandName(script)))
	switch word {
	case wordNo:
		return refused(rest)
	case "":
		return refused(strconv.Itoa(codeRefused) + " The server has gone, so the command was not run.")
	case wordGo:
	default:
		runPlainly(script)
	}
	gate, err := w.start(script, rest)
	if err != nil {
		return refused(fmt.Sprintf("%d The command could not be started: %v", codeRefused, err))
	}
	word, rest = w.ask(wordRoot, strconv.Itoa(w.root))
	if word != wordGo {
		return refused(rest)
	}
	w.forwardSignals()
	_, _ = unix.Write(gate, []byte{atPost})
	code = w.await()
	if word, rest := w.ask(wordEnd, strconv.FormatBool(w.stopped.Load())); word == wordNo {
		return refused(rest)
	}
	return code
}

// start starts the launcher that will become the command's shell, and returns when it waits for leave to,
// which is to be written to gate.
func (w *wrapper) start(script, terms string) (gate int, err error) {
	// All that the agent has left open for the command stays open: their end of the gate is an open file as well.
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	unix.CloseOnExec(ends[0])
	if err := commission(terms, ends[1]); err != nil {
		return 0, err
	}
	path := shellPath()
	w.root, err = syscall.ForkExec("/proc/self/exe", []string{launcherName, path, path, "-c", script}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	_ = unix.Close(ends[1])
	if err != nil {
		return 0, err
	}
	said := make([]byte, 256)
	n, err := unix.Read(ends[0], said)
	if err == nil && (n != 1 || said[0] != atPost) {
		err = fmt.Errorf("its launcher said %q", said[:max(0, n)])
	}
	return ends[0], err
}

// commission puts the launcher's order and the command's marker into the environment.
func commission(terms string, gate int) error {
	text, marker, _ := strings.Cut(terms, "\n")
	var o order
	if err := o.parse(text); err != nil {
		return err
	}
	o.gate = gate
	_, owner, _ := strings.Cut(marker, "=")
	return errors.Join(os.Setenv(launchOrder, o.String()), os.Setenv(markerName, owner))
}

// forwardSignals passes the signals by which agents end commands on to the command.
func (w *wrapper) forwardSignals() {
	signals := make(chan os.Signal, 8)
	for _, sig := range []os.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	go func() {
		for sig := range signals {
			w.stopped.Store(true)
			_ = unix.Kill(-w.root, sig.(syscall.Signal)) // not collected: the number is the root's
		}
	}()
}

// await waits until the command has ended, and returns its exit code as a shell would.
func (w *wrapper) await() int {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, w.root, &info, unix.WEXITED|unix.WNOWAIT, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return 1
		}
	}
	status := childStatus(&info)
	if info.Code == cldExited {
		return status
	}
	return 128 + status
}

// cldExited is the kernel's code for a child that has exited by itself.
const cldExited = 1

// childStatus is the exit code of a child, or the signal that ended it: si_status, which comes after three
// numbers, two more, and what makes a pointer's alignment.
func childStatus(info *unix.Siginfo) int {
	const pointer = unsafe.Sizeof(uintptr(0))
	const fields = (3*4 + pointer - 1) / pointer * pointer
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(info), fields+2*4)))
}
