package memory

import (
	"fmt"
	"strings"
)

// Jail is a hard limit of our own: the kernel kills inside it rather than let it grow. It makes a laptop
// behave as a small container does.
type Jail struct {
	text  string
	leave func() error // nil where there is nothing to undo
}

// EnterJail puts this process, and so all its later children, into a memory cgroup with a limit, swap
// excluded. Call it first of all: what is charged already stays where it is. Ways that are tried, in this order:
//
//	cgroup v1       a group below our own
//	cgroup v2       a group below our own, where that is ours alone or the root of all
//	as we are       inside a limit that is no higher, set by somebody else
//	systemd-run     this program is started again in a scope of its own: EnterJail does not return, and
//	                the same PID comes here once more
//
// When none works the error says what was tried, and why each failed. Open finds the limit by itself.
func EnterJail(limitBytes int64) (*Jail, error) {
	if limitBytes <= 0 {
		return nil, fmt.Errorf("a hard limit of %d bytes makes no sense", limitBytes)
	}
	return enterJail(limitBytes)
}

// Describe says in words what was done.
func (j *Jail) Describe() string { return j.text }

// Close moves this process back and removes the group. Children that are still in it stay, and the error
// says so; the next EnterJail removes what is left when they are gone. A meter of the group must be closed before.
func (j *Jail) Close() error {
	if j.leave == nil {
		return nil
	}
	return j.leave()
}

// noJail is the error of EnterJail: every way that was tried.
type noJail struct {
	limit int64
	tried []error
}

func (e *noJail) Error() string {
	var reasons []string
	for _, err := range e.tried {
		reasons = append(reasons, err.Error())
	}
	return fmt.Sprintf("a hard limit of %s cannot be set here: %s", inMB(e.limit), strings.Join(reasons, "; "))
}

func (e *noJail) Unwrap() []error { return e.tried }

func inMB(bytes int64) string { return fmt.Sprintf("%d MB", bytes>>20) }
