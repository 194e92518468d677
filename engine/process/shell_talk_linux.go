package process

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// callSupervisor connects the wrapper to the supervisor.
func callSupervisor(path string) (*wrapper, error) {
	if path == "" {
		return nil, os.ErrNotExist
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return nil, err
	}
	return &wrapper{supervisor: fd}, nil
}

// ask says something to the supervisor and returns its answer: a word and what belongs to it, nothing when
// the supervisor is gone. It may have answered before it was asked, and have hung up: then sending fails,
// and receiving fails once.
func (w *wrapper) ask(word, rest string) (answer, terms string) {
	_ = unix.Send(w.supervisor, []byte(word+" "+rest), unix.MSG_NOSIGNAL)
	b := make([]byte, maxMessage)
	for {
		n, _, err := unix.Recvfrom(w.supervisor, b, 0)
		if err == unix.EINTR || err == unix.ECONNRESET {
			continue
		}
		answer, terms, _ = strings.Cut(string(b[:max(0, n)]), " ")
		return answer, terms
	}
}

// refused prints why a command did not run, or not to its end, as its last line, and returns the exit code.
func refused(terms string) (code int) {
	code = codeRefused
	number, text, _ := strings.Cut(terms, " ")
	_, _ = fmt.Sscan(number, &code)
	if text == "" {
		return code
	}
	if inMidLine(os.Stderr) {
		text = "\n" + text
	}
	fmt.Fprintln(os.Stderr, text)
	return code
}

// inMidLine reports whether a file, if it is one, ends within a line.
func inMidLine(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	again, err := os.Open(fmt.Sprint("/proc/self/fd/", f.Fd())) // f itself may be for writing only
	if err != nil {
		return false
	}
	defer again.Close()
	last := make([]byte, 1)
	_, err = again.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// runPlainly makes the wrapper the command itself. It does not return.
func runPlainly(script string) {
	path := shellPath()
	err := unix.Exec(path, []string{path, "-c", script}, os.Environ())
	fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
	os.Exit(codeRefused)
}

// shellPath finds the shell that agents write commands for: bash or zsh, the user's if it is one of them.
func shellPath() string {
	for _, name := range []string{os.Getenv("CLAUDE_CODE_SHELL"), os.Getenv("SHELL"), "bash"} {
		if base := filepath.Base(name); base != "bash" && base != "zsh" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "/bin/sh"
}

// isHelper reports whether this wrapper was started for the agent's program itself and not for its model:
// Claude Code runs hooks and MCP servers by way of the wrapper, too.
func isHelper() bool {
	return strings.HasSuffix(os.Getenv("AI_AGENT"), "_harness") || os.Getenv("CLAUDE_PROJECT_DIR") != ""
}
