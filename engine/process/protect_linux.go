package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// What the server takes for itself when it may.
const (
	serverNice     = -5
	serverOOMScore = -900 // not −1000: a server that has gone mad must not take the machine with it
)

// Protect raises the priority of this process, so that it gets the CPU when it has to act, and makes it the
// last that the kernel kills when memory is out, as far as the system lets it. It says in words what it
// achieved. Called before the guard is started, it holds for the guard, too.
func Protect() string {
	var got, missed []string
	note := func(err error, what string) {
		if err == nil {
			got = append(got, what)
		} else {
			missed = append(missed, what)
		}
	}
	note(raiseThreads(serverNice), fmt.Sprintf("comes first when the CPU is short (nice %d)", serverNice))
	note(os.WriteFile(oomScoreFile, []byte(strconv.Itoa(serverOOMScore)), 0),
		fmt.Sprintf("is the last that the kernel kills (oom_score_adj %d)", serverOOMScore))
	var text []string
	if len(got) > 0 {
		text = append(text, "The server "+strings.Join(got, " and ")+".")
	}
	if len(missed) > 0 {
		text = append(text, "The system does not let it be one that "+strings.Join(missed, " and ")+".")
	}
	return strings.Join(text, " ")
}

// raiseThreads sets the niceness of all threads, those that are made meanwhile with them, and of the session
// where niceness is counted so (see lowerAutogroup).
func raiseThreads(nice int) error {
	raised := map[string]bool{}
	for before := -1; before < len(raised); {
		before = len(raised)
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, thread := range threads {
			id, _ := strconv.Atoi(thread.Name())
			if raised[thread.Name()] || id == 0 {
				continue
			}
			if err := unix.Setpriority(unix.PRIO_PROCESS, id, nice); err != nil && err != unix.ESRCH {
				return err
			}
			raised[thread.Name()] = true
		}
	}
	_ = os.WriteFile(autogroupFile, []byte(strconv.Itoa(nice)), 0)
	return nil
}
