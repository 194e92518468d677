package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// shellPrefix names a program that runs shell commands in our place, given the command as one argument.
const shellPrefix = "CLAUDE_CODE_SHELL_PREFIX"

// shell runs a command in the workspace, and returns what it printed, at most maxRead bytes.
func shell(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	if prefix := os.Getenv(shellPrefix); prefix != "" {
		cmd = exec.CommandContext(ctx, prefix, script)
	}
	killsGroup(cmd)
	cmd.WaitDelay = time.Second
	var out firstBytes
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	} else if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it left something running, which keeps its output open
	}
	return out.String(), err
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes struct {
	kept    []byte
	dropped int
}

func (f *firstBytes) Write(b []byte) (int, error) {
	n := min(len(b), maxRead-len(f.kept))
	f.kept = append(f.kept, b[:n]...)
	f.dropped += len(b) - n
	return len(b), nil
}

func (f *firstBytes) String() string {
	text := strings.ToValidUTF8(string(f.kept), "\uFFFD")
	if f.dropped > 0 {
		text += fmt.Sprintf("\n… (%d more bytes are not shown)", f.dropped)
	}
	return strings.TrimRight(text, "\n")
}
