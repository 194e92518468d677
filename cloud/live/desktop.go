package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// startDesktop opens the window, which starts the engine, and finds where that listens: the window remembers
// the port in the data folder. The token is ours, by CODER1_TOKEN.
func (p *place) startDesktop(ctx context.Context) (*server, error) {
	if _, err := os.Stat(p.Window); err != nil {
		return nil, fmt.Errorf("the desktop program is not there (%w): `make desktop-build` builds it", err)
	}
	plan := map[string]any{"plan": map[string]any{"name": "Scenario", "memoryMB": p.HardMB}}
	raw, err := json.Marshal(plan)
	if err != nil {
		return nil, err
	}
	kept := filepath.Join(p.data, "desktop.json")
	if err := os.WriteFile(kept, raw, 0o600); err != nil {
		return nil, err
	}
	display, err := p.display(ctx)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), p.Window) // it is ended by stop or kill
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(p.environ(), display...), p.root, p.Log, p.Log
	for name, usual := range map[string]string{"MEMORY_LIMIT_MB": "400", "MEMORY_WARNING_THRESHOLD": "300", "MEMORY_PANIC_THRESHOLD": "380"} {
		if p.Settings[name] == "" { // or the window would make them fit its plan
			cmd.Env = append(cmd.Env, name+"="+usual)
		}
	}
	apart(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("open the window: %w", err)
	}
	s := newServer(cmd, p.token)
	go func() {
		_ = cmd.Wait()
		close(s.gone)
	}()
	if err := s.find(ctx, kept); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// find waits until the engine can be reached.
func (s *server) find(ctx context.Context, kept string) error {
	for late := time.Now().Add(startPatience); ; {
		var now struct{ Port int }
		raw, _ := os.ReadFile(kept) // it is being replaced
		_ = json.Unmarshal(raw, &now)
		s.url, s.pid = "http://127.0.0.1:"+strconv.Itoa(now.Port), engineOf(s.cmd.Process.Pid)
		var st status
		if now.Port != 0 && s.pid != 0 && s.call(ctx, "GET", "/api/status", nil, &st) == nil {
			return nil
		}
		select {
		case <-s.gone:
			return errors.New("the window closed before its engine was ready; --log shows what it said")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			if time.Now().After(late) {
				return fmt.Errorf("the window's engine was not ready within %v; --log shows what the window said", startPatience)
			}
		}
	}
}

// engineOf is the PID of a window's engine, 0 for none yet.
func engineOf(window int) int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		raw, _ := os.ReadFile(path)
		_, rest, _ := strings.Cut(string(raw), ") ")
		fields := strings.Fields(rest)
		dir := filepath.Dir(path)
		if line, _ := os.ReadFile(filepath.Join(dir, "cmdline")); len(fields) > 1 && fields[1] == strconv.Itoa(window) && bytes.Contains(line, []byte("\x00engine\x00")) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			return pid
		}
	}
	return 0
}

// alive reports whether a process is there and no zombie.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(raw, []byte(") Z "))
}

// display is what tells a window where to appear: on the screen there is, or on one that only it sees.
func (p *place) display(ctx context.Context) ([]string, error) {
	if os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" {
		return nil, nil
	}
	path, err := exec.LookPath("Xvfb")
	if err != nil {
		return nil, errors.New("there is no screen to open a window on: run this on a desktop, or install xvfb (`.ci/toolkit tests` does)")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	x := exec.CommandContext(context.WithoutCancel(ctx), path, "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	apart(x)
	err = x.Start()
	_ = w.Close()
	if err != nil {
		return nil, fmt.Errorf("start a screen: %w", err)
	}
	p.screen = x
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start a screen: %w", err)
	}
	env := []string{"DISPLAY=:" + strings.TrimSpace(number)}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" { // or the toolkit would start a bus on this screen, and leave it behind
		env = append(env, "DBUS_SESSION_BUS_ADDRESS=disabled:")
	}
	return env, nil
}
