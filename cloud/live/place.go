package live

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"coder1/engine/agent"
	"coder1/engine/scenario"
)

// place is where a run takes place: folders that are gone when it is over.
type place struct {
	Options
	script *scenario.Script
	root   string
	data   string // the server's
	token  string
	disk   bool      // data is a small disk of its own
	screen *exec.Cmd // nil for none of our own
}

func newPlace(script *scenario.Script, o Options) (*place, error) {
	root, err := os.MkdirTemp("", "coder1-live-")
	if err != nil {
		return nil, err
	}
	p := &place{Options: o, script: script, root: root, data: filepath.Join(root, "data"), token: strings.ToLower(rand.Text())}
	if err := p.prepare(); err != nil {
		p.remove()
		return nil, err
	}
	return p, nil
}

func (p *place) prepare() error {
	if err := os.Mkdir(p.data, 0o700); err != nil {
		return err
	}
	if len(p.script.DiskFull) > 0 {
		if err := mountSmall(p.data); err != nil {
			return fmt.Errorf("%w: a disk that fills up needs the right to mount one: %w", ErrSimulated, err)
		}
		p.disk = true
		// The recorder stands still while the disk is full. The recording of a run is kept on another, so that it is whole.
		if err := errors.Join(os.Mkdir(p.recording(), 0o700), os.Symlink(p.recording(), filepath.Join(p.data, traceFolder))); err != nil {
			return err
		}
	}
	return p.standIn()
}

// traceFolder is where a server keeps its recording, in its data folder.
const traceFolder = "trace"

// recording is where the recording of the run is.
func (p *place) recording() string {
	if p.disk {
		return filepath.Join(p.root, traceFolder)
	}
	return filepath.Join(p.data, traceFolder)
}

func (p *place) remove() {
	if p.screen != nil {
		_ = p.screen.Process.Kill()
		_ = p.screen.Wait()
	}
	if p.disk {
		_ = unmount(p.data) // it is empty by now, or the machine's to clean up
	}
	_ = os.RemoveAll(p.root)
}

// standInName is the script that is started as Claude Code.
const standInName = "claude"

func (p *place) standInPath() string { return filepath.Join(p.root, standInName) }

// most processes whose start has a time of its own.
const mostBoots = 200

// beside is what the stand-in comes to have beside what it is told to, in MB, as it runs.
const beside = 1

// standIn writes a script that stands in for Claude Code: the demo agent, which speaks as it does, with as much
// memory of its own, and as long to start and to leave.
func (p *place) standIn() error {
	w := scenario.Weights("claude")
	boots := make([]string, mostBoots)
	for i := range boots {
		boot := p.script.Boot(i + 1)
		if boot == 0 {
			boot = w.Boot
		}
		boots[i] = boot.Round(time.Millisecond).String()
	}
	text := fmt.Sprintf(`#!/bin/sh
cd %[1]s && echo >>started && boot=$(sed -n "$(wc -l <started)p" boots) && cd "$OLDPWD" || exit 1
exec %[2]s %[3]s --weighs %[4]d --leave %[6]v --boot "${boot:-%[5]v}" "$@"
`, quoted(p.root), quoted(p.Program), agent.DemoCommand, w.Private>>20-beside, w.Boot, w.Leave)
	return errors.Join(
		os.WriteFile(filepath.Join(p.root, "boots"), []byte(strings.Join(boots, "\n")+"\n"), 0o600),
		os.WriteFile(p.standInPath(), []byte(text), 0o700))
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// passed are the variables of our own environment that a server gets, beside the scenario's settings.
var passed = []string{"PATH", "TMPDIR", "LANG", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XAUTHORITY"}

func (p *place) environ() []string {
	var env []string
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range p.Settings {
		env = append(env, name+"="+value)
	}
	return append(env, "HOME="+p.root, "HOST=127.0.0.1", "PORT=0", "CODER1_DATA="+p.data, "CODER1_TOKEN="+p.token,
		"HARD_LIMIT_MB="+strconv.FormatInt(p.HardMB, 10), "CLAUDE_BIN="+p.standInPath(), "ANTHROPIC_API_KEY=nobody-asks-for-it")
}

// filler is the file that leaves no room on the disk.
func (p *place) filler() string { return filepath.Join(p.data, "filler") }

// fill fills the disk.
func (p *place) fill() error {
	f, err := os.Create(p.filler())
	if err != nil {
		return err
	}
	chunk := make([]byte, 4<<10)
	for err == nil {
		_, err = f.Write(chunk)
	}
	_ = f.Close()
	if !errors.Is(err, errNoSpace) {
		return fmt.Errorf("fill the disk: %w", err)
	}
	return nil
}

// empty makes room on the disk.
func (p *place) empty() error { return os.Remove(p.filler()) }
