package memory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// memoryFiles mounts a memory file system for the test.
func memoryFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("this test needs to mount a tmpfs (run it as root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// leftoversIn lists the leftovers below a folder, by name, with their size in MB.
func leftoversIn(t *testing.T, dir string, since time.Time) (names string, all []Leftover) {
	t.Helper()
	found, err := Leftovers(since)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, l := range found {
		if rest, below := strings.CutPrefix(l.Path, dir+"/"); below {
			words = append(words, fmt.Sprintf("%s=%d", rest, l.Bytes/mb))
			all = append(all, l)
		}
	}
	return strings.Join(words, " "), all
}

func fill(t *testing.T, path string, megabytes int) {
	t.Helper()
	write(t, path, strings.Repeat("x", megabytes*mb))
}

func TestFilesInMemoryThatNobodyUses(t *testing.T) {
	dir := memoryFiles(t)
	began := time.Now().Add(-time.Minute)
	fill(t, filepath.Join(dir, "left"), 3)
	fill(t, filepath.Join(dir, "deep/down/left"), 4)
	fill(t, filepath.Join(dir, "open"), 1)
	fill(t, filepath.Join(dir, "mapped"), 1)
	fill(t, filepath.Join(dir, "leaderless"), 1)
	fill(t, filepath.Join(dir, "of another user"), 1)
	fill(t, filepath.Join(dir, "unpacked"), 2)
	write(t, filepath.Join(dir, "empty"), "")
	if err := os.Truncate(filepath.Join(dir, "empty"), 10*mb); err != nil { // a hole takes nothing
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(dir, "of another user"), 12345, -1); err != nil {
		t.Fatal(err)
	}
	old := time.Unix(499162500, 0) // what npm gives to the files it unpacks
	if err := os.Chtimes(filepath.Join(dir, "unpacked"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/usr", filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "left"), filepath.Join(dir, "deep/again")); err != nil {
		t.Fatal(err)
	}
	p := newPuppet(t)
	p.do("open", filepath.Join(dir, "open"))
	p.do("map", filepath.Join(dir, "mapped"))
	leaderless(t).do("map", filepath.Join(dir, "leaderless"))

	names, _ := leftoversIn(t, dir, began)
	if names != "deep/down/left=4 deep/again=3 unpacked=2" && names != "deep/down/left=4 left=3 unpacked=2" {
		t.Errorf("left: %s", names)
	}
	if names, _ := leftoversIn(t, dir, time.Now().Add(time.Minute)); names != "" {
		t.Errorf("later: %s", names)
	}
}

func TestAMountBelowAndTheSameMountTwice(t *testing.T) {
	dir := memoryFiles(t)
	fill(t, filepath.Join(dir, "sub/under"), 1)
	fill(t, filepath.Join(dir, "file"), 2)
	again := t.TempDir()
	for _, m := range []struct {
		source, target, kind string
		flags                uintptr
	}{
		{"tmpfs", filepath.Join(dir, "sub"), "tmpfs", 0},
		{dir, again, "", syscall.MS_BIND},
	} {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Unmount(m.target, syscall.MNT_DETACH) }()
	}
	fill(t, filepath.Join(dir, "sub/over"), 3)
	first, _ := leftoversIn(t, dir, time.Time{})
	second, _ := leftoversIn(t, again, time.Time{})
	both := strings.Fields(first + " " + second)
	slices.Sort(both)
	// What is mounted over is seen only through the other mount.
	if got := strings.Join(both, " "); got != "file=2 sub/over=3 sub/under=1" && got != "file=2 sub/over=3" {
		t.Errorf("each once: %s", got)
	}
}

func TestALeftoverIsRemovedOnlyWhileItIsOne(t *testing.T) {
	dir := memoryFiles(t)
	for name := range strings.SplitSeq("taken changed gone left", " ") {
		fill(t, filepath.Join(dir, name), 1)
	}
	_, all := leftoversIn(t, dir, time.Time{})
	if len(all) != 4 {
		t.Fatal(all)
	}
	p := newPuppet(t)
	p.do("open", filepath.Join(dir, "taken"))
	fill(t, filepath.Join(dir, "new"), 1)
	if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "changed")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		name := filepath.Base(l.Path)
		err, refused := l.Remove(), name == "taken" || name == "changed"
		if refused != errors.Is(err, errUsed) || !refused && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if kept := dirExists(l.Path); kept != refused {
			t.Errorf("%s: is still there: %v", name, kept)
		}
	}
}

func TestTheWorkIsBounded(t *testing.T) {
	dir := memoryFiles(t)
	fill(t, filepath.Join(dir, "large"), 5)
	crowded := filepath.Join(dir, "crowded")
	if err := os.Mkdir(crowded, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range maxFiles + 10 {
		f, err := os.Create(filepath.Join(crowded, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	w := walk{uid: uint32(os.Geteuid()), found: map[inode]Leftover{}}
	w.mount(dir)
	if len(w.found) != 1 || w.looked != maxFiles {
		t.Errorf("found %v among %d", w.found, w.looked)
	}
	if _, err := Leftovers(time.Time{}); !errors.Is(err, ErrManyFiles) {
		t.Errorf("error %v", err)
	}
}

func TestOnlyMemoryFileSystemsThatAreOurs(t *testing.T) {
	dir := memoryFiles(t)
	device := deviceOf(dir)
	points := memoryMounts([]mount{
		{point: dir, device: device, filesystem: "tmpfs"},
		{point: dir, device: "0:1", filesystem: "tmpfs"}, // something else is mounted over it
		{point: dir, device: device, filesystem: "devtmpfs"},
		{point: "/sys/fs/cgroup", device: deviceOf("/sys/fs/cgroup"), filesystem: "tmpfs"},
		{point: "/nowhere", filesystem: "tmpfs", device: "0:1"},
	})
	if len(points) != 1 || points[0] != dir {
		t.Errorf("%v", points)
	}
}

func TestDeviceNumbers(t *testing.T) {
	for _, dev := range []uint64{0, 0x1b, 0xfe00, 1<<44 | 0xabc<<8 | 0xfff<<20 | 7} {
		if got := joinDevice(splitDevice(dev)); got != dev {
			t.Errorf("%x became %x", dev, got)
		}
	}
}
