package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemoStaysInTheWorkspace tries every way out of it that a path has.
func TestDemoStaysInTheWorkspace(t *testing.T) {
	h, c := demoTalk(t)
	outside := t.TempDir()
	const secret = "nobody may read this"
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	up, err := filepath.Rel(h.dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"folder": outside, "file": filepath.Join(outside, "secret"), "relative": up, "new": filepath.Join(outside, "new"),
	} {
		if err := os.Symlink(target, filepath.Join(h.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{
		outside + "/secret", up + "/secret", "folder/secret", "file", "relative/secret", "folder/../folder/secret", "./x/../../" + up + "/secret",
	} {
		if got := c.answer("read " + path); strings.Contains(show(t, got.events), secret) || !got.result(t).IsError {
			t.Errorf("read %s: %s", path, show(t, got.events))
		}
	}
	for _, path := range []string{outside, up, "folder", "relative"} {
		if got := c.answer("list " + path); strings.Contains(show(t, got.events), `"secret`) {
			t.Errorf("list %s: %s", path, show(t, got.events))
		}
	}
	for _, path := range []string{"folder/made", "new", "relative/made", "file", up + "/made", outside + "/made"} {
		c.say("write " + path + " mine")
		c.must(c.Decide(await[PermissionRequest](c).ID, Decision{Allow: true}))
		c.turn()
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 1 {
		t.Errorf("outside there are %v, %v", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(outside, "secret")); string(text) != secret || err != nil {
		t.Errorf("the file outside holds %q, %v", text, err)
	}
}
