// Package e2e tests the real window on a screen of its own: Xvfb, a window manager, and xdotool as the hand
// of a user. What came of it is asked of the engine.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deadMan is how long a test waits for something that should come soon.
const deadMan = 90 * time.Second

const (
	program = "../../bin/coder1-desktop"
	token   = "a-token-for-the-tests-of-the-window"
)

func TestMain(m *testing.M) {
	for _, need := range []string{"Xvfb", "openbox", "xdotool", "import"} {
		if _, err := exec.LookPath(need); err != nil {
			fmt.Fprintf(os.Stderr, "the tests of the window need %s: run .ci/toolkit tests\n", need)
			os.Exit(1)
		}
	}
	if _, err := os.Stat(program); err != nil {
		fmt.Fprintln(os.Stderr, "the tests of the window need the program: run make desktop-build")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// screen is an X server with a window manager.
type screen struct {
	t       *testing.T
	display string
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1400x900x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	start(t, x)
	_ = w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("the screen did not come up: %v", err)
	}
	s := &screen{t, ":" + strings.TrimSpace(number)}
	start(t, s.command("openbox"))
	return s
}

// start runs a command until the end of the test.
func start(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		all := tree(c.Process.Pid)
		_ = c.Process.Kill()
		_ = c.Wait()
		awaitEnd(t, all)
	})
}

// awaitEnd waits until processes are gone: they write to their folders to the last.
func awaitEnd(t *testing.T, pids []int) {
	t.Helper()
	for dead := time.Now().Add(deadMan); len(alive(pids)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(dead) {
			t.Errorf("processes that do not end: %v", alive(pids))
			return
		}
	}
}

func (s *screen) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+s.display)
	return c
}

// hand does something with the keyboard or the windows.
func (s *screen) hand(args ...string) string {
	s.t.Helper()
	out, err := s.command("xdotool", args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("xdotool %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// shoot takes a picture, for whoever looks at a failure.
func (s *screen) shoot() {
	path := filepath.Join(os.TempDir(), "coder1-window.png")
	if s.command("import", "-window", "root", path).Run() == nil {
		s.t.Log("the screen is in", path)
	}
}

// desk is a window that runs.
type desk struct {
	*screen
	data string
	home string // of the user
	cmd  *exec.Cmd
	log  *bytes.Buffer
	url  string
}

// openDesk starts the program as it was built.
func (s *screen) openDesk(data string, args ...string) *desk {
	s.t.Helper()
	return s.run(setup{program: program, data: data, args: args})
}

// setup is how the program is started. What is left out is as usual.
type setup struct {
	program string
	data    string
	args    []string
	env     []string
}

// run starts a program that is the desktop's.
func (s *screen) run(how setup) *desk {
	s.t.Helper()
	d := &desk{screen: s, data: how.data, home: s.t.TempDir(), log: &bytes.Buffer{}}
	d.cmd = s.command(how.program, how.args...)
	d.cmd.Env = append(d.cmd.Env, "CODER1_DATA="+d.data, "CODER1_TOKEN="+token, "CLAUDE_BIN=no-such-claude", "HOME="+d.home)
	d.cmd.Env = append(d.cmd.Env, how.env...)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	if err := d.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("the window said: %s", d.log)
		}
		all := tree(d.cmd.Process.Pid)
		_ = d.cmd.Process.Kill()
		_, _ = d.cmd.Process.Wait()
		awaitEnd(s.t, all)
	})
	d.until("the engine answers", func() bool {
		d.url = fmt.Sprintf("http://127.0.0.1:%d", d.port())
		resp, err := http.Get(d.url + "/api/health")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == 200
	})
	d.until("the window shows the engine", func() bool { return strings.Contains(d.title(), "of 512 MB") })
	return d
}

func (d *desk) port() int {
	var kept struct{ Port int }
	raw, _ := os.ReadFile(filepath.Join(d.data, "desktop.json"))
	_ = json.Unmarshal(raw, &kept)
	return kept.Port
}

// until waits for something to become true.
func (d *desk) until(what string, so func() bool) {
	d.t.Helper()
	dead := time.After(deadMan)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-dead:
			d.shoot()
			d.t.Fatalf("waited in vain: %s", what)
		case <-look.C:
		}
	}
}

// window is the X window's number, "" for none.
func (d *desk) window() string {
	out, _ := d.command("xdotool", "search", "--onlyvisible", "--name", "^Coder1").Output()
	id, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return id
}

func (d *desk) title() string {
	id := d.window()
	if id == "" {
		return ""
	}
	out, _ := d.command("xdotool", "getwindowname", id).Output()
	return strings.TrimSpace(string(out))
}

// call asks the engine as the owner.
func (d *desk) call(method, path string, body, into any) int {
	d.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, d.url+path, bytes.NewReader(raw))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(said, into); err != nil {
			d.t.Fatalf("%s %s: %v in %s", method, path, err, said)
		}
	}
	return resp.StatusCode
}

// session makes a session of the demo agent, and opens it in the window by the palette.
func (d *desk) session(title string) string {
	d.t.Helper()
	d.call("POST", "/api/workspaces", map[string]string{"name": "shop"}, nil)
	var s struct{ ID string }
	if status := d.call("POST", "/api/sessions", map[string]string{"workspace": "shop", "title": title}, &s); status != 201 {
		d.t.Fatalf("a session: %d", status)
	}
	d.find(title)
	return s.ID
}

// find opens something by the palette.
func (d *desk) find(title string) {
	d.t.Helper()
	d.hand("windowactivate", "--sync", d.window())
	d.hand("key", "--delay", "200", "Escape", "Escape", "ctrl+k") // without what an attempt before may have left open
	d.hand("type", "--delay", "60", title)
	d.hand("key", "--delay", "200", "Return")
}

