package server

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coder1/engine/workspace"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const shop = "/api/workspaces/shop"

func openShop(t *testing.T) (r *rig, folder string) {
	t.Helper()
	r = openRig(t)
	var w Workspace
	r.call("POST", "/api/workspaces", `{"name":"shop"}`, 201, &w)
	return r, w.Path
}

func TestAFileOverHTTP(t *testing.T) {
	r, _ := openShop(t)
	resp, body := r.do("PUT", shop+"/files/src/a%20b.txt", "hello world", asOwner, header("If-None-Match", "*"))
	var w WrittenFile
	if err := json.Unmarshal([]byte(body), &w); err != nil || resp.StatusCode != 201 || w.Path != "src/a b.txt" || w.Size != 11 || resp.Header.Get("ETag") != w.ETag {
		t.Fatalf("%s %s", resp.Status, body)
	}
	for _, path := range []string{"/files/src/a%20b.txt", "/files/src%2Fa%20b.txt"} {
		resp, body = r.do("GET", shop+path, "", asOwner)
		if resp.StatusCode != 200 || body != "hello world" || resp.Header.Get("ETag") != w.ETag || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" ||
			resp.Header.Get("Last-Modified") == "" || !strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "sandbox;") {
			t.Errorf("%s: %s %q %v", path, resp.Status, body, resp.Header)
		}
	}
	for _, c := range []struct {
		what, method string
		change       change
		status       int
		body         string
	}{
		{"the head", "HEAD", header("X", "x"), 200, ""},
		{"a range", "GET", header("Range", "bytes=6-"), 206, "world"},
		{"a range too far", "GET", header("Range", "bytes=60-"), 416, "invalid range: failed to overlap\n"},
		{"known already", "GET", header("If-None-Match", w.ETag), 304, ""},
	} {
		resp, body := r.do(c.method, shop+"/files/src/a%20b.txt", "", asOwner, c.change)
		if resp.StatusCode != c.status || body != c.body {
			t.Errorf("%s: %s %q", c.what, resp.Status, body)
		}
	}
	resp, _ = r.do("GET", shop+"/files/src/a%20b.txt?download=true", "", asOwner)
	if d := resp.Header.Get("Content-Disposition"); d != `attachment; filename="a b.txt"` {
		t.Errorf("download: %s", d)
	}
	resp, body = r.do("PUT", shop+"/files/src/a%20b.txt", "mine", asOwner, header("If-Match", `"old"`))
	if resp.StatusCode != 412 || resp.Header.Get("ETag") != w.ETag || !strings.Contains(body, "changed meanwhile") {
		t.Errorf("a conflict: %s %s", resp.Status, body)
	}
	resp, _ = r.do("PUT", shop+"/files/src/a%20b.txt", "mine", asOwner, header("If-Match", w.ETag))
	if resp.StatusCode != 200 || resp.Header.Get("ETag") == w.ETag {
		t.Errorf("no conflict: %s", resp.Status)
	}
	r.call("DELETE", shop+"/files/src", "", 204, nil)
	r.call("GET", shop+"/files/src/a%20b.txt", "", 404, nil)
}

func TestWhatAFileIsSentAs(t *testing.T) {
	r, folder := openShop(t)
	for name, c := range map[string]struct{ content, want string }{
		"evil.html": {"<script>alert(1)</script>", "text/plain; charset=utf-8"},
		"evil.js":   {"alert(1)", "text/plain; charset=utf-8"},
		"cat.PNG":   {"\x89PNG", "image/png"},
		"data":      {"\x00\x01", "application/octet-stream"},
		"latin":     {"caf\xe9", "application/octet-stream"},
		"long.txt":  {strings.Repeat("a", 1023) + "ü", "text/plain; charset=utf-8"},
		"empty":     {"", "text/plain; charset=utf-8"},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		resp, body := r.do("GET", shop+"/files/"+name, "", asOwner)
		if got := resp.Header.Get("Content-Type"); got != c.want || body != c.content || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s, %q", name, got, body)
		}
	}
}

