package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// terminal is one of the server's, as the page knows it.
type terminal struct {
	ID       string
	State    string
	ExitCode *int
	Signal   string
	Reason   string
	Offset   int64
	First    int64
	Viewers  int
}

func (s *server) terminal(workspace string, command ...string) terminal {
	s.t.Helper()
	var made terminal
	body := map[string]any{"workspace": workspace, "cols": 80, "rows": 24}
	if len(command) > 0 {
		body["command"] = command
	}
	s.call("POST", "/api/terminals", body, 201, &made)
	return made
}

func (s *server) terminals() (all []terminal) {
	s.t.Helper()
	s.call("GET", "/api/terminals", nil, 200, &all)
	return all
}

// viewer looks at a terminal as the page does.
type viewer struct {
	t      testing.TB
	conn   *websocket.Conn
	offset int64 // of the next byte
	lost   int64
	text   []json.RawMessage // frames that are not output
	ahead  string            // what until has read beyond what it was asked for
}

// look connects to a terminal; a negative offset asks for what is kept.
func (s *server) look(id string, offset int64) *viewer {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	defer cancel()
	url := strings.Replace(s.url, "http", "ws", 1) + "/api/terminals/" + id + "/ws"
	if offset >= 0 {
		url += fmt.Sprint("?offset=", offset)
	}
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		s.t.Fatalf("look at terminal %s: %v %v", id, err, resp)
	}
	conn.SetReadLimit(mb)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	v := &viewer{t: s.t, conn: conn}
	var start struct {
		Type         string
		Offset, Lost int64
	}
	if err := wsjson.Read(ctx, conn, &start); err != nil || start.Type != "start" {
		s.t.Fatalf("the first frame is %+v, %v", start, err)
	}
	v.offset, v.lost = start.Offset, start.Lost
	return v
}

// read returns the next output, of at most len(buf) bytes, and says that it was drawn.
func (v *viewer) read(buf []byte) int {
	v.t.Helper()
	n := v.receive(buf)
	if n > 0 {
		v.ack(n)
	}
	return n
}

// receive returns the next output, of at most len(buf) bytes; 0 is the end.
func (v *viewer) receive(buf []byte) int {
	v.t.Helper()
	for {
		kind, r, err := v.conn.Reader(context.Background())
		if err != nil {
			v.t.Fatalf("after %d bytes: %v", v.offset, err)
		}
		n := 0
		for {
			m, err := r.Read(buf[n:])
			n += m
			if err != nil {
				break
			}
		}
		if kind == websocket.MessageText {
			v.text = append(v.text, json.RawMessage(string(buf[:n])))
			if strings.Contains(string(buf[:n]), `"exit"`) {
				return 0
			}
			continue
		}
		v.offset += int64(n)
		return n
	}
}

func (v *viewer) ack(n int) {
	v.t.Helper()
	if err := v.conn.Write(context.Background(), websocket.MessageText, fmt.Appendf(nil, `{"type":"ack","bytes":%d}`, n)); err != nil {
		v.t.Fatal(err)
	}
}

func (v *viewer) write(text string) {
	v.t.Helper()
	if err := v.conn.Write(context.Background(), websocket.MessageBinary, []byte(text)); err != nil {
		v.t.Fatal(err)
	}
}

// until returns the output up to a text and with it. What came behind it in the same frame is the next call's.
func (v *viewer) until(text string) string {
	v.t.Helper()
	defer time.AfterFunc(deadMan, func() { _ = v.conn.CloseNow() }).Stop()
	buf := make([]byte, mb)
	for {
		if before, after, found := strings.Cut(v.ahead, text); found {
			v.ahead = after
			return before + text
		}
		n := v.read(buf)
		if n == 0 {
			v.t.Fatalf("the program ended before it said %q; it said %.2000q", text, v.ahead)
		}
		v.ahead += string(buf[:n])
	}
}

