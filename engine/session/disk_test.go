package session

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// On a real small disk that fills up, writes are refused in time; with room again they are accepted, and
// nothing that was acknowledged is lost.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("this test mounts a small file system: run it as root (%v: %s)", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	s, err := Open(Options{Dir: filepath.Join(dir, "store")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	written := 0
	write := func() error {
		_, err := s.Write("a", Change{Events: []Event{say("x")}})
		if err == nil {
			written++
		}
		return err
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 40<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("on a nearly full disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := write(); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if events := must[[]Event](t)(s.Events("a", 0, 99, 999)); len(events) != written {
		t.Errorf("%d events of %d", len(events), written)
	}
}
