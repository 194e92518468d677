//go:build unix

package agent

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyThaw has a channel receive whenever this process goes on after it was frozen.
func notifyThaw(c chan os.Signal) { signal.Notify(c, syscall.SIGCONT) }
