package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

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
		v.ack(n)
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

// until reads until the output ends with a text.
func (v *viewer) until(text string) string {
	v.t.Helper()
	var all strings.Builder
	buf := make([]byte, mb)
	for !strings.HasSuffix(all.String(), text) {
		n := v.read(buf)
		if n == 0 {
			v.t.Fatalf("the program ended before it said %q; it said %.2000q", text, all.String())
		}
		all.Write(buf[:n])
	}
	return all.String()
}
