package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coder1/cloud/server"
	"coder1/engine/memory"
)

const aRecording = "../engine/trace/testdata/traces/killed-in-mid-turn.trace.zst"

func TestWhatTheProgramIsStartedWith(t *testing.T) {
	dir := t.TempDir()
	text, recording := filepath.Join(dir, "a.txt"), filepath.Join(dir, "night.trace.zst")
	for _, path := range []string{text, recording} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, c := range []struct {
		args []string
		want string
		says string // "" when it is right
	}{
		{nil, "", ""},
		{[]string{"."}, dir, ""},
		{[]string{"night.trace.zst"}, recording, ""},
		{[]string{recording}, recording, ""},
		{[]string{text}, "", "neither a folder nor a flight recording"},
		{[]string{"none"}, "", filepath.Join(dir, "none") + " cannot be opened"},
		{[]string{"--wat"}, "", "Usage"},
		{[]string{dir, dir}, "", "Usage"},
	} {
		got, err := argument(c.args)
		if got != c.want || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %q, %v", c.args, got, err)
		}
	}
}

func TestWishesReachTheWindowAndWeightsTheEngine(t *testing.T) {
	w := keep(t, "wishful")
	w.await(0, in(running))
	if got := <-w.wishes; got.Pick != server.PickRecording {
		t.Errorf("the window hears %+v", got)
	}
	w.weigh(205 << 20)
	if got := <-w.wishes; got.Pick != "205 MB" { // the stand-in says what it heard
		t.Errorf("the engine hears %+v", got)
	}
}

func TestAFolderIsOpenedByTheEngine(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer secret" || string(body) != `{"folder":"/home/ada/shop"}` {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"detail":"this folder cannot be opened: it is not there"}`)
			return
		}
		_, _ = io.WriteString(w, `{"name":"shop"}`)
	}))
	defer web.Close()
	a := address{URL: web.URL, token: "secret"}
	if name, err := a.openFolder(context.Background(), "/home/ada/shop"); name != "shop" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if _, err := a.openFolder(context.Background(), "/none"); err == nil || !strings.Contains(err.Error(), "not there") {
		t.Errorf("of one that is not there: %v", err)
	}
	web.Close()
	if _, err := a.openFolder(context.Background(), "/home/ada/shop"); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("without an engine: %v", err)
	}
}

func TestFoldersWaitForAnEngine(t *testing.T) {
	var opened []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Folder string }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		opened = append(opened, asked.Folder)
		_, _ = fmt.Fprintf(w, `{"name":%q}`, filepath.Base(asked.Folder))
	}))
	defer web.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	w := &window{ctx: context.Background(), folders: []string{"/home/ada/shop", "/home/ada/my till"}}
	if place := w.openWaiting(address{URL: gone.URL}); place != "" || len(w.folders) != 2 {
		t.Errorf("without an engine: %q, and %q wait", place, w.folders)
	}
	if place := w.openWaiting(address{URL: web.URL}); place != "#/files/my%20till" || !slices.Equal(opened, []string{"/home/ada/shop", "/home/ada/my till"}) {
		t.Errorf("%q, opened %q", place, opened)
	}
	if place := w.openWaiting(address{URL: web.URL}); place != "" || len(opened) != 2 {
		t.Errorf("once more: %q, opened %q", place, opened)
	}
}

func TestARecordingIsDrawn(t *testing.T) {
	page, err := report(aRecording)
	if err != nil || !bytes.Contains(page, []byte("<h1>Flight recording</h1>")) || !bytes.Contains(page, []byte("<svg")) {
		t.Errorf("%.200s, %v", page, err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.trace.zst")
	if err := os.WriteFile(damaged, []byte("no recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, why := range map[string]string{damaged: "no flight recording that can be read: ", damaged + "-not": "no such file", t.TempDir(): "without recordings"} {
		if _, err := report(path); err == nil || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	w := &window{recording: page, shows: "night.trace.zst", isNew: true, problem: "none"}
	if problem, name := w.news(); problem != "none" || name != "night.trace.zst" {
		t.Errorf("the start page is told %q, %q", problem, name)
	}
	for path, status := range map[string]int{"/other": 404, "/report": 200} {
		got := httptest.NewRecorder()
		w.ServeHTTP(got, httptest.NewRequest("GET", path, nil))
		if got.Code != status {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	if named := w.named(); named != "night.trace.zst – " {
		t.Errorf("the title begins with %q", named)
	}
	if _, name := w.news(); name != "" || w.named() != "" {
		t.Errorf("back at the start page, it leads to %q, and the title begins with %q", name, w.named())
	}
}

// The engine's processes are left out when the window is weighed.
func TestTheWindowIsWeighedWithoutTheEngine(t *testing.T) {
	w := keep(t, "good")
	w.await(0, in(running))
	scales := memory.NewTree(os.Getpid())
	defer func() { _ = scales.Close() }()
	with, without := weigh(scales, 0), weigh(scales, w.pid())
	if without <= 0 || with <= without {
		t.Errorf("it weighs %d with the engine, %d without", with, without)
	}
}
