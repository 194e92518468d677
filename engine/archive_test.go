package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"coder1/engine/backup"
	"coder1/engine/session"
)

// logs are all sessions' logs as lines.
func (r *rig) logs() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	err := r.store.Each(func(m session.Meta) bool {
		var b bytes.Buffer
		if err := r.WriteEvents(r.t.Context(), m.ID, 0, &b); err != nil {
			r.t.Error(err)
		}
		all[m.ID] = b.String()
		return true
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

func (r *rig) append(id string, texts ...string) {
	r.t.Helper()
	var c session.Change
	for _, text := range texts {
		c.Events = append(c.Events, record(Notice{Level: "info", Text: text}))
	}
	if err := r.write(id, c); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) backup(workspaces bool) []byte {
	r.t.Helper()
	var b bytes.Buffer
	if err := r.Backup(r.t.Context(), &b, workspaces); err != nil {
		r.t.Fatal(err)
	}
	return b.Bytes()
}

// A backup that is made while sessions are written is each of them as it was at one moment, and comes back
// exactly.
func TestBackupWhileTheServerRuns(t *testing.T) {
	from := openRig(t, testSettings(t))
	a, b := from.session("shop"), from.session("yard")
	from.append(a, "one", strings.Repeat("long ", 40_000))
	if err := os.WriteFile(filepath.Join(from.settings.Data, "workspaces", "shop", "code.go"), []byte("package shop"), 0o600); err != nil {
		t.Fatal(err)
	}
	transcript := filepath.Join(from.settings.Data, "agents", "demo", "projects", "x.jsonl")
	secret := filepath.Join(from.settings.Data, "agents", "claude", ".credentials.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(transcript), 0o700), os.WriteFile(transcript, []byte("said"), 0o600),
		os.WriteFile(secret, []byte("key"), 0o600), from.SetPreferences(map[string]string{"theme": "dark"})); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for _, id := range []string{a, b} {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					if err := from.write(id, session.Change{Events: []session.Event{record(Notice{Level: "info", Text: fmt.Sprint(n)})}}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	file := from.backup(true)
	close(stop)
	writers.Wait()

	settings := testSettings(t)
	to := openRig(t, settings)
	got, err := to.Restore(t.Context(), bytes.NewReader(file))
	if err != nil || got.Sessions != 2 || got.Restored != 2 || got.Skipped != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	there, here := from.logs(), to.logs()
	for _, id := range []string{a, b} {
		if !strings.HasPrefix(there[id], here[id]) || here[id] == "" && id == a {
			t.Errorf("session %s came back with %d bytes that are not how its %d begin", id, len(here[id]), len(there[id]))
		}
		m, err := to.store.Get(id)
		if last := int64(strings.Count(here[id], "\n")); err != nil || m.LastSeq != last {
			t.Errorf("session %s has %d entries and says %d, %v", id, last, m.LastSeq, err)
		}
	}
	for path, want := range map[string]string{"workspaces/shop/code.go": "package shop", "agents/demo/projects/x.jsonl": "said"} {
		if content, err := os.ReadFile(filepath.Join(settings.Data, path)); err != nil || string(content) != want {
			t.Errorf("%s: %q, %v", path, content, err)
		}
	}
	if _, err := os.Stat(filepath.Join(settings.Data, "agents", "claude", ".credentials.json")); err == nil {
		t.Error("a secret is in the backup")
	}
	var prefs map[string]string
	if err := to.Preferences(&prefs); err != nil || prefs["theme"] != "dark" {
		t.Errorf("preferences %v, %v", prefs, err)
	}

	// Once more: everything is there, and stays as it is.
	to.append(a, "goes on")
	before := to.logs()
	if got, err = to.Restore(t.Context(), bytes.NewReader(file)); err != nil || got.Restored != 0 || got.Skipped != 2 || got.Files != 0 {
		t.Errorf("a second time: %+v, %v", got, err)
	}
	if after := to.logs(); after[a] != before[a] || after[b] != before[b] {
		t.Error("sessions that were there were changed")
	}
}

// A damaged backup says so and changes nothing, wherever it is damaged.
func TestADamagedBackupChangesNothing(t *testing.T) {
	from := openRig(t, testSettings(t))
	for range 3 {
		from.append(from.session("shop"), "one", strings.Repeat("long ", 40_000))
	}
	file := from.backup(false)
	to := openRig(t, testSettings(t))
	for n := 20; n < len(file)-8; n += len(file) / 40 {
		bad := bytes.Clone(file)
		for i := range 8 { // of a single bit the decompressed may be the same
			bad[n+i] ^= 0xff
		}
		for _, data := range [][]byte{bad, file[:n]} {
			_, err := to.Restore(t.Context(), bytes.NewReader(data))
			if !errors.Is(err, backup.ErrDamaged) && !errors.Is(err, backup.ErrForeign) {
				t.Fatalf("damaged at %d of %d: %v", n, len(file), err)
			}
		}
	}
	if n, _ := to.store.Count(); n != 0 {
		t.Errorf("%d sessions", n)
	}
	if left, _ := filepath.Glob(filepath.Join(to.settings.Data, tempFolder, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What waits in line comes along, and runs where it was restored.
func TestPromptsInLineAreRestored(t *testing.T) {
	data := t.TempDir()
	store, err := session.Open(session.Options{Dir: filepath.Join(data, "store")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Create(session.Meta{ID: "a", User: Owner, Workspace: "shop", Agent: "demo"}); err != nil {
		t.Fatal(err)
	}
	p := session.Prompt{ID: "p", Session: "a", User: Owner, Text: "help"}
	if _, err := store.Write("a", session.Change{Put: []session.Prompt{p}, Events: []session.Event{record(PromptEvent{Prompt: "p", Text: p.Text})}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	log := slog.New(slog.NewTextHandler(testWriter{t}, nil))
	if err := BackupFolder(t.Context(), data, &file, backup.Head{}, log); err != nil {
		t.Fatal(err)
	}
	to := openRig(t, testSettings(t))
	if got, err := to.Restore(t.Context(), bytes.NewReader(file.Bytes())); err != nil || got.Prompts != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	to.await("a", "the end of the prompt", func(f fields) bool { return f.Type == "turn_ended" && f.Outcome == "done" })

	// Without a server it is put into the folder, empty or not, and runs when a server starts there.
	settings := testSettings(t)
	settings.Data = filepath.Join(settings.Data, "new")
	if got, err := RestoreFolder(t.Context(), settings.Data, bytes.NewReader(file.Bytes()), log); err != nil || got.Restored != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	r := openRig(t, settings)
	if _, err := RestoreFolder(t.Context(), settings.Data, bytes.NewReader(file.Bytes()), log); !errors.Is(err, ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	r.await("a", "the end of the prompt", func(f fields) bool { return f.Type == "turn_ended" && f.Outcome == "done" })
}

// A log in a backup that is no log is found before anything is done.
func TestABackupWithABrokenLogChangesNothing(t *testing.T) {
	var file bytes.Buffer
	w, err := backup.NewWriter(&file, backup.Head{})
	if err != nil {
		t.Fatal(err)
	}
	meta, _ := json.Marshal(session.Meta{ID: "a", Workspace: "shop"})
	if err := errors.Join(w.Bytes("sessions/a/000001.jsonl", []byte("{\"seq\":1,\"type\":\"x\"\n")), w.Bytes("sessions/a/meta.json", meta), w.Close()); err != nil {
		t.Fatal(err)
	}
	to := openRig(t, testSettings(t))
	if _, err := to.Restore(context.Background(), &file); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("got %v", err)
	}
	if n, _ := to.store.Count(); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// Names of any bytes come back as they were, of folders too.
func TestNamesOfAnyBytesComeBack(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system does not have such names")
	}
	names := []string{`ff/a\b`, "ff/latin-\xe9", "latin-\xe9/in it", `..\..\up`, "c:x", "CON", "new\nline", "\ufffd"}
	from, to := openRig(t, testSettings(t)), openRig(t, testSettings(t))
	from.append(from.session("shop"), "one")
	for _, name := range names {
		file := filepath.Join(from.settings.Data, "workspaces", "shop", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := to.Restore(t.Context(), bytes.NewReader(from.backup(true)))
	if err != nil || got.Restored != 1 || got.Files != len(names) || got.LeftOut != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, name := range names {
		if content, err := os.ReadFile(filepath.Join(to.settings.Data, "workspaces", "shop", name)); err != nil || string(content) != name {
			t.Errorf("%q has %q, %v", name, content, err)
		}
	}
}

// What this system cannot have by its name is left out, and the rest comes back.
func TestFilesThatCannotBeHereAreLeftOut(t *testing.T) {
	var file bytes.Buffer
	w, err := backup.NewWriter(&file, backup.Head{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README", "README", "README/below", strings.Repeat("long", 100), "last"} {
		err = errors.Join(err, w.Bytes("workspaces/shop/"+name, []byte("x")))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	to := openRig(t, testSettings(t))
	if got, err := to.Restore(t.Context(), &file); err != nil || got.Files != 2 || got.LeftOut != 3 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Folders come back, empty ones too: without its empty folders a repository is none.
func TestFoldersComeBack(t *testing.T) {
	from, to := openRig(t, testSettings(t)), openRig(t, testSettings(t))
	for _, name := range []string{"shop", "yard"} {
		if _, err := from.CreateWorkspace(name); err != nil {
			t.Fatal(err)
		}
	}
	repo := filepath.Join(from.settings.Data, "workspaces", "shop")
	if out, err := exec.Command("git", "init", "-q", repo).CombinedOutput(); err != nil {
		t.Fatalf("%s, %v", out, err)
	}
	if err := os.Mkdir(filepath.Join(repo, "open"), 0o755); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(filepath.Join(repo, "open"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := to.Restore(t.Context(), bytes.NewReader(from.backup(true))); err != nil || got.LeftOut != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := to.workspaces.Get("yard"); err != nil {
		t.Errorf("an empty workspace: %v", err)
	}
	repo = filepath.Join(to.settings.Data, "workspaces", "shop")
	if info, err := os.Stat(filepath.Join(repo, "open")); err != nil || info.Mode() != before.Mode() {
		t.Errorf("a folder that others may read: %v, %v", info, err)
	}
	cmd := exec.Command("git", "rev-parse", "--git-dir")
	cmd.Dir = repo
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != ".git\n" {
		t.Errorf("the repository: %s, %v", out, err)
	}
}

// A backup of the version before, which has no folders, is restored.
func TestABackupOfTheVersionBefore(t *testing.T) {
	file, err := os.Open(filepath.Join("backup", "testdata", "version1.tar.zst"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	to := openRig(t, testSettings(t))
	if got, err := to.Restore(t.Context(), file); err != nil || got != (Restored{Sessions: 1, Restored: 1, Files: 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	if text, err := os.ReadFile(filepath.Join(to.settings.Data, "workspaces", "shop", "link")); err != nil || string(text) != "#!/bin/sh\n" {
		t.Errorf("%q, %v", text, err)
	}
	if logs := to.logs(); !strings.Contains(logs["a"], "of before") {
		t.Errorf("the logs are %q", logs)
	}
}
