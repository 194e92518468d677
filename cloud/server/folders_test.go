package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine"
)

func TestFoldersAreOpenedWhereTheyLie(t *testing.T) {
	r := openRigWith(t, func(s *engine.Settings) { s.OpenFolders = true }, nil)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "bread")
	if err := os.MkdirAll(filepath.Join(dir, "src"), 0o700); err != nil {
		t.Fatal(err)
	}
	body := `{"folder":` + jsonOf(dir) + `}`
	var w Workspace
	r.call("POST", "/api/workspaces", body, 201, &w)
	if w.Name != "bread" || w.Path != dir || !w.Opened || w.State != "ready" {
		t.Errorf("it is %+v", w)
	}
	r.call("POST", "/api/workspaces", body, 200, &w)
	if w.Name != "bread" {
		t.Errorf("once more it is %+v", w)
	}
	r.call("POST", "/api/workspaces", `{"name":"x","folder":"here"}`, 422, nil)
	r.call("POST", "/api/workspaces", `{"name":"x","folder":`+jsonOf(dir)+`,"git":{"url":"https://example.com/x"}}`, 422, nil)
	r.call("POST", "/api/workspaces", `{}`, 422, nil)

	// An agent works in it, and a file is written where it lies.
	r.call("PUT", "/api/workspaces/bread/files/src/a.txt", "said", 201, nil)
	if b, err := os.ReadFile(filepath.Join(dir, "src", "a.txt")); err != nil || string(b) != "said" {
		t.Errorf("the file is %q, %v", b, err)
	}
	var s Session
	r.call("POST", "/api/sessions", `{"workspace":"bread"}`, 201, &s)
	r.call("DELETE", "/api/workspaces/bread", "", 409, nil)

	// It is moved: it says so, and what needs it says so.
	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	var all []Workspace
	r.call("GET", "/api/workspaces", "", 200, &all)
	if len(all) != 1 || all[0].State != "gone" || !strings.Contains(all[0].Error, dir+" is not there") {
		t.Errorf("when it is gone: %+v", all)
	}
	r.call("GET", "/api/workspaces/bread/tree", "", 409, nil)
	r.call("POST", "/api/terminals", `{"workspace":"bread","cols":80,"rows":24}`, 409, nil)
	r.call("DELETE", "/api/sessions/"+s.ID, "", 204, nil)
	r.call("DELETE", "/api/workspaces/bread", "", 204, nil)
	if _, err := os.Stat(filepath.Join(dir+"-moved", "src", "a.txt")); err != nil {
		t.Errorf("closing it took its files: %v", err)
	}
}

func TestFoldersAreNotOpenedOnAServerOfOthers(t *testing.T) {
	r := openRig(t)
	resp, body := r.do("POST", "/api/workspaces", `{"folder":`+jsonOf(t.TempDir())+`}`, asOwner)
	if resp.StatusCode != 403 || !strings.Contains(body, "OPEN_FOLDERS") {
		t.Errorf("%s: %s", resp.Status, body)
	}
	var me Me
	r.call("GET", "/api/me", "", 200, &me)
	if me.OpenFolders || me.Window {
		t.Errorf("it offers what it has not: %+v", me)
	}
	r.call("POST", "/api/window/pick", `{"what":"folder"}`, 404, nil)
}

// pane is a window that notes what it is asked for.
type pane struct{ asked []Picked }

func (p *pane) Pick(what Picked) error { p.asked = append(p.asked, what); return nil }
func (p *pane) Memory() int64          { return 205 << 20 }

func TestTheWindowIsAskedAndMeasuredApart(t *testing.T) {
	p := &pane{}
	r := openRigWith(t, func(s *engine.Settings) { s.OpenFolders = true }, p)
	r.call("POST", "/api/window/pick", `{"what":"folder"}`, 202, nil)
	r.call("POST", "/api/window/pick", `{"what":"everything"}`, 422, nil)
	if len(p.asked) != 1 || p.asked[0] != PickFolder {
		t.Errorf("the window was asked for %v", p.asked)
	}
	var me Me
	r.call("GET", "/api/me", "", 200, &me)
	if !me.OpenFolders || !me.Window {
		t.Errorf("it says of itself: %+v", me)
	}
	var st Status
	r.call("GET", "/api/status", "", 200, &st)
	if st.Window == nil || *st.Window != 205<<20 {
		t.Errorf("the window uses %v", st.Window)
	}
	for _, o := range st.Memory.Owners {
		if o.Bytes == 205<<20 {
			t.Errorf("the window is counted as %+v", o)
		}
	}
}