// said reports whether a session's log has a text in an event of a type.
func (d *desk) said(session, kind, text string) bool {
	var page struct {
		Events []struct{ Type, Text string }
	}
	d.call("GET", "/api/sessions/"+session+"/events?limit=1000", nil, &page)
	for _, e := range page.Events {
		if e.Type == kind && strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}

// ask types a prompt into the window until it has arrived: a page that is still being drawn takes no keys.
func (d *desk) ask(session, title, text string) {
	d.t.Helper()
	d.until("the prompt arrives: "+text, func() bool {
		d.find(title) // which leads to the session's prompt
		d.hand("type", "--delay", "60", text)
		d.hand("key", "--delay", "200", "Return")
		arrived := time.After(5 * time.Second)
		look := time.NewTicker(100 * time.Millisecond)
		defer look.Stop()
		for {
			select {
			case <-arrived:
				return false
			case <-look.C:
				if d.said(session, "prompt", text) {
					return true
				}
			}
		}
	})
}

// engine is the engine child's process.
func (d *desk) engine() int {
	d.t.Helper()
	for _, pid := range children(d.cmd.Process.Pid) {
		if line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); bytes.Contains(line, []byte("\x00engine\x00")) {
			return pid
		}
	}
	return 0
}

// children are a process's, by /proc.
func children(parent int) []int {
	var all []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		raw, _ := os.ReadFile(path)
		_, rest, _ := strings.Cut(string(raw), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			all = append(all, pid)
		}
	}
	return all
}

// tree is a process with all that descends from it.
func tree(pid int) []int {
	all := []int{pid}
	for _, c := range children(pid) {
		all = append(all, tree(c)...)
	}
	return all
}

func alive(pids []int) (left []int) {
	for _, pid := range pids {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !strings.Contains(string(raw), ") Z ") {
			left = append(left, pid)
		}
	}
	return left
}

func TestTheWindow(t *testing.T) {
	s := newScreen(t)
	data := t.TempDir()
	d := s.openDesk(data)
	id := d.session("Windowed")
	d.ask(id, "Windowed", "say 7 words")
	d.until("the demo agent answers", func() bool { return d.said(id, "message", "") })

	// The engine is killed: it is started again, and the page goes on.
	engine := d.engine()
	if err := syscall.Kill(engine, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	d.until("another engine runs", func() bool { now := d.engine(); return now != 0 && now != engine })
	d.until("it answers", func() bool { return d.call("GET", "/api/me", nil, nil) == 200 })
	d.ask(id, "Windowed", "list")

	// A second start comes to nothing, but to the front of the first.
	second := s.command(program)
	second.Env = append(second.Env, "CODER1_DATA="+data)
	if out, err := second.CombinedOutput(); err != nil {
		t.Errorf("a second start: %v: %s", err, out)
	}

	// Closed in good order, it leaves nothing behind; opened again, everything is there.
	all := tree(d.cmd.Process.Pid)
	d.hand("windowsize", "--sync", d.window(), "1100", "700")
	d.hand("key", "ctrl+q")
	d.until("all is gone", func() bool { _ = d.cmd.Wait(); return len(alive(all)) == 0 })
	d = s.openDesk(data)
	if !d.said(id, "prompt", "say 7 words") {
		t.Error("the session is not there after a new start")
	}
	if size := d.hand("getwindowgeometry", d.window()); !strings.Contains(size, "1100x") {
		t.Errorf("the window's size was not remembered: %s", size)
	}
}

func TestAKilledWindowLeavesNothing(t *testing.T) {
	s := newScreen(t)
	d := s.openDesk(t.TempDir())
	id := d.session("Killed")
	d.ask(id, "Killed", "take 20 MB for 600 s")
	d.until("the agent runs", func() bool { return d.said(id, "prompt", "take") && len(tree(d.engine())) > 1 })
	all := tree(d.cmd.Process.Pid)
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = d.cmd.Process.Wait()
	d.until("nothing is left", func() bool { return len(alive(all)) == 0 })
}

func TestTheDebianPackage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("installing a package needs root: run the tests as root, in a container")
	}
	found, err := filepath.Glob("../../bin/package/*.deb")
	if err != nil || len(found) != 1 {
		t.Fatalf("make package leaves one package; there are %v, %v", found, err)
	}
	if out, err := exec.Command("dpkg", "--install", found[0]).CombinedOutput(); err != nil {
		t.Fatalf("install it: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("dpkg", "--purge", "coder1").CombinedOutput(); err != nil {
			t.Errorf("remove it: %v: %s", err, out)
		}
	})
	// A double click on a recording starts it so.
	d := newScreen(t).run(setup{program: "/usr/bin/coder1-desktop", data: t.TempDir(), args: []string{recording}})
	d.until("the recording is shown", func() bool { return strings.Contains(d.title(), filepath.Base(recording)) })
	if _, err := exec.LookPath("update-mime-database"); err == nil {
		globs, err := os.ReadFile("/usr/share/mime/globs2")
		if err != nil || !bytes.Contains(globs, []byte("application/x-coder1-recording:*.trace.zst")) {
			t.Errorf("the system does not know recordings: %v", err)
		}
	}
	if d.call("GET", "/api/me", nil, nil) != 200 {
		t.Error("the engine of the installed program does not answer")
	}
	if out, err := exec.Command("/usr/bin/coder1", "--version").CombinedOutput(); err != nil || len(out) == 0 {
		t.Errorf("the installed server: %v: %s", err, out)
	}
}