func TestFoldersOverHTTP(t *testing.T) {
	r, folder := openShop(t)
	r.call("POST", shop+"/folders", `{"path":"src/deep"}`, 201, nil)
	r.call("POST", shop+"/folders", `{"path":"src/deep"}`, 409, nil)
	r.do("PUT", shop+"/files/src/a.txt", "one\nfoo two\n", asOwner)
	r.call("POST", shop+"/move", `{"from":"src/a.txt","to":"b/c.txt"}`, 200, nil)
	r.do("PUT", shop+"/files/d", "x", asOwner)
	r.call("POST", shop+"/move", `{"from":"d","to":"b/c.txt"}`, 409, nil)
	if err := os.Symlink("/etc", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	var tree Tree
	r.call("GET", shop+"/tree", "", 200, &tree)
	var names []string
	for _, e := range tree.Entries {
		names = append(names, fmt.Sprint(e.Kind, ":", e.Path, e.Target))
	}
	if fmt.Sprint(names) != "[dir:b dir:src file:d symlink:link/etc]" || tree.Path != "" {
		t.Errorf("%v", names)
	}
	r.call("GET", shop+"/tree?path=b", "", 200, &tree)
	if len(tree.Entries) != 1 || tree.Entries[0].Path != "b/c.txt" || tree.Entries[0].Size != 12 {
		t.Errorf("%+v", tree)
	}
	var paths struct{ Paths []string }
	r.call("GET", shop+"/paths?q=ctxt", "", 200, &paths)
	if fmt.Sprint(paths.Paths) != "[b/c.txt]" {
		t.Errorf("%v", paths)
	}
	r.call("GET", shop+"/paths?q=ctxt&limit=0", "", 422, nil)
}

func TestATreeKnowsWhatGitKnows(t *testing.T) {
	r, _ := openShop(t)
	r.call("POST", shop+"/git/init", "", 201, nil)
	r.do("PUT", shop+"/files/.gitignore", "*.log\n", asOwner)
	r.do("PUT", shop+"/files/src/a.go", "package a\n", asOwner)
	r.do("PUT", shop+"/files/x.log", "x\n", asOwner)
	r.call("POST", shop+"/git/stage", `{"paths":["src/a.go"]}`, 200, nil)
	for path, want := range map[string]string{
		"":    "[.git: .gitignore:untracked src:modified x.log:ignored]",
		".":   "[.git: .gitignore:untracked src:modified x.log:ignored]",
		"src": "[a.go:added]",
	} {
		var tree Tree
		r.call("GET", shop+"/tree?path="+path, "", 200, &tree)
		var marks []string
		for _, e := range tree.Entries {
			marks = append(marks, e.Name+":"+string(e.Git))
		}
		slices.Sort(marks)
		if fmt.Sprint(marks) != want || tree.Branch == "" {
			t.Errorf("%q: %v on %q", path, marks, tree.Branch)
		}
	}
}

func TestErrorsAboutFiles(t *testing.T) {
	r, folder := openShop(t)
	if err := os.Symlink("/etc", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", shop + "/files/none", "", 404, "no such file"},
		{"GET", "/api/workspaces/none/tree", "", 404, "no workspace"},
		{"GET", "/api/workspaces/none/files/a", "", 404, "no workspace"},
		{"GET", shop + "/files/..%2f..%2fetc%2fpasswd", "", 422, "relative"},
		{"GET", shop + "/files/%2fetc%2fpasswd", "", 422, "relative"},
		{"PUT", shop + "/files/a%00b", "x", 422, "relative"},
		{"PUT", shop + "/files/.coder1-part-x", "x", 422, "are kept"},
		{"GET", shop + "/files/link/passwd", "", 403, "outside"},
		{"GET", shop + "/tree?path=link", "", 403, "outside"},
		{"GET", shop + "/tree?path=..", "", 422, "relative"},
		{"PUT", shop + "/files/link/x", "x", 403, "outside"},
		{"POST", shop + "/move", `{"from":"../a","to":"b"}`, 422, "relative"},
		{"GET", shop + "/search?q=%28&regex=true", "", 422, "regular expression"},
		{"GET", shop + "/search", "", 422, "give a text"},
		{"POST", shop + "/import", "no zip", 422, "zip archive"},
	} {
		resp, body := r.do(c.method, c.path, c.body, asOwner)
		if resp.StatusCode != c.status || !strings.Contains(body, c.says) || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %s %s", c.method, c.path, resp.Status, body)
		}
		if resp, _ := r.do(c.method, c.path, c.body); resp.StatusCode != 401 {
			t.Errorf("%s %s for anyone: %s", c.method, c.path, resp.Status)
		}
	}
}

func TestSearchOverHTTP(t *testing.T) {
	r, _ := openShop(t)
	r.do("PUT", shop+"/files/a.txt", "one\ntwo foo foo\n", asOwner)
	resp, body := r.do("GET", shop+"/search?q=FOO&limit=10", "", asOwner)
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if resp.Header.Get("Content-Type") != ndjson || len(lines) != 2 {
		t.Fatalf("%v %s", resp.Header, body)
	}
	var m SearchMatch
	var end SearchEnd
	if json.Unmarshal([]byte(lines[0]), &m) != nil || fmt.Sprint(m) != "{a.txt 2 5 two foo foo [[4 7] [8 11]]}" {
		t.Errorf("%s", lines[0])
	}
	if json.Unmarshal([]byte(lines[1]), &end) != nil || !end.Done || end.Matches != 2 || end.Files != 1 || end.Truncated {
		t.Errorf("%s", lines[1])
	}
}

