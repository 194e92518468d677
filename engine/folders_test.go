package engine

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/workspace"
)

// A backup has the sessions of a folder, and neither the folder nor where it lies: restored, they are in an
// empty workspace of its name.
func TestABackupLeavesOpenedFoldersOut(t *testing.T) {
	s := testSettings(t)
	s.OpenFolders = true
	from := openRig(t, s)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "code.go"), []byte("package shop"), 0o600); err != nil {
		t.Fatal(err)
	}
	w, isNew, err := from.OpenFolder("shop", dir)
	if err != nil || !isNew || w.Name != "shop" {
		t.Fatalf("%+v, %v", w, err)
	}
	if _, err := from.CreateSession("shop", "", ""); err != nil {
		t.Fatal(err)
	}
	file := from.backup(true)
	if bytes.Contains(file, []byte(filepath.Base(dir))) {
		t.Error("the backup says where the folder lies")
	}
	to := openRig(t, testSettings(t))
	got, err := to.Restore(t.Context(), bytes.NewReader(file))
	if err != nil || got.Restored != 1 || got.Files != 0 {
		t.Errorf("restored %+v, %v", got, err)
	}
	all, err := to.Workspaces()
	if err != nil || len(all) != 1 || all[0].Name != "shop" || all[0].Opened || all[0].Sessions != 1 {
		t.Errorf("then there are %+v, %v", all, err)
	}

	// Restored where the folder is open but out of reach, it stays what it is.
	if err := os.Rename(dir, dir+"-moved"); err != nil {
		t.Fatal(err)
	}
	if _, err := from.Restore(t.Context(), bytes.NewReader(file)); err != nil {
		t.Error(err)
	}
	if _, err := from.workspaces.Get("shop"); !errors.Is(err, workspace.ErrGone) {
		t.Errorf("then it is %v", err)
	}
}

func TestFoldersAreOpenedWhereNobodyElseIs(t *testing.T) {
	s := testSettings(t)
	s.OpenFolders = true
	for host, right := range map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true, "0.0.0.0": false, "10.0.0.7": false, "coder1.example": false} {
		s.Host = host
		if err := s.Validate(); (err == nil) != right || err != nil && !strings.Contains(err.Error(), "OPEN_FOLDERS") {
			t.Errorf("on %s: %v", host, err)
		}
	}
	s.Host = "127.0.0.1"
	t.Setenv("RENDER", "true")
	if err := s.Validate(); err == nil {
		t.Error("on Render it is taken")
	}
}
