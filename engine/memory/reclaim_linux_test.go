package memory

import (
	"errors"
	"testing"
)

// Page cache goes, what belongs to a process stays.
func TestReclaimTakesPageCacheOnly(t *testing.T) {
	p, g, m := puppetIn(t, 512*mb)
	file := fileOnDisk(t, 100*mb)
	p.do("map", file)
	p.do("free")
	p.do("anon", 50)
	var before, after Reading
	if err := m.Read(&before); err != nil || before.InactiveFile+before.ActiveFile < 90*mb {
		t.Fatal(before, err)
	}
	freed, err := Reclaim(m, 60*mb)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || freed < 40*mb {
		t.Errorf("freed %d MB, %v", freed/mb, err)
	}
	if err := m.Read(&after); err != nil || after.Anon < before.Anon-2*mb {
		t.Errorf("before %+v, after %+v, %v", before, after, err)
	}
	if g.OOMKills() != 0 {
		t.Error("somebody was killed for it")
	}
}

func TestReclaimIsUnsupported(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"a kernel without it": limitedV2("1"),
		"no group":            processFiles(map[string]string{"proc/self/mountinfo": "", "proc/self/cgroup": ""}),
	} {
		m, err := Open(Options{Root: machine(t, files)})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if freed, err := Reclaim(m, mb); freed != 0 || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %d, %v", name, freed, err)
		}
	}
}

// 100 MB of page cache, just written.
func BenchmarkReclaim(b *testing.B) {
	p, _, m := puppetIn(b, 512*mb)
	file := fileOnDisk(b, 100*mb)
	for b.Loop() {
		b.StopTimer()
		p.do("map", file)
		p.do("free")
		b.StartTimer()
		if _, err := Reclaim(m, 100*mb); err != nil {
			b.Skip(err)
		}
	}
}
