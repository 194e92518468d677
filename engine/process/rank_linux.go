package process

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Files in which a process reads and sets its own rank.
const (
	oomScoreFile  = "/proc/self/oom_score_adj"
	autogroupFile = "/proc/self/autogroup"
)

// setNice gives this thread the niceness of the order.
func (o order) setNice() error {
	err := o.rank(niceness(), o.nice, func() error { return unix.Setpriority(unix.PRIO_PROCESS, 0, o.nice) })
	if now := niceness(); now > 0 {
		lowerAutogroup(now)
	}
	return err
}

// niceness is this thread's.
func niceness() int {
	n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return 20 - n // the system call returns what is never negative
}

// setOOMScore gives this process the OOM score of the order.
func (o order) setOOMScore() error {
	text, err := os.ReadFile(oomScoreFile)
	if err != nil {
		return err
	}
	now, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return o.rank(now, o.oomScoreAdj, func() error {
		return os.WriteFile(oomScoreFile, []byte(strconv.Itoa(o.oomScoreAdj)), 0)
	})
}

// rank moves from a rank to another by set. What is higher ranks lower, and a lower rank than was asked for
// is good enough where the system does not let us have a higher one.
func (o order) rank(now, want int, set func() error) error {
	if now == want || now > want && o.command() {
		return nil
	}
	err := set()
	if now > want && (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) {
		return nil
	}
	return err
}

// lowerAutogroup makes niceness count against other sessions. A Linux made for the desktop gives every
// session an equal share of the CPU, and niceness counts only within one, unless the session itself is nice.
// The kernel lets an unprivileged process say so once in a tenth of a second, the whole system over.
func lowerAutogroup(nice int) {
	for range 5 {
		err := os.WriteFile(autogroupFile, []byte(strconv.Itoa(nice)), 0)
		if !errors.Is(err, unix.EAGAIN) {
			return // done, or there are no such groups
		}
		time.Sleep(30 * time.Millisecond)
	}
}
