package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// siblingPatience is how long the server's program may take to say which it is.
const siblingPatience = 5 * time.Second

// sibling is the server's program beside this one, of the same version, "" for none. What the engine starts, guard,
// wrappers of commands, the demo agent, is started from it where it is there: it speaks as this program does and is
// without the toolkit, whose libraries cost each process 10 MB of its own before it does anything (measured with
// webkit2gtk 4.1 on Debian 12).
func sibling() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	name := "coder1"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(filepath.Dir(self), name)
	ctx, cancel := context.WithTimeout(context.Background(), siblingPatience)
	defer cancel()
	said, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil || strings.TrimSpace(string(said)) != version {
		return ""
	}
	return path
}
