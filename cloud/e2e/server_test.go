// Package e2e holds the tests of the whole product: the built server, as a process, in a real memory
// cgroup, with the real agent CLI, spoken to over HTTP and WebSocket as the page does.
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
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"coder1/engine/agent/agenttest"
	"coder1/engine/memory/memorytest"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const (
	mb      = 1 << 20
	token   = "a-token-for-the-tests"
	deadMan = 2 * time.Minute // how long to wait for something that should come soon
)

// binary is the server under test.
var binary string

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "misbehave" {
		misbehave(os.Args[2:])
		return
	}
	if len(os.Args) > 2 && os.Args[1] == plainTerminal {
		servePlainTerminal(os.Args[2:])
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "coder1-e2e")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "coder1")
		build := exec.Command("go", "build", "-o", binary, "coder1/cloud")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "the server does not build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// setup is what a server under test runs with.
type setup struct {
	data  string
	group *memorytest.Group // nil for none
	env   []string
	// contained has the server run as in a container: as process 1, with all that it can see in its group.
	contained bool
}

// server is a running one.
type server struct {
	t   testing.TB
	cmd *exec.Cmd
	url string
	log *lockedBuffer
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// withClaude makes a setup with the real CLI, a fresh data folder, and an imitation of the model's API. The CLI's
// file is in memory, on nobody's account that is measured.
func withClaude(t testing.TB, env ...string) (setup, *agenttest.API) {
	t.Helper()
	api, url := agenttest.Serve(t)
	readAhead(t, agenttest.CLI(t))
	s := setup{data: t.TempDir(), env: append([]string{
		"CLAUDE_BIN=" + agenttest.CLI(t), "ANTHROPIC_BASE_URL=" + url, "ANTHROPIC_API_KEY=key-for-tests",
	}, env...)}
	return s, api
}

func readAhead(t testing.TB, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatal(err)
	}
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start runs the server, in its cgroup if it has one, until it says where it listens.
func (s setup) start(t testing.TB) *server {
	t.Helper()
	cmd := exec.Command(binary, "serve")
	switch {
	case s.contained:
		cmd = s.group.Container(binary, "serve")
	case s.group != nil:
		cmd = s.group.Command(binary, "serve")
	}
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.data, "PORT=0", "CODER1_DATA=" + s.data, "CODER1_TOKEN=" + token,
	}, s.env...)
	srv := &server{t: t, cmd: cmd, log: &lockedBuffer{}}
	cmd.Stderr = srv.log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		srv.kill()
		replays(t, s.data)
	})
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fmt.Fprintln(srv.log, lines.Text())
			if url := address.FindString(lines.Text()); url != "" && srv.url == "" {
				select {
				case found <- url:
				default:
				}
			}
		}
		close(found)
	}()
	select {
	case url, ok := <-found:
		if !ok {
			t.Fatalf("the server ended at once:\n%s", srv.log)
		}
		srv.url = url
	case <-time.After(deadMan):
		t.Fatalf("the server does not say where it listens:\n%s", srv.log)
	}
	return srv
}

// awaitRest waits until nothing is left in the group but the server, its guard and idle agents.
func (s *server) awaitRest(g *memorytest.Group) {
	s.t.Helper()
	for deadline := time.Now().Add(deadMan); ; time.Sleep(20 * time.Millisecond) {
		left := s.strangers(g)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("orphans: %s", strings.Join(left, "; "))
		}
	}
}

// strangers tells of the processes in the group that nobody runs.
func (s *server) strangers(g *memorytest.Group) (left []string) {
	s.t.Helper()
	idle := map[int]bool{}
	for _, p := range s.status().Processes {
		if p.State == "idle" {
			idle[p.PID] = true
		}
	}
	for _, pid := range g.PIDs() {
		cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		args := strings.Split(strings.TrimRight(string(cmdline), "\x00"), "\x00")
		inner := memorytest.InnerPID(pid)
		if err != nil || inner == 0 || pid == s.cmd.Process.Pid || args[0] == "coder1-guard" || idle[inner] {
			continue
		}
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		left = append(left, fmt.Sprintf("%d (%d inside) %s %s", pid, inner, bytes.TrimSpace(comm), strings.Join(args, " ")))
	}
	return left
}

// shmFiles lists what misbehaving programs left in the memory file system that the server sees.
func (s *server) shmFiles() []string {
	s.t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/root/dev/shm/coder1-test-*", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

// stop asks the server to end, as a deploy does.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("the server ended with %v:\n%s", err, s.log)
	}
}

// kill ends the server as the kernel would.
func (s *server) kill() {
	if s.cmd.ProcessState == nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
	if s.t.Failed() || os.Getenv("CODER1_TEST_LOG") != "" {
		s.t.Logf("the server said:\n%s", s.log)
	}
}

// call makes a request and decodes the answer; it fails the test unless the status is the one expected.
func (s *server) call(method, path string, body any, status int, answer any) {
	s.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			s.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, s.url+path, in)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != status {
		s.t.Fatalf("%s %s: %s, want %d: %s", method, path, resp.Status, status, raw)
	}
	if answer != nil {
		if err := json.Unmarshal(raw, answer); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
}

type placed struct {
	PromptID      string
	Status        string
	Position      int
	EstimatedWait string
	Message       string

	EstimatedWaitSeconds int
}

type status struct {
	Memory struct {
		UsedBytes int64
		Source    string
	}
	Slots     struct{ Running, Max int }
	Processes []struct {
		ID, PID int
		Session string
		State   string
		Bytes   int64
	}
	Queue []struct{ PromptID string }
}