// A program in a terminal eats all memory. It is stopped, its terminal says why, and its shell goes on, as do
// everybody else's. Then the same with a terminal that nobody looks at.
func TestARunawayInATerminal(t *testing.T) {
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}, group: memorytest.New(t, 512*mb), contained: true}
	s := setup.start(t)
	s.workspace("shop")
	w := watchOver(s, setup.group)
	calm := s.terminal("shop", "cat")
	for _, shape := range []string{"fast 0", "leak 200", "tree 4"} {
		s.awaitRoom()
		made := s.terminal("shop", "bash", "--norc", "-c", fmt.Sprintf("for i in 1 2; do %s misbehave %s; echo; echo was $?.; read x; done", thisProgram(t), shape))
		v := s.look(made.ID, 0)
		said := v.until("was 0.\r\n")
		if !strings.Contains(said, "Coder1 stopped this command at") { // it may come after the shell's word
			said += v.until("]\x1b[0m\r\n")
		}
		if !strings.Contains(said, "Coder1 stopped this command at") || strings.Contains(said, "ended by itself") {
			t.Errorf("%s: the terminal says %q", shape, said)
		}
		v.write("again, and nobody looks\n")
		v.conn.CloseNow()
		v = s.look(made.ID, v.offset)
		said = v.until("was 0.\r\n")
		t.Logf("%s: %.400q", shape, said)
		s.call("DELETE", "/api/terminals/"+made.ID, nil, 204, nil)
	}
	v := s.look(calm.ID, 0)
	v.write("still here\n")
	v.until("still here\r\nstill here\r\n")
	see := w.take()
	t.Logf("peak %d MB, health took %v at most", see.peakMB, see.slow)
	if kills := setup.group.OOMKills(); kills != 0 || see.peakMB >= 500 || see.slow > time.Second || see.failed != "" {
		t.Errorf("%d OOM kills, peak %d MB, health took %v at most, %s", kills, see.peakMB, see.slow, see.failed)
	}
	s.stop()
}

// awaitRoom waits until memory does not press any more.
func (s *server) awaitRoom() {
	s.t.Helper()
	for deadline := time.Now().Add(deadMan); ; time.Sleep(20 * time.Millisecond) {
		var st struct{ Memory struct{ Level string } }
		if s.call("GET", "/api/status", nil, 200, &st); st.Memory.Level == "normal" || st.Memory.Level == "warning" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("memory still presses: %+v", st)
		}
	}
}

// Two hundred terminals come and go, and leave nothing behind: no descriptor, no thread, no process, no file.
func TestTwoHundredTerminalsLeaveNothing(t *testing.T) {
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
	s := setup.start(t)
	s.workspace("shop")
	once := func() {
		made := s.terminal("shop", "bash", "--norc", "-c", "echo ready; sleep 300 & read x; wait")
		v := s.look(made.ID, 0)
		v.until("ready\r\n")
		v.write("\n")
		s.call("DELETE", "/api/terminals/"+made.ID, nil, 204, nil)
	}
	once()
	pid := s.cmd.Process.Pid
	fds, threads := count(t, pid, "fd"), count(t, pid, "task")
	for range 200 {
		once()
	}
	for deadline := time.Now().Add(deadMan); ; time.Sleep(20 * time.Millisecond) {
		f, children := count(t, pid, "fd"), childrenOf(t, pid)
		files, err := os.ReadDir(filepath.Join(setup.data, "terminals"))
		if err == nil && f <= fds+5 && children == 1 && len(files) == 0 { // the guard; connections that are kept
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors, %d before; %d children; %d files, %v", f, fds, children, len(files), err)
		}
	}
	if n := count(t, pid, "task"); n > threads+20 {
		t.Errorf("%d threads, %d before", n, threads)
	}
	s.stop()
}

// count is how many entries a folder of a process's in /proc has.
func count(t testing.TB, pid int, folder string) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/%s", pid, folder))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// childrenOf is how many children a process has.
func childrenOf(t testing.TB, pid int) int {
	t.Helper()
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range all {
		children, _ := os.ReadFile(file) // a thread that has ended has none
		n += len(strings.Fields(string(children)))
	}
	return n
}
