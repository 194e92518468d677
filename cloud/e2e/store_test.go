package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"
	"coder1/engine/session"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// soaking picks how much of something is done: in the tests, or in make soak.
func soaking(tests, soak int) int {
	if os.Getenv("CODER1_SOAK_RUNS") != "" {
		return soak
	}
	return tests
}

// fillStore writes sessions into the store of a data folder on which no server runs.
func fillStore(t testing.TB, data string, fill func(*session.Store)) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(data, "workspaces", "shop"), 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := session.Open(session.Options{Dir: filepath.Join(data, "store")})
	if err != nil {
		t.Fatal(err)
	}
	fill(store)
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}

// receive stores a session with a log of so many bytes, of which each event has 1 KB and each hundredth
// 200 KB, and returns its events.
func receive(t testing.TB, store *session.Store, id string, size int64) (events int64) {
	t.Helper()
	in, err := store.Receive(id)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 200<<10)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyz .,\t"[rng.IntN(29)]
	}
	for size > 0 {
		events++
		n := 1 << 10
		if events%100 == 0 {
			n = len(text)
		}
		from := rng.IntN(len(text) - n + 1)
		data, err := json.Marshal(map[string]any{"promptId": "p", "toolId": "t", "output": string(text[from : from+n]), "isError": false})
		if err != nil {
			t.Fatal(err)
		}
		if err := in.Add(session.Event{Seq: events, Type: "tool_result", Time: time.Unix(1e9+events, 0).UTC(), Data: data}); err != nil {
			t.Fatal(err)
		}
		size -= int64(len(data))
	}
	now := time.Now().UTC()
	if err := in.Commit(session.Meta{User: "owner", Workspace: "shop", Agent: "demo", Title: "Large", Created: now, Updated: now}); err != nil {
		t.Fatal(err)
	}
	return events
}

