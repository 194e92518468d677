package memory

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"coder1/engine/memory/memorytest"
)

// puppetIn starts a puppet in a real group of 512 MB, and the meter of it.
func puppetIn(t testing.TB, limit int64) (*puppet, *memorytest.Group, Meter) {
	t.Helper()
	g := memorytest.New(t, limit)
	p := startPuppet(t, g.Command(os.Args[0]), "child")
	p.do("anon", 0) // it has started
	m, err := Open(Options{PID: p.pid()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return p, g, m
}

// fileOnDisk makes a file without content. Its pages are made, and charged, where they are touched first.
func fileOnDisk(t testing.TB, size int64) string {
	t.Helper()
	for _, parent := range []string{os.TempDir(), "/var/tmp"} {
		dir, err := os.MkdirTemp(parent, "coder1-test-")
		if err != nil {
			continue
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		const tmpfsMagic = 0x01021994 // statfs(2)
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err != nil || s.Type == tmpfsMagic {
			continue
		}
		file := filepath.Join(dir, "large")
		write(t, file, "")
		if err := os.Truncate(file, size); err != nil {
			t.Fatal(err)
		}
		return file
	}
	t.Skip("this test needs a folder for temporary files on a disk, not in memory")
	return ""
}

// The meter sees what a process in a real cgroup takes, and the limit.
func TestARealGroup(t *testing.T) {
	p, g, m := puppetIn(t, 512*mb)
	var before, after Reading
	if err := m.Read(&before); err != nil {
		t.Fatal(err)
	}
	p.do("anon", 100)
	if err := m.Read(&after); err != nil {
		t.Fatal(err)
	}
	if err := Detail(m, &after); err != nil {
		t.Fatal(err)
	}
	for name, grown := range map[string]int64{
		"used": after.Used - before.Used, "pinned": after.Pinned - before.Pinned, "anonymous": after.Anon - before.Anon,
	} {
		if grown < 95*mb || grown > 115*mb {
			t.Errorf("%s grew by %d MB, want 100", name, grown/mb)
		}
	}
	if m.Limit() != 512*mb || after.Kernel == 0 || after.Pinned > after.Used {
		t.Errorf("%s: limit %d MB, %+v", m.Source(), m.Limit()/mb, after)
	}
	if usage := g.Usage(); after.Used > usage+4*mb {
		t.Errorf("used %d MB is more than the %d MB charged", after.Used/mb, usage/mb)
	}
	if g.OOMKills() != 0 || g.Peak() < 100*mb {
		t.Errorf("kills %d, peak %d MB", g.OOMKills(), g.Peak()/mb)
	}
}

func TestReadingARealGroupAllocatesNothing(t *testing.T) {
	_, _, m := puppetIn(t, 512*mb)
	var r Reading
	if n := testing.AllocsPerRun(100, func() { _ = m.Read(&r) }); n != 0 {
		t.Errorf("a reading allocates %v times", n)
	}
}

func BenchmarkRead(b *testing.B) {
	_, _, m := puppetIn(b, 512*mb)
	var r Reading
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Read(&r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDetail(b *testing.B) {
	_, _, m := puppetIn(b, 512*mb)
	var r Reading
	b.ReportAllocs()
	for b.Loop() {
		if err := Detail(m, &r); err != nil {
			b.Fatal(err)
		}
	}
}
