package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestLifeOfAWorkspace(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "workspaces"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := s.Create("shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Path, "a.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create("shop"); !errors.Is(err, ErrExists) {
		t.Errorf("a second one: %v", err)
	}
	if all, err := s.List(); err != nil || len(all) != 1 || all[0].Name != "shop" {
		t.Errorf("list: %v %v", all, err)
	}
	if err := s.Delete("shop"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("shop"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func TestNamesLeadNowhereElse(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "workspaces"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, n := range []string{"", ".", "..", "../x", "a/b", "/etc", "a\x00b", ".hidden", "a b", "ä"} {
		if _, err := s.Create(n); !errors.Is(err, ErrName) {
			t.Errorf("Create(%q): %v", n, err)
		}
		if err := s.Delete(n); !errors.Is(err, ErrNotFound) {
			t.Errorf("Delete(%q): %v", n, err)
		}
	}
	outside := filepath.Join(dir, "outside")
	if err := os.Mkdir(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "workspaces", "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("link"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a link was taken for a workspace: %v", err)
	}
	if err := s.Delete("link"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a link was deleted as a workspace: %v", err)
	}
}