// lines streams a session's log and checks that every event is there, once and in order.
func (s *server) lines(id string) (events, size int64) {
	s.t.Helper()
	req, err := http.NewRequest("GET", s.url+"/api/sessions/"+id+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/x-ndjson")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	buffer := make([]byte, 256<<10)
	var head []byte // beginning of the current line
	begins := true
	for {
		n, err := resp.Body.Read(buffer)
		size += int64(n)
		for part := buffer[:n]; len(part) > 0; {
			end := bytes.IndexByte(part, '\n')
			if begins || len(head) < 32 {
				head = append(head, part[:min(len(part), 32)]...)
				begins = false
			}
			if end < 0 {
				break
			}
			events++
			if want := fmt.Sprintf(`{"seq":%d,`, events); !bytes.HasPrefix(head, []byte(want)) {
				s.t.Fatalf("line %d begins %.40s", events, head)
			}
			part, head, begins = part[end+1:], head[:0], true
		}
		if errors.Is(err, io.EOF) {
			return events, size
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// A session far larger than the server may become is streamed: 100 MB in the tests, 1 GB in make soak, in a
// cgroup of 64 MB beyond what the server takes at rest.
func TestALargeSessionIsStreamed(t *testing.T) {
	size := int64(soaking(100, 1000)) * mb
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
	var want int64
	fillStore(t, setup.data, func(store *session.Store) { want = receive(t, store, "large", size) })

	setup.group = memorytest.New(t, 0)
	s := setup.start(t)
	s.status()
	rest := setup.group.Pinned()
	s.stop()

	setup.group = memorytest.New(t, rest+64*mb)
	s = setup.start(t)
	idle := pss(t, s.cmd.Process.Pid)
	most := watchPSS(t, s.cmd.Process.Pid)
	start := time.Now()
	events, bytes := s.lines("large")
	took := time.Since(start)
	peak := most()
	if events != want || bytes < size {
		t.Errorf("%d events of %d, %d bytes", events, want, bytes)
	}
	if n := setup.group.OOMKills(); n > 0 {
		t.Errorf("the kernel had to kill %d", n)
	}
	t.Logf("%d MB, %d events at %.0f MB/s; the server had %.1f MB before and %.1f at most", bytes/mb, events, float64(bytes)/mb/took.Seconds(), idle, peak)
	if peak-idle > 12 { // measured at 4 to 5; a garbage collection more or less is 4
		t.Errorf("streaming took %.1f MB", peak-idle)
	}
	s.stop()
}

// watchPSS measures a process until the result is called for: the most it had, in MB.
func watchPSS(t testing.TB, pid int) func() float64 {
	stop, done := make(chan struct{}), make(chan float64)
	go func() {
		most := 0.0
		for {
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(20 * time.Millisecond):
				most = max(most, pss(t, pid))
			}
		}
	}()
	return func() float64 { close(stop); return <-done }
}

// Ten thousand stored sessions cost the server no more than 2 MB, also while a page shows them.
func TestFiguresStoredSessions(t *testing.T) {
	measure := func(sessions int) float64 {
		setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
		fillStore(t, setup.data, func(store *session.Store) {
			for n := range sessions {
				in, err := store.Receive(fmt.Sprintf("session%08d", n))
				if err != nil {
					t.Fatal(err)
				}
				at := time.Unix(1.7e9+int64(n)*1000, 0).UTC()
				data := json.RawMessage(`{"promptId":"p","text":"What does this do?"}`)
				if err := errors.Join(in.Add(session.Event{Seq: 1, Type: "prompt", Time: at, Data: data}),
					in.Commit(session.Meta{User: "owner", Workspace: "shop", Agent: "demo", Title: "What does this do, and why is it so slow?", Created: at, Updated: at})); err != nil {
					t.Fatal(err)
				}
			}
		})
		s := setup.start(t)
		id := s.session("shop", "demo")
		f := s.follow(id, 0)
		for range 5 {
			f.done(s.prompt(id, "help").PromptID)
		}
		total, listed := s.listed()
		if total != sessions+1 || listed > 201 {
			t.Errorf("%d sessions listed of %d, want %d", listed, total, sessions+1)
		}
		return pss(t, s.cmd.Process.Pid)
	}
	var without, with []float64
	for range 3 {
		without, with = append(without, measure(300)), append(with, measure(10_300))
	}
	a, b := middle(without), middle(with)
	t.Logf("PSS with 300 stored sessions %.1f MB, with 10,300 %.1f MB: %.1f MB for 10,000", a, b, b-a)
	if b-a > 5 { // measured at less than 1; a garbage collection more or less is 4
		t.Errorf("10,000 stored sessions cost %.1f MB", b-a)
	}
}

// What a session costs the server that somebody looks at, and in which nothing happens.
func TestFiguresOpenSessions(t *testing.T) {
	const n = 100
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}.start(t)
	s.workspace("shop")
	open := func(n int) {
		for range n {
			id := s.session("shop", "demo")
			f := s.follow(id, 0)
			f.done(s.prompt(id, "help").PromptID)
		}
	}
	open(10) // what all need
	before := pss(t, s.cmd.Process.Pid)
	open(n)
	each := 1024 * (pss(t, s.cmd.Process.Pid) - before) / n
	t.Logf("an open session with a follower: %.0f KB in the server (PSS)", each)
	if each > 150 {
		t.Error("an open session costs more than 150 KB")
	}
}

func middle(all []float64) float64 {
	lo, hi := min(all[0], all[1]), max(all[0], all[1])
	return max(lo, min(hi, all[2]))
}

// listed reads the list of sessions as a page gets it when it opens.
func (s *server) listed() (total, listed int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), deadMan)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, strings.Replace(s.url, "http", "ws", 1)+"/api/stream",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(mb)
	for {
		var frame struct {
			Type     string
			Sessions []json.RawMessage
			Total    int
		}
		if err := wsjson.Read(ctx, conn, &frame); err != nil {
			s.t.Fatal(err)
		}
		if frame.Type == "sessions" {
			return frame.Total, len(frame.Sessions)
		}
	}
}

