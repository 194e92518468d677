package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// scopeMark is set when this program is started again inside a scope, so that it does not do so for ever.
const scopeMark = "CODER1_IN_SCOPE"

// scopePatience is how long systemd may take to answer.
const scopePatience = 10 * time.Second

// inScope takes the mark away: a child is not in a scope of its own.
func inScope() bool {
	_, marked := os.LookupEnv(scopeMark)
	_ = os.Unsetenv(scopeMark)
	return marked
}

// confirmScope finds the limit that the scope was to have.
func (j *jailer) confirmScope(limit int64) (*Jail, error) {
	for _, v := range []cgroupVersion{v2, v1} {
		if dir, bound, err := findLimit(j.options, v); err == nil && bound <= limit {
			return &Jail{text: fmt.Sprintf("systemd-run: limited to %s, without swap, in a scope of our own (%s)", inMB(bound), dir)}, nil
		}
	}
	return nil, &noJail{limit, []error{errors.New("systemd-run: it made a scope, but the scope has no limit: " +
		"the memory controller is not delegated to it")}}
}

// restartInScope starts this program again, with the same PID, by way of systemd-run. It first sees whether
// that works with another program: there is no way back.
func (j *jailer) restartInScope(limit int64) (*Jail, error) {
	run, err := exec.LookPath("systemd-run")
	if err != nil {
		return nil, errors.New("systemd-run: not installed")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("systemd-run: find this program's own path: %w", err)
	}
	args := scopeArgs(limit, os.Geteuid() == 0)
	if err := tryScope(run, args); err != nil {
		return nil, err
	}
	argv := append(append([]string{run}, args...), self)
	err = syscall.Exec(run, append(argv, os.Args[1:]...), append(os.Environ(), scopeMark+"=1"))
	return nil, fmt.Errorf("systemd-run: %w", err)
}

// scopeArgs are the arguments of systemd-run(1). Root has a manager of its own for the whole system.
func scopeArgs(limit int64, root bool) []string {
	args := []string{"--scope", "--quiet", "--collect", "-p", fmt.Sprintf("MemoryMax=%d", limit), "-p", "MemorySwapMax=0", "--"}
	if root {
		return args
	}
	return append([]string{"--user"}, args...)
}

func tryScope(run string, args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), scopePatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, run, append(args, "true")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemd-run: %s (%w)", strings.TrimSpace(string(out)), err)
	}
	return nil
}