func TestArchivesOverHTTP(t *testing.T) {
	r, folder := openShop(t)
	r.do("PUT", shop+"/files/src/a.txt", "hello", asOwner)
	resp, archive := r.do("GET", shop+"/export", "", asOwner)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Disposition") != "attachment; filename=shop.zip" {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	resp, body := r.do("POST", shop+"/import", archive, asOwner)
	if resp.StatusCode != 409 || !strings.Contains(body, "src/a.txt: this exists already") {
		t.Errorf("onto itself: %s %s", resp.Status, body)
	}
	resp, _ = r.do("GET", shop+"/export?path=src", "", asOwner)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Disposition") != "attachment; filename=src.zip" {
		t.Errorf("a folder: %s %v", resp.Status, resp.Header)
	}
	if resp, body := r.do("GET", shop+"/export?path=none", "", asOwner); resp.StatusCode != 404 || !strings.Contains(body, "none: there is no such file or folder") {
		t.Errorf("no folder: %s %s", resp.Status, body)
	}
	r.call("DELETE", shop+"/files/src", "", 204, nil)
	var did Imported
	r.call("POST", shop+"/import", archive, 200, &did)
	if b, err := os.ReadFile(filepath.Join(folder, "src/a.txt")); string(b) != "hello" || err != nil || did.Files != 1 || did.Bytes != 5 {
		t.Errorf("%q, %v, %+v", b, err, did)
	}
	var evil bytes.Buffer
	z := zip.NewWriter(&evil)
	_, _ = z.Create("../../evil")
	_ = z.Close()
	if resp, body := r.do("POST", shop+"/import", evil.String(), asOwner); resp.StatusCode != 422 || !strings.Contains(body, "../../evil") {
		t.Errorf("%s %s", resp.Status, body)
	}
}

// TestAnUploadThatBreaksOff leaves what was there.
func TestAnUploadThatBreaksOff(t *testing.T) {
	r, folder := openShop(t)
	r.do("PUT", shop+"/files/a", "old", asOwner)
	u, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s/files/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000\r\n\r\nhalf of it", shop, token)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	conn.Close()
	if !strings.Contains(string(answer), "400 Bad Request") || !strings.Contains(string(answer), "the upload broke off") {
		t.Errorf("%s", answer)
	}
	if b, err := os.ReadFile(filepath.Join(folder, "a")); string(b) != "old" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestFilesAreWatchedOnTheStream(t *testing.T) {
	r, folder := openShop(t)
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(r.url, "http")+"/api/stream", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	say := func(kind, name string) {
		t.Helper()
		if err := wsjson.Write(ctx, conn, ClientFrame{Type: kind, Workspace: name}); err != nil {
			t.Fatal(err)
		}
	}
	type frame struct {
		Type, Workspace, Detail string
		Changes                 []WatchedChange
		Resync                  bool
	}
	hear := func(kind string, right func(frame) bool) {
		t.Helper()
		for {
			var f frame
			if err := wsjson.Read(ctx, conn, &f); err != nil {
				t.Fatal(err)
			}
			if f.Type == kind && right(f) {
				return
			}
		}
	}
	say("watch", "none")
	hear("error", func(f frame) bool { return f.Workspace == "none" && strings.Contains(f.Detail, "no workspace") })
	say("watch", "shop")
	hear("files", func(f frame) bool { return f.Workspace == "shop" && f.Resync && f.Changes != nil })
	if err := os.WriteFile(filepath.Join(folder, "a"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	hear("files", func(f frame) bool {
		return len(f.Changes) == 1 && f.Changes[0] == WatchedChange{"a", workspace.Created} && !f.Resync
	})
	say("unwatch", "shop")
	say("watch", "shop")
	hear("files", func(f frame) bool { return f.Resync })
}

// BenchmarkTransfer compares uploads and downloads over loopback with a copy to disk and back.
func BenchmarkTransfer(b *testing.B) {
	const size = 128 << 20
	r := openRig(b)
	r.call("POST", "/api/workspaces", `{"name":"shop"}`, 201, nil)
	client := &http.Client{}
	b.Run("upload", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			req, _ := http.NewRequest("PUT", r.url+shop+"/files/big", io.LimitReader(zeros{}, size))
			asOwner(req)
			req.ContentLength = size
			resp, err := client.Do(req)
			if err != nil || resp.StatusCode > 201 {
				b.Fatal(resp, err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	b.Run("download", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			req, _ := http.NewRequest("GET", r.url+shop+"/files/big", nil)
			asOwner(req)
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, resp.Body); n != size || err != nil {
				b.Fatal(n, err)
			}
			resp.Body.Close()
		}
	})
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			f, err := os.Create(filepath.Join(b.TempDir(), "big"))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(struct{ io.Writer }{f}, io.LimitReader(zeros{}, size)); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }
