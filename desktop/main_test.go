package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"coder1/cloud/child"
	"coder1/cloud/server"
)

// deadMan is how long a test waits for something that should come at once.
const deadMan = 30 * time.Second

// TestMain lets this program stand in for the engine.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == child.Command {
		os.Exit(standIn(os.Getenv("STAND_IN")))
	}
	os.Exit(m.Run())
}

// standIn behaves as an engine may.
func standIn(how string) int {
	switch how {
	case "crash":
		fmt.Fprintln(os.Stderr, "level=INFO msg=begin")
		fmt.Fprintln(os.Stderr, "the store is damaged")
		return 3
	case "once": // crashes the first time
		mark := filepath.Join(os.Getenv("STAND_IN_DIR"), "began")
		if _, err := os.Stat(mark); err != nil {
			_ = os.WriteFile(mark, nil, 0o600)
			return 4
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(child.Hello{Port: 4711, Login: os.Getenv("HARD_LIMIT_MB")})
	if how == "wishful" {
		_ = json.NewEncoder(os.Stdout).Encode(child.Wish{Pick: server.PickRecording})
		var heard child.Weight
		_ = json.NewDecoder(os.Stdin).Decode(&heard)
		_ = json.NewEncoder(os.Stdout).Encode(child.Wish{Pick: server.Picked(fmt.Sprint(heard.WindowBytes>>20, " MB"))})
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// watched is a keeper whose progress can be waited for.
type watched struct {
	*keeper
	t    *testing.T
	mu   sync.Mutex
	seen []progress
	news chan struct{}

	wishes chan child.Wish
}

func keep(t *testing.T, how string) *watched {
	t.Helper()
	t.Setenv("STAND_IN", how)
	t.Setenv("STAND_IN_DIR", t.TempDir())
	s, err := openState(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{t: t, news: make(chan struct{}, 100), wishes: make(chan child.Wish, 100)}
	w.keeper = newKeeper(os.Args[0], s, func(p progress) {
		w.mu.Lock()
		w.seen = append(w.seen, p)
		w.mu.Unlock()
		w.news <- struct{}{}
	}, func(one child.Wish) { w.wishes <- one })
	go w.run()
	t.Cleanup(w.close)
	return w
}

// await waits for a progress that fits, among those after the first n.
func (w *watched) await(n int, fits func(progress) bool) (progress, int) {
	w.t.Helper()
	dead := time.After(deadMan)
	for {
		w.mu.Lock()
		for i, p := range w.seen {
			if i >= n && fits(p) {
				w.mu.Unlock()
				return p, i + 1
			}
		}
		w.mu.Unlock()
		select {
		case <-w.news:
		case <-dead:
			w.t.Fatalf("this did not come; seen: %+v", w.seen)
		}
	}
}

func in(ph phase) func(progress) bool { return func(p progress) bool { return p.Phase == ph } }

func TestTheEngineIsStartedWithThePlansLimits(t *testing.T) {
	w := keep(t, "good")
	p, n := w.await(0, in(running))
	if p.URL != "http://127.0.0.1:4711" || p.Login != "512" || p.token == "" || p.Again != "" {
		t.Errorf("it runs as %+v", p)
	}
	if got := w.state.get().Port; got != 4711 {
		t.Errorf("the port that is remembered is %d", got)
	}
	if err := w.state.change(func(k *kept) { k.Plan = plans[2] }); err != nil {
		t.Fatal(err)
	}
	w.restart()
	if p, _ = w.await(n, in(running)); p.Login != "2048" || p.Again != "" {
		t.Errorf("with another plan it runs as %+v", p)
	}
}

func TestAnEngineThatDiesIsStartedAgain(t *testing.T) {
	w := keep(t, "once")
	p, _ := w.await(0, in(running))
	if !strings.Contains(p.Again, "exit status 4") {
		t.Errorf("it says of its start: %q", p.Again)
	}
}

func TestAnEngineThatDoesNotStartIsLeftAlone(t *testing.T) {
	w := keep(t, "crash")
	p, n := w.await(0, in(failed))
	if !strings.Contains(p.Detail, "exit status 3") || !strings.Contains(p.Detail, "the store is damaged") {
		t.Errorf("it says: %q", p.Detail)
	}
	w.restart()
	w.await(n, in(starting))
}

func TestClosingEndsTheEngine(t *testing.T) {
	w := keep(t, "good")
	w.await(0, in(running))
	w.close()
	if p := w.now(); p.Phase != ended {
		t.Errorf("after closing it is %+v", p)
	}
}

func TestASecondStartCallsTheFirst(t *testing.T) {
	data := t.TempDir()
	first, err := becomeFirst(data)
	if err != nil || first == nil {
		t.Fatalf("the first start: %v, %v", first, err)
	}
	called := make(chan string, 1)
	go answer(first, func(path string) { called <- path })
	if second, err := becomeFirst(data); second != nil || err != nil {
		t.Fatalf("the second start: %v, %v", second, err)
	}
	for _, path := range []string{"", "/home/ada/a folder"} {
		if err := callFirst(data, path); err != nil {
			t.Fatal(err)
		}
		if got := <-called; got != path {
			t.Errorf("called with %q, the first hears %q", path, got)
		}
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	// One that died has left its socket.
	if err := os.WriteFile(socketPath(data), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := becomeFirst(data)
	if err != nil || again == nil {
		t.Fatalf("after a death: %v, %v", again, err)
	}
	_ = again.Close()
}

func TestPlans(t *testing.T) {
	t.Setenv("MEMORY_PANIC_THRESHOLD", "900")
	got := strings.Join(plans[2].environ(), " ")
	if got != "HARD_LIMIT_MB=2048 MEMORY_LIMIT_MB=1600 MEMORY_WARNING_THRESHOLD=1200" {
		t.Error(got)
	}
	for _, mb := range []int{0, 255, -1, mostMemory + 1} {
		if _, err := custom(mb); err == nil || !strings.Contains(err.Error(), "between") {
			t.Errorf("%d MB: %v", mb, err)
		}
	}
}

func TestWhatIsRememberedIsRead(t *testing.T) {
	data := t.TempDir()
	s, err := openState(data)
	if err != nil {
		t.Fatal(err)
	}
	if k := s.get(); k.Width != 1280 || k.Plan.Name != "Starter" {
		t.Errorf("at first: %+v", k)
	}
	if err := s.change(func(k *kept) { k.Width, k.Height, k.Plan = 1000, 700, plans[2] }); err != nil {
		t.Fatal(err)
	}
	if s, err = openState(data); err != nil || s.get().Width != 1000 || s.get().Plan.Memory != 2048 {
		t.Errorf("then: %+v, %v", s, err)
	}
	if err := os.WriteFile(filepath.Join(data, "desktop.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = openState(data); err != nil || s.get().Width != 1280 {
		t.Errorf("of a broken file: %+v, %v", s, err)
	}
}

func TestRemoteAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"coder1-x.onrender.com":             "https://coder1-x.onrender.com",
		"https://coder1-x.onrender.com/a/b": "https://coder1-x.onrender.com",
		"http://127.0.0.1:10000":            "http://127.0.0.1:10000",
		"http://coder1-x.onrender.com":      "",
		"ftp://x":                           "",
		"":                                  "",
		"https://":                          "",
	} {
		u, err := remote(address)
		if got := fmt.Sprint(u); (err != nil) != (want == "") || want != "" && got != want {
			t.Errorf("%q is %s, %v", address, got, err)
		}
	}
}

func TestAPersonIsToldOnce(t *testing.T) {
	var n needs
	session := func(state string) frame {
		var f frame
		if err := json.Unmarshal([]byte(`{"type":"sessions","sessions":[{"id":"a","title":"Fix","state":"`+state+`"}]}`), &f); err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, c := range []struct {
		state string
		told  string
	}{
		{"idle", ""}, {"running", ""}, {"waiting", "permission"}, {"waiting", ""}, {"running", ""}, {"idle", "finished"}, {"idle", ""},
	} {
		got := n.look(session(c.state))
		if c.told == "" && len(got) != 0 || c.told != "" && (len(got) != 1 || !strings.Contains(got[0].text, c.told)) {
			t.Errorf("when it is %s: %v", c.state, got)
		}
	}
	var f frame
	_ = json.Unmarshal([]byte(`{"type":"status","status":{"alerts":[{"name":"memory","severity":"critical","message":"full"}]}}`), &f)
	if got := n.look(f); len(got) != 1 || got[0].text != "full" {
		t.Errorf("of an alert: %v", got)
	}
	if got := n.look(f); len(got) != 0 {
		t.Errorf("of the same once more: %v", got)
	}
}
