package server

import (
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket/wsjson"
)

// turn runs a prompt to the end of its turn.
func (r *rig) turn(id, text string) {
	r.t.Helper()
	var placed PromptAnswer
	r.call("POST", "/api/sessions/"+id+"/prompts", `{"text":"`+text+`"}`, 202, &placed)
	r.until(id, "turn_ended", placed.PromptID)
}

// until follows a session to its first event of a type, of a prompt if one is named.
func (r *rig) until(id, kind, prompt string) {
	r.t.Helper()
	conn := r.stream()
	if err := wsjson.Write(r.t.Context(), conn, ClientFrame{Type: "subscribe", Session: id}); err != nil {
		r.t.Fatal(err)
	}
	await(r.t, conn, "a "+kind, func(f frame) bool {
		for _, e := range f.Events {
			if e.Type == kind && (prompt == "" || e.PromptID == prompt) {
				return true
			}
		}
		return false
	})
}

func TestASessionIsSummedUp(t *testing.T) {
	r := openRig(t)
	id := r.session()
	r.turn(id, "list")
	var s Summary
	r.call("GET", "/api/sessions/"+id+"/summary", "", 200, &s)
	if len(s.Asked) != 1 || s.Asked[0].Text != "list" || s.Turns != 1 || s.State != "idle" || !strings.HasPrefix(s.Last, "finished") || !strings.Contains(s.Text, "> list") || s.Model != nil {
		t.Errorf("summary %+v", s)
	}
	r.call("POST", "/api/sessions/"+id+"/summary", "", 202, nil)
	r.until(id, "summary", "")
	r.call("GET", "/api/sessions/"+id+"/summary", "", 200, &s)
	if s.Model == nil || s.Model.Text == "" || s.Model.Time.IsZero() {
		t.Errorf("the model wrote %+v", s.Model)
	}
}

func TestASessionIsForkedAndPinned(t *testing.T) {
	r := openRig(t)
	id := r.session()
	r.turn(id, "list")
	var fork Session
	r.call("POST", "/api/sessions/"+id+"/fork", `{"seq":2,"title":"Another way"}`, 201, &fork)
	if fork.Title != "Another way" || fork.ForkedFrom == nil || fork.ForkedFrom.Session != id || fork.ForkedFrom.Seq != 2 || fork.Pinned {
		t.Errorf("the fork is %+v", fork)
	}
	r.call("PATCH", "/api/sessions/"+fork.ID, `{"pinned":true}`, 200, &fork)
	if !fork.Pinned || fork.Title != "Another way" {
		t.Errorf("pinned it is %+v", fork)
	}
	r.call("PATCH", "/api/sessions/"+fork.ID, `{"pinned":false,"title":"Back"}`, 200, &fork)
	if fork.Pinned || fork.Title != "Back" {
		t.Errorf("changed back it is %+v", fork)
	}
}

func TestASessionIsExportedAndImported(t *testing.T) {
	r := openRig(t)
	id := r.session()
	r.turn(id, "list")
	export := func(id string) string {
		resp, file := r.do("GET", "/api/sessions/"+id+"/export", "", asOwner)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != ndjson || !strings.Contains(resp.Header.Get("Content-Disposition"), id+".jsonl") {
			t.Errorf("export: %s %v", resp.Status, resp.Header)
		}
		return file
	}
	file := export(id)
	var one Session
	r.call("POST", "/api/sessions/import?workspace=shop", file, 201, &one)
	_, want, _ := strings.Cut(file, "\n")
	if _, got, _ := strings.Cut(export(one.ID), "\n"); got != want || one.ID == id || one.Title != "list" {
		t.Errorf("imported as %+v:\n%s\ninstead of\n%s", one, got, want)
	}
	r.call("POST", "/api/sessions/import?workspace=none", file, 404, nil)
	r.call("POST", "/api/sessions/import?workspace=shop", file[:len(file)-20], 422, nil)
	var all []Session
	if r.call("GET", "/api/sessions", "", 200, &all); len(all) != 2 {
		t.Errorf("%d sessions are there", len(all))
	}
	// A file is read as it comes, however large: the limit is one line's.
	long := strings.Replace(file, `"text":"list"`, `"text":"`+strings.Repeat("x", 2<<20)+`"`, 1)
	r.call("POST", "/api/sessions/import?workspace=shop", long, 201, nil)
}

func TestSearchFindsWhatWasSaid(t *testing.T) {
	r := openRig(t)
	id := r.session()
	r.turn(id, "list the Lighthouse")
	var found SearchResult
	r.call("GET", "/api/search?limit=2&q="+url.QueryEscape("lightHOUSE"), "", 200, &found)
	if len(found.Hits) != 2 || found.Hits[0].Type != "title" || found.Hits[1].Seq != 1 || found.Hits[1].Session != id || found.SearchedBytes == 0 {
		t.Errorf("found %+v", found)
	}
	h := found.Hits[1]
	if got := h.Snippet[h.Ranges[0][0]:h.Ranges[0][1]]; got != "Lighthouse" {
		t.Errorf("%q is marked in %q", got, h.Snippet)
	}
	r.call("GET", "/api/search?q=nowhere", "", 200, &found)
	if len(found.Hits) != 0 || found.Truncated {
		t.Errorf("found %+v", found)
	}
}
