package terminal

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"coder1/engine/process"
)

// notShells are what accounts have that nobody is to log in to.
var notShells = []string{"nologin", "false", "true", "sync", "halt", "shutdown"}

// Shell is the shell to run where no command is given: the one that was chosen, else $SHELL, bash, or sh; on
// Windows PowerShell or cmd.
func Shell(chosen string) string {
	if chosen != "" {
		return chosen
	}
	for _, name := range shells() {
		if name == "" || slices.Contains(notShells, filepath.Base(name)) {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "/bin/sh"
}

func shells() []string {
	if runtime.GOOS == "windows" {
		return []string{os.Getenv("SHELL"), "pwsh", "powershell", os.Getenv("COMSPEC"), "cmd"}
	}
	return []string{os.Getenv("SHELL"), "bash", "sh"}
}

// login are the arguments that make a shell read the user's profile: those of Windows do without.
func login() []string {
	if runtime.GOOS == "windows" {
		return nil
	}
	return []string{"-l"}
}

// Environ is the environment of a terminal's program: the allow-listed part of ours, what a program should know
// of the terminal, and extra ("NAME=value").
func Environ(shell string, extra ...string) []string {
	return process.Environ(slices.Concat([]string{"TERM=xterm-256color", "COLORTERM=truecolor", "SHELL=" + shell},
		locale(os.Getenv), extra)...)
}

// locale is what must be changed for text to be UTF-8.
func locale(getenv func(string) string) []string {
	for _, name := range []string{"LC_ALL", "LC_CTYPE"} { // in the order in which they count
		if value := getenv(name); value != "" {
			if isUTF8(value) {
				return nil
			}
			return []string{name + "=" + utf8Locale()}
		}
	}
	if isUTF8(getenv("LANG")) {
		return nil
	}
	return []string{"LANG=" + utf8Locale()}
}

func isUTF8(locale string) bool {
	_, charset, _ := strings.Cut(strings.ToLower(locale), ".")
	charset, _, _ = strings.Cut(charset, "@")
	return charset == "utf-8" || charset == "utf8"
}

// utf8Locale is one that every system has.
func utf8Locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8"
	}
	return "C.UTF-8"
}

// titleOf names a terminal after what runs in it.
func titleOf(command []string) string {
	words := []rune(strings.Join(append([]string{filepath.Base(command[0])}, command[1:]...), " "))
	return string(words[:min(len(words), maxDefaultTitle)])
}

const maxDefaultTitle = 60