func (s *server) workspace(name string) {
	s.t.Helper()
	s.call("POST", "/api/workspaces", map[string]string{"name": name}, 201, nil)
}

func (s *server) session(workspace, agent string) string {
	s.t.Helper()
	var made struct{ ID string }
	s.call("POST", "/api/sessions", map[string]string{"workspace": workspace, "agent": agent}, 201, &made)
	return made.ID
}

func (s *server) prompt(session, text string) placed {
	s.t.Helper()
	var p placed
	s.call("POST", "/api/sessions/"+session+"/prompts", map[string]string{"text": text}, 202, &p)
	return p
}

func (s *server) decide(session string, e event, decision string) {
	s.t.Helper()
	s.call("POST", "/api/sessions/"+session+"/permissions/"+e.RequestID, map[string]any{"decision": decision}, 204, nil)
}

// tryDecide allows a request that may have been withdrawn meanwhile.
func (s *server) tryDecide(session string, e event) {
	s.t.Helper()
	body := strings.NewReader(`{"decision":"allow"}`)
	req, err := http.NewRequest("POST", s.url+"/api/sessions/"+session+"/permissions/"+e.RequestID, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 204 && resp.StatusCode != 409 {
		s.t.Errorf("allowing %s: %s", e.RequestID, resp.Status)
	}
}

func (s *server) status() (st status) {
	s.t.Helper()
	s.call("GET", "/api/status", nil, 200, &st)
	return st
}

// event is what these tests look at of a session's events.
type event struct {
	Seq       int64
	Type      string
	PromptID  string
	Text      string
	How       string
	Process   int
	Outcome   string
	Output    string
	RequestID string
	Tool      string
	IsError   bool
	Reason    string
	Error     string
	Rule      string
}

// follower reads one session's events as the page does.
type follower struct {
	t        testing.TB
	session  string
	conn     *websocket.Conn
	patience time.Duration // how long to wait for something that should come soon
	events   []event
	deltas   int
}

func (s *server) follow(session string, after int64) *follower {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), deadMan)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/api/stream",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		s.t.Fatalf("stream: %v %v", err, resp)
	}
	conn.SetReadLimit(64 * mb)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	if err := wsjson.Write(ctx, conn, map[string]any{"type": "subscribe", "session": session, "after": after}); err != nil {
		s.t.Fatal(err)
	}
	return &follower{t: s.t, session: session, conn: conn, patience: deadMan}
}

// until reads until an event matches, and returns it. What was read before is not looked at again.
func (f *follower) until(what string, match func(event) bool) event {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), f.patience)
	defer cancel()
	for {
		for _, e := range f.next(ctx, what) {
			if match(e) {
				return e
			}
		}
	}
}

// delta reads until a piece of a message arrives.
func (f *follower) delta() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), deadMan)
	defer cancel()
	for seen := f.deltas; f.deltas == seen; {
		f.next(ctx, "a piece of the answer")
	}
}

func (f *follower) next(ctx context.Context, what string) []event {
	f.t.Helper()
	var frame struct {
		Type    string
		Session string
		Events  []event
	}
	if err := wsjson.Read(ctx, f.conn, &frame); err != nil {
		f.t.Fatalf("waited in vain for %s: %v; so far %s", what, err, f.tell())
	}
	switch {
	case frame.Session != f.session:
	case frame.Type == "delta":
		f.deltas++
	case frame.Type == "events":
		for _, e := range frame.Events {
			if n := len(f.events); n > 0 && e.Seq != f.events[n-1].Seq+1 {
				f.t.Fatalf("event %d follows %d", e.Seq, f.events[n-1].Seq)
			}
			f.events = append(f.events, e)
		}
		return frame.Events
	}
	return nil
}

func (f *follower) tell() string {
	var b strings.Builder
	for _, e := range f.events {
		fmt.Fprintf(&b, "\n%+v", e)
	}
	return b.String()
}

// end reads to the end of a prompt's last turn.
func (f *follower) end(prompt string) event {
	f.t.Helper()
	return f.until("the end of "+prompt, func(e event) bool {
		return e.PromptID == prompt && (e.Type == "turn_ended" && e.Outcome != "requeued" || e.Type == "prompt_ended")
	})
}

func (f *follower) done(prompt string) {
	f.t.Helper()
	if e := f.end(prompt); e.Outcome != "done" {
		f.t.Fatalf("%s ended as %q %s; %s", prompt, e.Outcome, e.Error, f.tell())
	}
}

func (f *follower) permission() event {
	f.t.Helper()
	return f.until("a permission request", func(e event) bool { return e.Type == "permission_requested" })
}

// last is the latest event of a type that was read.
func (f *follower) last(eventType string) event {
	for _, e := range slices.Backward(f.events) {
		if e.Type == eventType {
			return e
		}
	}
	return event{}
}

// awaitFile waits until a file is there.
func awaitFile(t testing.TB, path string) {
	t.Helper()
	for deadline := time.Now().Add(deadMan); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still not there", path)
		}
	}
}

// alive are those of the processes that have not ended.
func alive(pids []int) (living []int) {
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !bytes.Contains(stat, []byte(") Z ")) {
			living = append(living, pid)
		}
	}
	return living
}

// awaitGone waits until none of the processes is left.
func awaitGone(t testing.TB, pids []int) {
	t.Helper()
	for deadline := time.Now().Add(deadMan); ; time.Sleep(20 * time.Millisecond) {
		left := alive(pids)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes %v are still there", left)
		}
	}
}
