package agent

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// DemoCommand is the argument with which this program is the demo agent: main hands the arguments that
// follow it to DemoMain.
const DemoCommand = "demo-agent"

// Demo is the built-in agent, with no model behind it: self, started once more with DemoCommand. It speaks
// the protocol of Claude Code, so that whatever works with the one works with the other. env
// ("NAME=value") is added to its environment.
func Demo(self string, env []string) Kind {
	return &program{name: "demo", path: self, args: []string{DemoCommand}, files: demoFiles, env: func() []string { return env }}
}

// DemoMain is the demo agent, working in the current directory, with transcripts in CLAUDE_CONFIG_DIR. It
// returns the exit code.
func DemoMain(args []string, stdin io.Reader, stdout io.Writer) int {
	if len(args) == 3 && args[0] == takeCommand {
		return takeMain(args[1], args[2], stdout)
	}
	if len(args) == 3 && args[0] == useCommand {
		return useMain(args[1], args[2], stdout)
	}
	began := time.Now()
	flags := flag.NewFlagSet(DemoCommand, flag.ContinueOnError)
	resume := flags.String("resume", "", "conversation to continue")
	id := flags.String("session-id", "", "ID of the new conversation")
	boot := flags.Duration("boot", 0, "how long to take to start")
	leave := flags.Duration("leave", 0, "how long to take to end when asked to")
	weighs := flags.Int64("weighs", 0, "MB of memory to have from the start, with the program's own")
	for _, name := range []string{"input-format", "output-format", "permission-prompt-tool", "disallowedTools", "settings"} {
		flags.String(name, "", "as it is")
	}
	for _, name := range []string{"p", "verbose", "include-partial-messages"} {
		flags.Bool(name, false, "as it is")
	}
	if err := flags.Parse(args); err != nil {
		return 2
	}
	d := &demo{
		out: json.NewEncoder(stdout), cancelTurn: func() {},
		answers: map[string]chan verdict{},
	}
	if err := d.open(*id, *resume); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, errNoConversation) {
			d.write(demoResult{Type: "result", Subtype: failed, IsError: true, Errors: []string{err.Error()}, Session: *resume})
		}
		return 1
	}
	defer d.close()
	if *leave > 0 {
		lingers(*leave)
	}
	d.boot(*weighs<<20, began, *boot)
	d.serve(stdin)
	return 0
}

// demo is the agent: one goroutine reads what it is told, another runs the turn.
type demo struct {
	files *os.Root // the workspace

	// Owned by the goroutine that reads.
	turn       sync.WaitGroup
	cancelTurn context.CancelFunc

	// Owned by the turn.
	log  *transcript
	said int // messages and tool calls of this turn
	held held

	mu      sync.Mutex
	out     *json.Encoder           // guarded by mu
	answers map[string]chan verdict // request ID -> the turn that waits; guarded by mu
}

func (d *demo) open(id, resume string) (err error) {
	if d.files, err = os.OpenRoot("."); err != nil {
		return fmt.Errorf("open the workspace: %w", err)
	}
	config := os.Getenv("CLAUDE_CONFIG_DIR")
	switch {
	case resume != "":
		d.log, err = resumeTranscript(config, resume)
	case id != "":
		d.log, err = newTranscript(config, id)
	default:
		d.log, err = newTranscript(config, newID())
	}
	return err
}

func (d *demo) close() {
	_ = d.files.Close()
	d.log.close()
}

// lingers has the program take some time to end when it is asked to.
func lingers(takes time.Duration) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	go func() {
		<-asked
		time.Sleep(takes)
		os.Exit(128 + int(syscall.SIGTERM))
	}()
}

// boot has the agent grow to what it is to have while it starts.
func (d *demo) boot(bytes int64, began time.Time, takes time.Duration) {
	d.held.begin()
	for age := time.Since(began); age < takes; age = time.Since(began) {
		d.held.resize(int64(float64(bytes) * age.Seconds() / takes.Seconds()))
		time.Sleep(min(tick, takes-age))
	}
	d.held.keep(max(d.held.itself, bytes))
	d.held.grow(0)
}
