package process

import (
	"fmt"
	"os"
	"syscall"
)

// Exit says how a process ended.
type Exit struct {
	Code   int            // its exit code; −1 when a signal ended it
	Signal syscall.Signal // 0 when it exited by itself
	Asked  bool           // Stop or Kill was called before it ended
	Text   string         // in words that follow a subject: "ended with code 1", "was killed"
}

func exitOf(s *os.ProcessState, asked bool) Exit {
	e := Exit{Code: -1, Asked: asked}
	if s == nil {
		e.Text = "ended in an unknown way"
		return e
	}
	e.Code = s.ExitCode()
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = status.Signal()
	}
	e.Text = e.describe()
	return e
}

func (e Exit) describe() string {
	switch {
	case e.Asked && (e.Signal == syscall.SIGKILL || e.Signal == syscall.SIGTERM):
		return "was stopped"
	case e.Signal == syscall.SIGKILL:
		return "was killed"
	case e.Signal != 0:
		return fmt.Sprintf("was ended by signal %d (%v)", int(e.Signal), e.Signal)
	case e.Code == 0:
		return "ended by itself"
	default:
		return fmt.Sprintf("ended with code %d", e.Code)
	}
}
