package memory

import (
	"os"
	"os/exec"
	"testing"
)

// crowd starts processes that do nothing until the test ends.
func crowd(t testing.TB, n int) map[int]bool {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pids := map[int]bool{}
	var all []*exec.Cmd
	for range n {
		cmd := exec.Command("cat")
		cmd.Stdin = r
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
		pids[cmd.Process.Pid] = true
	}
	t.Cleanup(func() {
		w.Close()
		for _, cmd := range all {
			_ = cmd.Wait()
		}
	})
	return pids
}

func TestScanAllocatesNothing(t *testing.T) {
	pids := crowd(t, 20)
	tree := NewOwnedTree(os.Getpid(), func(pid int) (string, bool) { return "a", pids[pid] })
	defer tree.Close()
	for len(tree.all) < 21 { // until they all run
		if _, err := tree.Scan(); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(recheck, func() { _, _ = tree.Scan() }); n != 0 {
		t.Errorf("a scan allocates %v times", n)
	}
}

// 200 processes of ours, at rest, and whatever else runs here.
func BenchmarkScan(b *testing.B) {
	pids := crowd(b, 200)
	tree := NewOwnedTree(os.Getpid(), func(pid int) (string, bool) { return "a", pids[pid] })
	benchmarkTree(b, tree)
}

// The same 200 processes, none of them ours.
func BenchmarkScanOfStrangers(b *testing.B) {
	crowd(b, 200)
	benchmarkTree(b, NewTree(1<<30)) // nobody
}

func benchmarkTree(b *testing.B, tree *Tree) {
	defer tree.Close()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tree.Scan(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(tree.known)), "processes")
	b.ReportMetric(float64(len(tree.ours)), "ours")
}

func FuzzProcText(f *testing.F) {
	f.Add([]byte("12 (a b) S 1 2"))
	f.Add([]byte("9999 300 100 0 0 0 0"))
	f.Add([]byte("x\nRssShmem:\t  12 kB\n"))
	f.Add([]byte("7f0a4c000000-7f0a4c021000 rw-s 00000000 00:1b 1234  /dev/shm/x"))
	f.Add([]byte("         0      32768   600               1048576  4242  4242      0     0     0     0     0 1700000000 1700000001 1700000002               1048576                     0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseStat(data)
		parseStatm(data)
		parseShmem(data)
		parseMap(data)
		parseSegment(data)
		parseDents(data, func(pid int, _ uint64) {
			if pid <= 0 {
				t.Errorf("%q: process %d", data, pid)
			}
		})
		cellOf(string(data))
	})
}
