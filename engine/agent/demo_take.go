package agent

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"
)

// takeCommand is the demo agent's argument with which it takes memory.
const takeCommand = "take"

// takeScript is a command that takes memory: this program, in a child process of its own that can be
// measured and killed.
func takeScript(megabytes, seconds int) (string, error) {
	name := fmt.Sprintf("%s %d MB for %d s", takeCommand, megabytes, seconds)
	return selfScript(fmt.Sprintf("%s %d %d", takeCommand, megabytes, seconds), name)
}

// selfScript is a shell command that runs this program, under another name. What follows exec is never reached. It
// is where the server looks for what to call a command, since Claude Code's scripts have it there.
func selfScript(args, name string) (string, error) {
	self, err := quotedSelf()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("exec %s %s %s && eval %s && pwd -P >| /dev/null", self, DemoCommand, args, quoted(name)), nil
}

// quotedSelf is this program's path for a shell.
func quotedSelf() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program's own path: %w", err)
	}
	return quoted(self), nil
}

// takeMain takes memory, for real, and gives it back.
func takeMain(megabytes, seconds string, stdout io.Writer) int {
	n, err1 := strconv.Atoi(megabytes)
	s, err2 := strconv.Atoi(seconds)
	if err1 != nil || err2 != nil || n < 0 || s < 0 {
		return 2
	}
	page := os.Getpagesize()
	held := make([][]byte, n)
	for i := range held {
		held[i] = make([]byte, 1<<20)
		for at := 0; at < len(held[i]); at += page {
			held[i][at] = 1 // or the system does not give it
		}
	}
	_, _ = fmt.Fprintf(stdout, "Took %d MB.\n", n)
	time.Sleep(time.Duration(s) * time.Second)
	runtime.KeepAlive(held)
	_, _ = fmt.Fprintf(stdout, "Gave it back after %d s.\n", s)
	return 0
}