// The server is killed at random moments while prompts are sent to it: whatever it accepted is in its
// session once, and runs to its end.
func TestAKilledServerKeepsWhatItAccepted(t *testing.T) {
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
	var ids []string
	accepted := map[string]string{} // prompt -> session
	for range soaking(4, 40) {
		s := setup.start(t)
		if ids == nil {
			s.workspace("shop")
			for range 3 {
				ids = append(ids, s.session("shop", "demo"))
			}
		}
		var mu sync.Mutex
		var senders sync.WaitGroup
		for _, id := range ids {
			senders.Go(func() {
				for {
					prompt, gone := s.send(id, "help")
					if gone {
						return
					}
					mu.Lock()
					if prompt != "" {
						accepted[prompt] = id
					}
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // until the moment of the kill, which is to be random
		s.kill()
		senders.Wait()
	}
	if len(accepted) < 10 {
		t.Fatalf("only %d prompts were accepted", len(accepted))
	}
	s := setup.start(t)
	for _, id := range ids {
		f := s.follow(id, 0)
		for prompt, of := range accepted {
			if of == id && !f.ended(prompt) {
				f.end(prompt)
			}
		}
		count := map[string]int{}
		for _, e := range f.events {
			if e.Type == "prompt" {
				count[e.PromptID]++
			}
		}
		for prompt, of := range accepted {
			if of == id && count[prompt] != 1 {
				t.Errorf("prompt %s of session %s is there %d times", prompt, id, count[prompt])
			}
		}
	}
	t.Logf("%d prompts were accepted", len(accepted))
	s.stop()
}

// send gives a prompt, "" for one that was refused, and reports whether the server is gone.
func (s *server) send(id, text string) (prompt string, gone bool) {
	body, _ := json.Marshal(map[string]string{"text": text})
	req, err := http.NewRequest("POST", s.url+"/api/sessions/"+id+"/prompts", bytes.NewReader(body))
	if err != nil {
		return "", true
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", true
	}
	defer resp.Body.Close()
	var p placed
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.StatusCode != http.StatusAccepted {
		return "", false
	}
	return p.PromptID, false
}

// ended reports whether the end of a prompt was read already.
func (f *follower) ended(prompt string) bool {
	for _, e := range f.events {
		if e.PromptID == prompt && (e.Type == "turn_ended" && e.Outcome != "requeued" || e.Type == "prompt_ended") {
			return true
		}
	}
	return false
}

// coder1 backup and coder1 restore, beside a server and without one.
func TestBackupAndRestoreCommands(t *testing.T) {
	run := func(env []string, args ...string) string {
		t.Helper()
		cmd := exec.Command(binary, args...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "CLAUDE_BIN=none"}, env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Sprintf("failed: %s", out)
		}
		return string(out)
	}
	says := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("said %q, want %q", got, want)
		}
	}
	setup := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
	s := setup.start(t)
	s.workspace("shop")
	id := s.session("shop", "demo")
	f := s.follow(id, 0)
	f.done(s.prompt(id, "help").PromptID)
	_, before := s.lines(id)
	file := filepath.Join(t.TempDir(), "all.tar.zst")
	port := s.url[strings.LastIndex(s.url, ":")+1:]
	here := []string{"CODER1_DATA=" + setup.data, "CODER1_TOKEN=" + token, "PORT=" + port}
	says(run(here, "backup", file), file)
	says(run(here[:2], "backup", file+"2"), "failed: coder1: a server runs on the data folder, and does not answer at http://127.0.0.1:10000")
	says(run(here, "restore", file), "0 of 1 sessions were restored (1 were there already")
	s.stop()
	says(run(here, "backup", file+"3"), file)

	other := setup
	other.data = t.TempDir()
	there := []string{"CODER1_DATA=" + filepath.Join(other.data, "new")}
	says(run(there, "restore", file), "1 of 1 sessions were restored")
	other.data = filepath.Join(other.data, "new")
	other.env = append(other.env, "CODER1_TOKEN=") // one is made
	o := other.start(t)
	port = o.url[strings.LastIndex(o.url, ":")+1:]
	says(run(append(there, "PORT="+port), "backup", file+"4"), file) // by the hash of the token in the folder
	says(run(append(there, "PORT="+port), "restore", file), "0 of 1 sessions were restored")
	o.stop()
	o = setupWithToken(other).start(t)
	if _, after := o.lines(id); after != before {
		t.Errorf("the session has %d bytes, %d before", after, before)
	}
	o.stop()

	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	says(run([]string{"CODER1_DATA=" + filepath.Join(t.TempDir(), "none")}, "restore", file), "failed: coder1: the backup is damaged or not whole")
}

func setupWithToken(s setup) setup {
	s.env = s.env[:1]
	return s
}
