package server

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket/wsjson"
)

// realGit runs git as a developer would, with nobody's settings.
func realGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=a@b",
		"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=a@b")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return string(out)
}

func jsonOf(s string) string { return fmt.Sprintf("%q", s) }

// A file's way from new to committed, through the API alone.
func TestGitWorkflow(t *testing.T) {
	r := openRig(t)
	var w Workspace
	r.call("POST", "/api/workspaces", `{"name":"shop"}`, 201, &w)
	if w.State != "ready" || w.Git != nil {
		t.Errorf("%+v", w)
	}
	const at = "/api/workspaces/shop"
	var status GitStatus
	r.call("GET", at+"/git/status", "", 200, &status)
	if status.Repository || status.Files == nil {
		t.Errorf("%+v", status)
	}
	r.call("GET", at+"/diff", "", 409, nil)
	r.call("POST", at+"/git/init", "", 201, &status)
	r.call("POST", at+"/git/init", "", 409, nil)
	if !status.Repository || status.Branch != "main" {
		t.Errorf("%+v", status)
	}
	file := filepath.Join(w.Path, "a.txt")
	if err := os.WriteFile(file, []byte("1\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.call("POST", at+"/git/stage", `{"paths":["a.txt"]}`, 200, &status)
	if len(status.Files) != 1 || status.Files[0] != (GitFileStatus{Path: "a.txt", Index: "added", Worktree: "unmodified"}) {
		t.Errorf("%+v", status)
	}
	var made GitCommit
	r.call("POST", at+"/git/commit", `{"message":"one"}`, 201, &made)
	if made.Summary != "one" || made.Commit == "" {
		t.Errorf("%+v", made)
	}
	r.call("POST", at+"/git/commit", `{"message":"two"}`, 409, nil)
	r.call("POST", at+"/git/commit", `{}`, 422, nil)
	if err := os.WriteFile(file, []byte("1\n<b>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var d Diff
	r.call("GET", at+"/diff?base=index", "", 200, &d)
	if d.Base != "index" || d.Truncated || len(d.Files) != 1 || d.Files[0].Hunks[0].Lines[2] != "+<b>" {
		t.Errorf("%+v", d)
	}
	patch := "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n" + d.Files[0].Hunks[0].Header + "\n" + strings.Join(d.Files[0].Hunks[0].Lines, "\n") + "\n"
	r.call("POST", at+"/git/stage", `{"patch":`+jsonOf(patch)+`}`, 200, &status)
	if status.Files[0].Index != "modified" || status.Files[0].Worktree != "unmodified" {
		t.Errorf("%+v", status)
	}
	r.call("POST", at+"/git/stage", `{"patch":`+jsonOf(patch)+`}`, 409, nil)
	r.call("POST", at+"/git/unstage", `{"patch":`+jsonOf(patch)+`}`, 200, &status)
	r.call("POST", at+"/git/discard", `{"paths":["."]}`, 200, &status)
	if len(status.Files) != 0 {
		t.Errorf("%+v", status)
	}
	r.call("GET", at+"/diff", "", 200, &d)
	if d.Base != "HEAD" || d.Files == nil || len(d.Files) != 0 {
		t.Errorf("%+v", d)
	}
	resp, body := r.do("GET", at+"/git/show?path=a.txt", "", asOwner)
	if resp.StatusCode != 200 || body != "1\n2\n" || resp.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%s %q %v", resp.Status, body, resp.Header)
	}
	var refs GitRefs
	r.call("GET", at+"/git/refs", "", 200, &refs)
	if refs.Head != "main" || len(refs.Branches) != 1 || refs.Tags == nil {
		t.Errorf("%+v", refs)
	}
	for path, want := range map[string]int{
		"/git/show?path=none": 404, "/git/show?path=../x": 422, "/diff?base=none": 422, "/diff?base=-x": 422, "/diff?path=..": 422, "/diff?context=-1": 422,
	} {
		resp, body := r.do("GET", at+path, "", asOwner)
		if resp.StatusCode != want || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", path, resp.Status, body)
		}
	}
	r.call("POST", at+"/git/stage", `{}`, 422, nil)
	r.call("POST", at+"/git/stage", `{"paths":["nothing"]}`, 409, nil)
	r.call("GET", "/api/workspaces/none/git/status", "", 404, nil)
	var all []Workspace
	r.call("GET", "/api/workspaces", "", 200, &all)
	if len(all) != 1 || all[0].Git == nil || *all[0].Git != (WorkspaceGit{Branch: "main"}) {
		t.Errorf("%+v", all)
	}
}

func TestCloneThroughTheAPI(t *testing.T) {
	r := openRig(t)
	from := filepath.Join(t.TempDir(), "origin")
	realGit(t, t.TempDir(), "init", "-q", "-b", "trunk", from)
	realGit(t, from, "commit", "-q", "--allow-empty", "-m", "one")
	address := "file://" + filepath.ToSlash(from)
	conn := r.stream()
	ctx, cancel := context.WithTimeout(t.Context(), deadMan)
	defer cancel()
	var w Workspace
	r.call("POST", "/api/workspaces", `{"name":"shop","git":{"url":`+jsonOf(address)+`}}`, 202, &w)
	if w.State != "cloning" || w.Progress == nil || w.Git == nil || w.Git.URL != address {
		t.Errorf("%+v", w)
	}
	await := func(state string) Workspace {
		t.Helper()
		for {
			var f workspacesFrame
			if err := wsjson.Read(ctx, conn, &f); err != nil {
				t.Fatalf("the stream never says that it is %s: %v", state, err)
			}
			if f.Type == "workspaces" && len(f.Workspaces) == 1 && f.Workspaces[0].State == state {
				return f.Workspaces[0]
			}
		}
	}
	if w := await("ready"); w.Git == nil || *w.Git != (WorkspaceGit{"trunk", address}) || w.Progress != nil {
		t.Errorf("%+v", w)
	}
	r.call("POST", "/api/workspaces", `{"name":"shop","git":{"url":`+jsonOf(address)+`}}`, 409, nil)
	r.call("DELETE", "/api/workspaces/shop", "", 204, nil)

	// One that hangs is cancelled by deleting it, and nobody works in it before it is ready.
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes calls and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hang := `{"name":"shop","git":{"url":"git://` + l.Addr().String() + `/x"}}`
	r.call("POST", "/api/workspaces", hang, 202, nil)
	await("cloning")
	r.call("POST", "/api/sessions", `{"workspace":"shop"}`, 409, nil)
	r.call("GET", "/api/workspaces/shop/git/status", "", 409, nil)
	r.call("POST", "/api/workspaces", hang, 409, nil)
	r.call("DELETE", "/api/workspaces/shop", "", 204, nil)
	if _, err := os.Stat(w.Path); !os.IsNotExist(err) {
		t.Errorf("its folder: %v", err)
	}

	// One that fails says why, and can be tried again.
	r.call("POST", "/api/workspaces", `{"name":"shop","git":{"url":`+jsonOf(address+"-not")+`}}`, 202, nil)
	if w := await("failed"); w.Error != "there is no repository at this address" {
		t.Errorf("%+v", w)
	}
	r.call("POST", "/api/sessions", `{"workspace":"shop"}`, 409, nil)
	r.call("POST", "/api/workspaces", `{"name":"shop","git":{"url":`+jsonOf(address)+`}}`, 202, nil)
	await("ready")
	r.call("POST", "/api/sessions", `{"workspace":"shop"}`, 201, nil)
	for _, bad := range []string{"ext::sh -c x", "/etc", "http://h/x", "-u", "https://u:secret@"} {
		resp, body := r.do("POST", "/api/workspaces", `{"name":"other","git":{"url":`+jsonOf(bad)+`}}`, asOwner)
		if resp.StatusCode != http.StatusUnprocessableEntity || strings.Contains(body, "secret") {
			t.Errorf("%s: %s %s", bad, resp.Status, body)
		}
	}
	r.call("POST", "/api/workspaces", `{"name":"../other","git":{"url":`+jsonOf(address)+`}}`, 422, nil)
	r.call("DELETE", "/api/workspaces/other", "", 404, nil) // none was made of those
}
