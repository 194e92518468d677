package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"coder1/engine/terminal"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

func (r *rig) terminal(command ...string) Terminal {
	r.t.Helper()
	if resp, _ := r.do("POST", "/api/workspaces", `{"name":"shop"}`, asOwner); resp.StatusCode != 201 && resp.StatusCode != 409 {
		r.t.Fatal(resp.Status)
	}
	body, err := json.Marshal(map[string]any{"workspace": "shop", "cols": 80, "rows": 24, "command": command})
	if err != nil {
		r.t.Fatal(err)
	}
	var made Terminal
	r.call("POST", "/api/terminals", string(body), 201, &made)
	return made
}

func (r *rig) script(text string) Terminal {
	r.t.Helper()
	return r.terminal("bash", "--norc", "-c", text)
}

// watcher looks at a terminal as the page does.
type watcher struct {
	t     testing.TB
	ctx   context.Context
	conn  *websocket.Conn
	start terminalStartFrame
	said  []byte // since it began to look
	told  []terminalText
}

// terminalText is any text frame.
type terminalText struct {
	Type         string
	Cols, Rows   int
	Code         int
	Signal, Text string
	Reason       string
}

func (r *rig) dial(path string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(r.t.Context(), strings.Replace(r.url, "http", "ws", 1)+path,
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
}

func (r *rig) look(id, query string) *watcher {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), deadMan)
	r.t.Cleanup(cancel)
	conn, _, err := r.dial("/api/terminals/" + id + "/ws" + query)
	if err != nil {
		r.t.Fatal(err)
	}
	conn.SetReadLimit(2 * frameSize)
	r.t.Cleanup(func() { _ = conn.CloseNow() })
	w := &watcher{t: r.t, ctx: ctx, conn: conn}
	if err := wsjson.Read(ctx, conn, &w.start); err != nil || w.start.Type != "start" {
		r.t.Fatalf("it begins with %+v, %v", w.start, err)
	}
	return w
}

// next takes in a frame and returns its output; an error is the connection's end.
func (w *watcher) next() (output []byte, err error) {
	kind, raw, err := w.conn.Read(w.ctx)
	if err != nil {
		return nil, err
	}
	if kind == websocket.MessageText {
		var text terminalText
		if err := json.Unmarshal(raw, &text); err != nil {
			w.t.Fatal(err)
		}
		w.told = append(w.told, text)
		return nil, nil
	}
	w.said = append(w.said, raw...)
	return raw, nil
}

// until reads and draws until the output has a text.
func (w *watcher) until(text string) {
	w.t.Helper()
	for !bytes.Contains(w.said, []byte(text)) {
		raw, err := w.next()
		if err != nil {
			w.t.Fatalf("%q never came: %v; there is %.1000q", text, err, w.said)
		}
		w.ack(len(raw))
	}
}

// end reads and draws until the connection is closed, and says with which status.
func (w *watcher) end() websocket.StatusCode {
	w.t.Helper()
	for {
		raw, err := w.next()
		if err != nil {
			return websocket.CloseStatus(err)
		}
		w.ack(len(raw))
	}
}

func (w *watcher) ack(n int) { w.text(fmt.Sprintf(`{"type":"ack","bytes":%d}`, n)) }

func (w *watcher) text(frame string) {
	_ = w.conn.Write(w.ctx, websocket.MessageText, []byte(frame)) // it may be closed by now
}

func (w *watcher) typeIn(text string) {
	w.t.Helper()
	if err := w.conn.Write(w.ctx, websocket.MessageBinary, []byte(text)); err != nil {
		w.t.Fatal(err)
	}
}

// last is the latest text frame of a type.
func (w *watcher) last(kind string) terminalText {
	for i := len(w.told) - 1; i >= 0; i-- {
		if w.told[i].Type == kind {
			return w.told[i]
		}
	}
	return terminalText{}
}

func TestATerminalOnTheWire(t *testing.T) {
	r := openRig(t)
	made := r.script(`stty size; while read -r x; do echo "heard $x"; stty size; [ "$x" = bye ] && exit 7; done`)
	if made.State != "running" || made.Workspace != "shop" || made.Cols != 80 || made.ExitCode != nil || !strings.HasPrefix(made.Title, "bash") {
		t.Errorf("made: %+v", made)
	}
	a, b := r.look(made.ID, ""), r.look(made.ID, "?offset=0")
	a.until("24 80")
	a.typeIn("one\n")
	b.until("heard one")
	a.text(`{"type":"resize","cols":101,"rows":31}`)
	a.typeIn("two\n")
	b.until("31 101")
	if f := b.last("resize"); f.Cols != 101 || f.Rows != 31 {
		t.Errorf("the other viewer was told %+v", b.told)
	}
	var list []Terminal
	r.call("GET", "/api/terminals", "", 200, &list)
	if len(list) != 1 || list[0].Viewers != 2 || list[0].Cols != 101 || list[0].Offset == 0 {
		t.Errorf("the list is %+v", list)
	}
	var renamed Terminal
	r.call("PATCH", "/api/terminals/"+made.ID, `{"title":"server"}`, 200, &renamed)
	if renamed.Title != "server" {
		t.Errorf("renamed: %+v", renamed)
	}
	b.typeIn("bye\n")
	for _, w := range []*watcher{a, b} {
		if status := w.end(); status != websocket.StatusNormalClosure {
			t.Errorf("closed with %d", status)
		}
		if f := w.last("exit"); f.Code != 7 || len(w.told) > 0 && w.told[len(w.told)-1].Type != "exit" {
			t.Errorf("it was told %+v", w.told)
		}
	}
	r.call("GET", "/api/terminals", "", 200, &list)
	if list[0].State != "exited" || *list[0].ExitCode != 7 || list[0].Signal != "" {
		t.Errorf("the list is %+v", list)
	}
	late := r.look(made.ID, "")
	late.end()
	if !bytes.Equal(late.said, a.said) || late.last("exit").Code != 7 {
		t.Errorf("one that comes after the end gets %q, %+v", late.said, late.told)
	}
	r.call("POST", "/api/terminals/"+made.ID+"/signal", `{"signal":"INT"}`, 409, nil)
	r.call("DELETE", "/api/terminals/"+made.ID, "", 204, nil)
	r.call("GET", "/api/terminals", "", 200, &list)
	if len(list) != 0 {
		t.Errorf("deleted, the list is %+v", list)
	}
}

func TestTerminalsKilledAndDeleted(t *testing.T) {
	r := openRig(t)
	killed, deleted := r.script("echo ready; sleep 300; :"), r.script("echo ready; sleep 300; :")
	w := r.look(killed.ID, "")
	w.until("ready")
	r.call("POST", "/api/terminals/"+killed.ID+"/signal", `{"signal":"KILL"}`, 204, nil)
	if status := w.end(); status != websocket.StatusNormalClosure || w.last("exit").Signal != "KILL" || w.last("exit").Code != -1 {
		t.Errorf("killed: %d, %+v", status, w.told)
	}
	w = r.look(deleted.ID, "")
	w.until("ready")
	r.call("DELETE", "/api/terminals/"+deleted.ID, "", 204, nil)
	if status := w.end(); status != websocket.StatusNormalClosure || w.last("exit").Type != "" {
		t.Errorf("deleted: %d, %+v", status, w.told)
	}
}

func TestWhatTerminalsRefuse(t *testing.T) {
	r := openRig(t)
	id := r.script("cat").ID
	ok := "/api/terminals/" + id
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/api/terminals", `{"workspace":"none","cols":80,"rows":24}`, 404, "no workspace"},
		{"POST", "/api/terminals", `{"workspace":"../../etc","cols":80,"rows":24}`, 404, "no workspace"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":0,"rows":24}`, 422, "cols"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":80,"rows":1001}`, 422, "rows"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":80}`, 422, "rows"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":80,"rows":24,"command":["no-such-program"]}`, 422, "not on the server's PATH"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":80,"rows":24,"command":["../../../bin/no-such"]}`, 422, "no such file"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":80,"rows":24,"command":[""]}`, 422, "first word"},
		{"POST", "/api/terminals", `{"workspace":"shop","cols":80,"rows":24,"title":"a\u001b[31m"}`, 422, "control character"},
		{"PATCH", ok, `{"title":"` + strings.Repeat("x", 201) + `"}`, 422, "200 characters"},
		{"PATCH", "/api/terminals/none", `{"title":"x"}`, 404, "no such terminal"},
		{"DELETE", "/api/terminals/none", "", 404, "no such terminal"},
		{"DELETE", "/api/terminals/..%2fstore", "", 404, "no such terminal"},
		{"POST", ok + "/signal", `{"signal":"STOP"}`, 422, "signal"},
		{"POST", "/api/terminals/none/signal", `{"signal":"INT"}`, 404, "no such terminal"},
		{"GET", "/api/terminals/none/ws", "", 404, "no such terminal"},
		{"GET", ok + "/ws?offset=-1", "", 422, "offset"},
		{"GET", ok + "/ws?offset=abc", "", 422, "offset"},
		{"GET", ok + "/ws?offset=99999999999999999999", "", 422, "offset"},
		{"GET", ok + "/ws", "", 426, ""},
	} {
		resp, body := r.do(c.method, c.path, c.body, asOwner)
		if resp.StatusCode != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s %s %s: %s %s", c.method, c.path, c.body, resp.Status, body)
		}
	}
	if resp, _ := r.do("GET", ok+"/ws", ""); resp.StatusCode != 401 {
		t.Errorf("without a token: %s", resp.Status)
	}
	for _, frame := range []string{"", "no JSON", `{"type":"resize","cols":0,"rows":5}`, `{"type":"resize","cols":5000,"rows":5}`,
		`{"type":"ack","bytes":-1}`, `{"type":"ack","bytes":"1"}`, `{"type":"other"}`, `[]`, strings.Repeat(" ", maxControl+1)} {
		w := r.look(id, "")
		w.text(frame)
		if status := w.end(); status != websocket.StatusPolicyViolation {
			t.Errorf("after the frame %.40q it is closed with %d", frame, status)
		}
	}
}

// A viewer that stops drawing gets no more than the window, costs little, and loses nothing.
func TestAViewerThatStopsDrawing(t *testing.T) {
	r := openRig(t)
	const size = 3 << 20
	made := r.script(fmt.Sprintf("stty raw; yes 'nothing is lost' | head -c %d; read x", size))
	w := r.look(made.ID, "?offset=0")
	for len(w.said) < terminal.Window {
		if _, err := w.next(); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.said) != terminal.Window {
		t.Errorf("%d bytes came without one being drawn", len(w.said))
	}
	var before, after []Terminal
	r.call("GET", "/api/terminals", "", 200, &before)
	w.typeIn("") // a sign of life
	r.call("GET", "/api/terminals", "", 200, &after)
	if after[0].Offset-terminal.Window > 1<<20 || after[0].Viewers != 1 {
		t.Errorf("meanwhile %+v", after[0])
	}
	w.ack(terminal.Window)
	for len(w.said) < size {
		raw, err := w.next()
		if err != nil {
			t.Fatal(err)
		}
		w.ack(len(raw))
	}
	if want := bytes.Repeat([]byte("nothing is lost\n"), size/16); !bytes.Equal(w.said, want) {
		t.Error("what came is not what was said")
	}
}

// Viewers that break off anywhere and come back with their offset get every byte once.
func TestResumeOverTheWire(t *testing.T) {
	r := openRig(t)
	made := r.script(`stty raw; i=0; while [ $i -lt 30000 ]; do echo "line $i äöü€👩"; i=$((i+1)); done; read x`)
	var want bytes.Buffer
	for i := range 30_000 {
		fmt.Fprintf(&want, "line %d äöü€👩\n", i)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var got []byte
	for len(got) < want.Len() {
		w := r.look(made.ID, fmt.Sprint("?offset=", len(got)))
		if w.start.Offset != int64(len(got)) || w.start.Lost != 0 {
			t.Fatalf("it begins with %+v, asked for %d", w.start, len(got))
		}
		for frames := rng.IntN(20); frames > 0 && len(got)+len(w.said) < want.Len(); frames-- {
			raw, err := w.next()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytes.ToValidUTF8(raw, nil), raw) {
				t.Fatalf("a frame cuts a rune in two: %q", raw[max(0, len(raw)-10):])
			}
			if rng.IntN(3) > 0 {
				w.ack(len(raw))
			}
		}
		got = append(got, w.said...)
		_ = w.conn.CloseNow()
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("bytes were lost or doubled")
	}
}

func TestTheStreamTellsOfTerminals(t *testing.T) {
	r := openRig(t)
	conn, _, err := r.dial("/api/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(1 << 20)
	ctx, cancel := context.WithTimeout(t.Context(), deadMan)
	defer cancel()
	await := func(what string, is func([]Terminal) bool) {
		t.Helper()
		for {
			var f struct {
				Type      string
				Terminals []Terminal
			}
			if err := wsjson.Read(ctx, conn, &f); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if f.Type == "terminals" && is(f.Terminals) {
				return
			}
		}
	}
	await("the present", func(l []Terminal) bool { return len(l) == 0 })
	made := r.script("read x; exit 3")
	await("a new one", func(l []Terminal) bool { return len(l) == 1 && l[0].ID == made.ID && l[0].State == "running" })
	w := r.look(made.ID, "")
	await("a viewer", func(l []Terminal) bool { return l[0].Viewers == 1 })
	w.typeIn("\n")
	await("its end", func(l []Terminal) bool { return l[0].State == "exited" && *l[0].ExitCode == 3 })
	r.call("DELETE", "/api/terminals/"+made.ID, "", 204, nil)
	await("that it is gone", func(l []Terminal) bool { return len(l) == 0 })
}

func TestTerminalsEndWithTheServer(t *testing.T) {
	r := openRig(t)
	w := r.look(r.script("cat").ID, "")
	r.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	defer cancel()
	r.engine.Drain(ctx)
	if status := w.end(); status != websocket.StatusGoingAway {
		t.Errorf("closed with %d", status)
	}
	done := make(chan struct{})
	go func() { r.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(deadMan):
		t.Error("a connection is still there")
	}
	if resp, _ := r.do("GET", "/api/terminals/x/ws", "", asOwner); resp.StatusCode != 503 {
		t.Errorf("another is answered %s", resp.Status)
	}
}

func FuzzTerminalControl(f *testing.F) {
	for _, s := range []string{`{"type":"ack","bytes":5}`, `{"type":"resize","cols":80,"rows":24}`, `{"type":"ack","bytes":1e30}`, `{"TYPE":"ack"}`, `{`, `null`, `"ack"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseControl(raw)
		switch {
		case err != nil:
			if n := len(err.Error()); n == 0 || n > 123 {
				t.Fatalf("an error of %d bytes: %v", n, err)
			}
		case c.Type == "ack" && c.Bytes < 0, c.Type == "resize" && !(terminal.Size{Cols: c.Cols, Rows: c.Rows}).Valid(), c.Type != "ack" && c.Type != "resize":
			t.Fatalf("%q was taken for %+v", raw, c)
		}
	})
}
