package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// frugal has an engine collect its garbage often, so that what it holds is compared, and not what happens to lie
// about.
const frugal = "GOGC=10"

// resident is what a process has in memory, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if fields := bytes.Fields(line); len(fields) > 1 && string(fields[0]) == "Rss:" {
			kb, err := strconv.ParseInt(string(fields[1]), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("process %d has no Rss: %s", pid, raw)
	return 0
}

var asset = regexp.MustCompile(`/assets/[^"]+`)

// load gets what the page is made of, as a browser does.
func (d *desk) load() {
	d.t.Helper()
	get := func(path string) []byte {
		resp, err := http.Get(d.url + path)
		if err != nil {
			d.t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		raw, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			d.t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		return raw
	}
	files := asset.FindAll(get("/"), -1)
	if len(files) == 0 {
		d.t.Fatal("the page is made of nothing")
	}
	for _, path := range files {
		get(string(path))
	}
}

// cloud starts the server as it runs in the cloud, for somebody who follows what is live as a page does.
func (s *screen) cloud() *desk {
	s.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	if err := free.Close(); err != nil {
		s.t.Fatal(err)
	}
	d := &desk{screen: s, data: s.t.TempDir(), home: s.t.TempDir(), log: &bytes.Buffer{}, url: "http://127.0.0.1:" + port}
	d.cmd = s.command("../../bin/coder1", "serve", "--hard-limit=512")
	d.cmd.Env = append(d.cmd.Env, "CODER1_DATA="+d.data, "CODER1_TOKEN="+token, "CLAUDE_BIN=no-such-claude", "HOME="+d.home, "PORT="+port, "HOST=127.0.0.1", frugal)
	start(s.t, d.cmd)
	d.until("the server answers", func() bool { return d.call("GET", "/api/me", nil, nil) == 200 })
	d.load()
	conn, resp, err := websocket.Dial(s.t.Context(), d.url+"/api/stream", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	conn.SetReadLimit(8 << 20)
	go func() {
		for {
			if _, _, err := conn.Read(context.Background()); err != nil {
				return
			}
		}
	}()
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return d
}

// work is what a user has an engine do: two sessions that answer, and a terminal that says much.
func (d *desk) work() {
	d.t.Helper()
	d.call("POST", "/api/workspaces", map[string]string{"name": "shop"}, nil)
	for i := range 2 {
		var s struct{ ID string }
		if status := d.call("POST", "/api/sessions", map[string]string{"workspace": "shop", "title": fmt.Sprint(i)}, &s); status != 201 {
			d.t.Fatalf("a session: %d", status)
		}
		for range 2 {
			d.call("POST", "/api/sessions/"+s.ID+"/prompts", map[string]string{"text": "say 7 words"}, nil)
		}
		d.until("all is answered", func() bool {
			var page struct{ Events []struct{ Type string } }
			d.call("GET", "/api/sessions/"+s.ID+"/events?limit=1000", nil, &page)
			ended := 0
			for _, e := range page.Events {
				if e.Type == "turn_ended" {
					ended++
				}
			}
			return ended == 2
		})
	}
	var term struct{ ID string }
	if status := d.call("POST", "/api/terminals", map[string]any{"workspace": "shop", "cols": 80, "rows": 24, "command": []string{"seq", "300000"}}, &term); status != 201 {
		d.t.Fatalf("a terminal: %d", status)
	}
	d.until("it has said it", func() bool {
		var all []struct{ State string }
		d.call("GET", "/api/terminals", nil, &all)
		return len(all) == 1 && all[0].State != "running"
	})
}

// The window must not cost the engine anything: its process is as large as the cloud's on the same work, within
// 5 %. Where two readings are further apart both are taken again, three times at most, and the least of each counts.
func TestTheEngineIsAsSmallAsTheCloud(t *testing.T) {
	cloud, child, apart := int64(math.MaxInt64), int64(math.MaxInt64), math.Inf(1)
	for tries := 0; tries < 3 && math.Abs(apart) > 5; tries++ {
		t.Run("cloud", func(t *testing.T) {
			d := newScreen(t).cloud()
			d.work()
			cloud = min(cloud, resident(t, d.cmd.Process.Pid))
		})
		t.Run("desktop", func(t *testing.T) {
			d := newScreen(t).run(setup{program: program, data: t.TempDir(), env: []string{frugal}})
			d.work()
			line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", d.engine()))
			if !strings.Contains(string(line), "/coder1\x00") {
				t.Errorf("the engine is %q; it should be the server beside the window's program", line)
			}
			child = min(child, resident(t, d.engine()))
		})
		apart = 100 * (float64(child)/float64(cloud) - 1)
		t.Logf("the cloud's server: %.1f MB; the desktop's engine: %.1f MB (%+.1f %%)", float64(cloud)/(1<<20), float64(child)/(1<<20), apart)
	}
	if math.Abs(apart) > 5 {
		t.Error("they must not be more than 5 % apart")
	}
}
