package process

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// What the server takes for itself when it may.
const (
	serverNice     = -5
	serverOOMScore = -900 // not −1000: a server that has gone mad must not take the machine with it
)

// Protect raises the priority of this process, so that it gets the CPU when it has to act, and makes it the
// last that the kernel kills when memory is out, and keeps its own program from being dropped, as far as the
// system lets it. It says in words what it
// achieved. Called before the guard is started, it holds for the guard, too.
func Protect() string {
	raised := raiseThreads(serverNice)
	spared := os.WriteFile(oomScoreFile, []byte(strconv.Itoa(serverOOMScore)), 0)
	kept := "Its program stays in memory."
	if err := keepText(); err != nil {
		kept = fmt.Sprintf("The system does not let its program stay in memory (%v).", err)
	}
	return outcome(raised == nil, "The server comes first when the CPU is short (nice %d). ",
		"The system does not let the server raise its priority (nice %d). ", serverNice) +
		outcome(spared == nil, "The server is the last that the kernel kills when memory is out (oom_score_adj %d).",
			"The system does not let it be the last that the kernel kills when memory is out (oom_score_adj %d).", serverOOMScore) + " " + kept
}

func outcome(done bool, yes, no string, value int) string {
	if done {
		return fmt.Sprintf(yes, value)
	}
	return fmt.Sprintf(no, value)
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
