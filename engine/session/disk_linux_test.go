package session

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"
)

// smallDisk mounts a file system of so many MB for a test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("this test mounts a small file system: run it as root (%v: %s)", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir
}

// On a real small disk that fills up, writes are refused in time; with room again they are accepted, and
// nothing that was acknowledged is lost.
func TestDiskFull(t *testing.T) {
	dir := smallDisk(t, "64m")
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

// blind is a file system that does not say how full it is, so that only failing writes tell.
type blind struct{ vfs.FS }

func (blind) GetDiskUsage(string) (vfs.DiskUsage, error) { return vfs.DiskUsage{}, vfs.ErrUnsupported }

// A disk that others fill up under the store, down to the last byte: what was acknowledged is there, the
// error says what is wrong, and with room again the same store goes on.
func TestDiskFullToTheLastByte(t *testing.T) {
	dir := smallDisk(t, "24m")
	now := time.Unix(1e9, 0)
	o := Options{Dir: filepath.Join(dir, "store"), FS: blind{vfs.Default}, Now: func() time.Time { return now }}
	s := must[*Store](t)(Open(o))
	defer func() { s.Close() }()
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	var acknowledged []string
	write := func() error {
		text := noise(40 << 10)
		_, err := s.Write("a", Change{Events: []Event{say(text)}})
		if err == nil {
			acknowledged = append(acknowledged, text)
		}
		return err
	}
	check := func(when string) {
		t.Helper()
		found := map[string]bool{}
		for _, e := range must[[]Event](t)(s.Events("a", 0, 1<<20, 1<<30)) {
			found[string(e.Data)] = true
		}
		for i, text := range acknowledged {
			if !found[`{"text":"`+text+`"}`] {
				t.Fatalf("%s: number %d of %d that were acknowledged is not there", when, i, len(acknowledged))
			}
		}
	}
	for round := range 3 {
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast, 2<<20)
		var failed error
		for n := 0; failed == nil && n < 1000; n++ {
			failed = write()
		}
		if !errors.Is(failed, ErrDiskFull) {
			t.Fatalf("round %d: on a full disk: %v", round, failed)
		}
		check("on a full disk")
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		for tries := 0; ; tries++ {
			now = now.Add(healPause)
			if failed = write(); failed == nil {
				break
			}
			if tries == 5 {
				t.Fatalf("round %d: with room again: %v", round, failed)
			}
		}
		check("with room again")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o.FS = vfs.Default
	s = must[*Store](t)(Open(o))
	check("after a restart")
	if s.Loss() != nil {
		t.Errorf("taken for damaged: %+v", s.Loss())
	}
}

// fill makes a file as large as the disk allows, less some bytes.
func fill(t *testing.T, path string, left int64) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &st); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, int64(st.Bavail)*st.Bsize-left), 0o600); err != nil {
		t.Fatal(err)
	}
}
