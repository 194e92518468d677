package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"coder1/engine"
	"coder1/engine/agent"
	"coder1/engine/process"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// TestMain lets this program be the guard and the demo agent of the engines under test.
func TestMain(m *testing.M) {
	if process.GuardMain() {
		return
	}
	if len(os.Args) > 1 && os.Args[1] == agent.DemoCommand {
		os.Exit(agent.DemoMain(os.Args[2:], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

const (
	token   = "the-owners-own-token"
	oneTime = "opens-once"
	deadMan = time.Minute
)

type rig struct {
	t   testing.TB
	url string
	*Server
}

func openRig(t testing.TB) *rig {
	t.Helper()
	return openRigWith(t, func(*engine.Settings) {}, nil)
}

// openRigWith opens a server with other settings, in a window.
func openRigWith(t testing.TB, change func(*engine.Settings), in Window) *rig {
	t.Helper()
	settings := engine.Settings{
		MemoryLimitMB: 400, MemoryWarningMB: 300, MemoryPanicMB: 380, MaxConcurrentAgents: 1, MaxClaudeProcesses: 1,
		ProcessIdleTimeoutMS: 120_000, ProcessPool: true, SessionPersistence: "memory", MaxActiveSessions: 3,
		SessionCleanupMS: 60_000, GracefulDegradation: true, QueueManagement: true, AggressiveCleanup: true,
		GoMemLimit: "64MiB", Data: t.TempDir(), ClaudeBin: "no-such-claude",
	}
	change(&settings)
	e, err := engine.Open(engine.Options{Log: slog.New(slog.DiscardHandler), Version: "test", Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	page := fstest.MapFS{
		"index.html":        {Data: []byte("<!doctype html><title>page</title>")},
		"assets/app-1.js":   {Data: []byte(strings.Repeat("console.log('a page');", 500))},
		"assets/deep/x.txt": {Data: []byte("x")},
	}
	s := New(Options{Engine: e, Log: slog.New(slog.DiscardHandler), Page: page, Token: HashToken(token), OneTime: oneTime, Version: "test", Window: in})
	web := httptest.NewServer(s)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadMan)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
		web.Close()
	})
	return &rig{t, web.URL, s}
}

type change func(*http.Request)

func header(name, value string) change { return func(r *http.Request) { r.Header.Set(name, value) } }

var asOwner = header("Authorization", "Bearer "+token)

// do makes a request, and returns the answer with its body read.
func (r *rig) do(method, path, body string, changes ...change) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, c := range changes {
		c(req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, string(raw)
}

// call makes a request as the owner and decodes the answer.
func (r *rig) call(method, path, body string, status int, into any) {
	r.t.Helper()
	resp, raw := r.do(method, path, body, asOwner)
	if resp.StatusCode != status {
		r.t.Fatalf("%s %s: %s, want %d: %s", method, path, resp.Status, status, raw)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(raw), into); err != nil {
			r.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
}

func (r *rig) session() string {
	r.t.Helper()
	r.do("POST", "/api/workspaces", `{"name":"shop"}`, asOwner)
	var s Session
	r.call("POST", "/api/sessions", `{"workspace":"shop"}`, 201, &s)
	return s.ID
}

func TestOnlyTheOwnerComesIn(t *testing.T) {
	r := openRig(t)
	for _, c := range []struct {
		what, path string
		change     change
		status     int
	}{
		{"nobody", "/api/me", header("X", "x"), 401},
		{"a wrong token", "/api/me", header("Authorization", "Bearer nope"), 401},
		{"the one-time token as a token", "/api/me", header("Authorization", "Bearer "+oneTime), 401},
		{"a made-up cookie", "/api/sessions", header("Cookie", "coder1=9999999999.00"), 401},
		{"the owner", "/api/me", asOwner, 200},
		{"anyone, for health", "/api/health", header("X", "x"), 200},
		{"anyone, for the API's description", "/api/openapi.json", header("X", "x"), 200},
		{"anyone, for the page", "/", header("X", "x"), 200},
		{"the owner, for what is not there", "/api/nothing", asOwner, 404},
	} {
		if resp, body := r.do("GET", c.path, "", c.change); resp.StatusCode != c.status {
			t.Errorf("%s: %s %s", c.what, resp.Status, body)
		}
	}
}

func TestLogin(t *testing.T) {
	r := openRig(t)
	login := func(token string, changes ...change) *http.Response {
		resp, _ := r.do("POST", "/api/login", `{"token":"`+token+`"}`, changes...)
		return resp
	}
	for _, opens := range []string{oneTime, token} {
		resp := login(opens)
		if resp.StatusCode != 204 || len(resp.Cookies()) != 1 {
			t.Fatalf("login: %s with %d cookies", resp.Status, len(resp.Cookies()))
		}
		c := resp.Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure {
			t.Errorf("the cookie over plain HTTP is %v", c)
		}
		if resp, body := r.do("GET", "/api/me", "", header("Cookie", c.Name+"="+c.Value)); resp.StatusCode != 200 {
			t.Errorf("with the cookie: %s %s", resp.Status, body)
		}
		if resp, _ := r.do("GET", "/api/me", "", header("Cookie", c.Name+"=9"+c.Value)); resp.StatusCode != 401 {
			t.Errorf("with a cookie made to last longer: %s", resp.Status)
		}
	}
	if resp := login(oneTime); resp.StatusCode != 401 {
		t.Errorf("the one-time token for the second time: %s", resp.Status)
	}
	if resp := login(token, header("Origin", "https://evil.example")); resp.StatusCode != 403 {
		t.Errorf("from another site's page: %s", resp.Status)
	}
	for range loginBurst {
		login("wrong")
	}
	if resp := login(token); resp.StatusCode != 429 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("after many attempts: %s, retry after %q", resp.Status, resp.Header.Get("Retry-After"))
	}
}

func TestCookiesEnd(t *testing.T) {
	d := newDoor(Options{Token: HashToken(token)})
	now := time.Now()
	d.now = func() time.Time { return now }
	c := d.cookie()
	if !d.valid(c) {
		t.Error("a new cookie is not valid")
	}
	now = now.Add(cookieLife + time.Second)
	if d.valid(c) {
		t.Error("a cookie is valid beyond its end")
	}
}

func TestProblemsSayWhatIsWrong(t *testing.T) {
	r := openRig(t)
	id := r.session()
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"POST", "/api/workspaces", `{"name":"../etc"}`, 422, "letters"},
		{"POST", "/api/workspaces", `{"name":"shop"}`, 409, "exists"},
		{"POST", "/api/workspaces", `{"nam":"x"}`, 422, "nam: unexpected property"},
		{"POST", "/api/workspaces", `{"name":`, 400, ""},
		{"DELETE", "/api/workspaces/shop", "", 409, "delete them first"},
		{"DELETE", "/api/workspaces/none", "", 404, "no workspace"},
		{"POST", "/api/sessions", `{"workspace":"none"}`, 404, "no workspace"},
		{"POST", "/api/sessions", `{"workspace":"shop","agent":"x"}`, 422, "no agent"},
		{"GET", "/api/sessions/none", "", 404, "not found"},
		{"PATCH", "/api/sessions/" + id, `{"title":" "}`, 422, "title"},
		{"PATCH", "/api/sessions/" + id, `{}`, 422, "pinned"},
		{"GET", "/api/sessions/none/summary", "", 404, "not found"},
		{"GET", "/api/sessions/none/export", "", 404, "not found"},
		{"POST", "/api/sessions/none/summary", "", 404, "not found"},
		{"POST", "/api/sessions/" + id + "/summary", "", 409, "nothing to sum up"},
		{"POST", "/api/sessions/" + id + "/fork", `{"seq":1}`, 422, "number of an event"},
		{"POST", "/api/sessions/none/fork", `{"seq":1}`, 404, "not found"},
		{"POST", "/api/sessions/import?workspace=shop", `{"seq":1}`, 422, "line 1: it is not the first line"},
		{"GET", "/api/search?q=+", "", 422, "q must be"},
		{"GET", "/api/search", "", 422, "q: required"},
		{"POST", "/api/sessions/" + id + "/prompts", `{"text":" "}`, 422, "empty"},
		{"POST", "/api/sessions/none/prompts", `{"text":"x"}`, 404, "not found"},
		{"POST", "/api/sessions/" + id + "/prompts", `{"text":"` + strings.Repeat("x", engine.MaxPrompt+1) + `"}`, 422, "longer"},
		{"PATCH", "/api/sessions/" + id + "/prompts/none", `{}`, 422, "before"},
		{"DELETE", "/api/sessions/" + id + "/prompts/none", "", 404, "no such prompt"},
		{"POST", "/api/sessions/" + id + "/permissions/none", `{"decision":"perhaps"}`, 422, "decision"},
		{"POST", "/api/sessions/" + id + "/permissions/none", `{"decision":"allow"}`, 409, "answered"},
		{"GET", "/api/sessions/" + id + "/events?limit=0", "", 422, "limit"},
		{"DELETE", "/api/processes/1", "", 404, "no such agent process"},
	} {
		resp, body := r.do(c.method, c.path, c.body, asOwner)
		var p Problem
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			t.Errorf("%s %s: %v in %.200s", c.method, c.path, err, body)
			continue
		}
		if resp.StatusCode != c.status || p.Status != c.status || p.Title == "" || !strings.Contains(p.Detail, c.says) {
			t.Errorf("%s %s %.40s: %s %+v", c.method, c.path, c.body, resp.Status, p)
		}
		if kind := resp.Header.Get("Content-Type"); kind != "application/problem+json" {
			t.Errorf("%s %s: content type %s", c.method, c.path, kind)
		}
	}
}

func TestThePageIsServedSafely(t *testing.T) {
	r := openRig(t)
	index, _ := r.do("GET", "/", "")
	if p := index.Header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || index.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", index.Header)
	}
	if c := index.Header.Get("Cache-Control"); c != "no-cache" {
		t.Errorf("index.html is cached: %q", c)
	}
	asset, body := r.do("GET", "/assets/app-1.js", "", header("Accept-Encoding", "gzip"))
	if asset.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(asset.Header.Get("Cache-Control"), "immutable") || len(body) > 1000 {
		t.Errorf("an asset has headers %v and %d bytes", asset.Header, len(body))
	}
	for _, path := range []string{"/assets/", "/assets/deep/", "/nothing.js", "/../go.mod"} {
		if resp, _ := r.do("GET", path, ""); resp.StatusCode != 404 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

// The page's types are made of this document.
func TestTheDescriptionIsUpToDate(t *testing.T) {
	now, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../../frontend/src/api/openapi.json")
	if err != nil || !bytes.Equal(now, kept) {
		t.Errorf("frontend/src/api/openapi.json is not what the server says (%v): run `make generate`", err)
	}
}

func (r *rig) stream() *websocket.Conn {
	r.t.Helper()
	conn, _, err := websocket.Dial(r.t.Context(), strings.Replace(r.url, "http", "ws", 1)+"/api/stream",
		&websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		r.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	r.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

type frame struct {
	Type    string
	Session string
	Detail  string
	Events  []struct {
		Seq      int64
		Type     string
		PromptID string
	}
	Sessions []Session
	Status   *Status
}

// await reads frames until one matches.
func await(t testing.TB, conn *websocket.Conn, what string, match func(frame) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadMan)
	defer cancel()
	for {
		var f frame
		if err := wsjson.Read(ctx, conn, &f); err != nil {
			t.Fatalf("waited in vain for %s: %v", what, err)
		}
		if match(f) {
			return
		}
	}
}

func TestTheStream(t *testing.T) {
	r := openRig(t)
	id := r.session()
	conn := r.stream()
	await(t, conn, "the status", func(f frame) bool { return f.Type == "status" && f.Status.Tier.Name == "premium" })
	await(t, conn, "the sessions", func(f frame) bool { return f.Type == "sessions" && len(f.Sessions) == 1 })

	subscribe := func(id string, after int64) {
		if err := wsjson.Write(t.Context(), conn, ClientFrame{Type: "subscribe", Session: id, After: after}); err != nil {
			t.Fatal(err)
		}
	}
	subscribe("none", 0)
	await(t, conn, "an error", func(f frame) bool { return f.Type == "error" && f.Session == "none" && f.Detail != "" })
	var placed PromptAnswer
	r.call("POST", "/api/sessions/"+id+"/prompts", `{"text":"list"}`, 202, &placed)
	subscribe(id, 0)
	last := int64(0)
	follow := func(until int64) {
		await(t, conn, "the events", func(f frame) bool {
			if f.Type == "events" && f.Session == id {
				for _, e := range f.Events {
					if e.Seq != last+1 {
						t.Fatalf("event %d follows %d", e.Seq, last)
					}
					last = e.Seq
				}
			}
			return last >= until
		})
	}
	follow(3)
	conn = r.stream() // a reconnect that goes on one event earlier
	last--
	subscribe(id, last)
	follow(last + 1)
	if err := conn.Write(t.Context(), websocket.MessageText, []byte("not JSON")); err != nil {
		t.Fatal(err)
	}
	await(t, conn, "an error", func(f frame) bool { return f.Type == "error" && strings.Contains(f.Detail, "subscribe") })
}

func TestTheStreamRefusesOtherSites(t *testing.T) {
	r := openRig(t)
	_, resp, err := websocket.Dial(t.Context(), strings.Replace(r.url, "http", "ws", 1)+"/api/stream", &websocket.DialOptions{
		HTTPHeader: http.Header{"Authorization": {"Bearer " + token}, "Origin": {"https://evil.example"}}})
	if err == nil || resp == nil || resp.StatusCode != 403 {
		t.Errorf("another site's page gets %v, %v", resp, err)
	}
}

func TestALogAsPagesAndAsLines(t *testing.T) {
	r := openRig(t)
	id := r.session()
	r.call("POST", "/api/sessions/"+id+"/prompts", `{"text":"list"}`, 202, nil)
	conn := r.stream()
	if err := wsjson.Write(t.Context(), conn, ClientFrame{Type: "subscribe", Session: id}); err != nil {
		t.Fatal(err)
	}
	var all int64
	await(t, conn, "the turn's end", func(f frame) bool {
		for _, e := range f.Events {
			all = e.Seq
		}
		return all >= 7
	})
	var page struct {
		Events []struct {
			Seq  int64
			Type string
		}
		Next int64
	}
	r.call("GET", "/api/sessions/"+id+"/events?after=1&limit=2", "", 200, &page)
	if len(page.Events) != 2 || page.Events[0].Seq != 2 || page.Next != 3 {
		t.Errorf("a page is %+v", page)
	}
	r.call("GET", "/api/sessions/"+id+"/events?before=3&limit=5", "", 200, &page)
	if len(page.Events) != 2 || page.Events[0].Type != "prompt" {
		t.Errorf("a page backwards is %+v", page)
	}
	resp, body := r.do("GET", "/api/sessions/"+id+"/events", "", asOwner, header("Accept", ndjson))
	if n := strings.Count(body, "\n"); resp.Header.Get("Content-Type") != ndjson || int64(n) != all {
		t.Errorf("%d lines of %d, %s", n, all, resp.Header.Get("Content-Type"))
	}
	if resp, _ := r.do("GET", "/api/sessions/none/events", "", asOwner, header("Accept", ndjson)); resp.StatusCode != 404 {
		t.Errorf("no session's lines: %s", resp.Status)
	}
}

func TestHealthFailsWhileStopping(t *testing.T) {
	r := openRig(t)
	r.Stop()
	if resp, _ := r.do("GET", "/api/health", ""); resp.StatusCode != 503 {
		t.Errorf("health while stopping: %s", resp.Status)
	}
}
