package memory

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/memory/memorytest"
)

const mb = 1 << 20

// machine writes a fake file system, path -> content.
func machine(t *testing.T, files map[string]string) string {
	root := t.TempDir()
	files["proc/meminfo"] = "MemTotal:       8388608 kB\nMemFree: 1 kB\n"
	for path, content := range files {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	mountV2 = "25 24 0:21 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
	mountV1 = "30 24 0:21 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n31 24 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	statV2  = "anon 104857600\nfile 52428800\nkernel 1048576\nshmem 10485760\ninactive_file 20971520\nworkingset_refault 3\n"
	statV1  = "cache 1\nrss 2\ntotal_cache 52428800\ntotal_rss 104857600\ntotal_shmem 10485760\ntotal_inactive_file 20971520\n"
)

func processFiles(files map[string]string) map[string]string {
	pid := os.Getpid()
	files[fmt.Sprintf("proc/%d/stat", pid)] = fmt.Sprintf("%d (test) S 1 1 1", pid)
	files[fmt.Sprintf("proc/%d/statm", pid)] = "9999 300 100 0 0 0 0"
	return files
}

func TestOpenFindsTheLimitThatBinds(t *testing.T) {
	for _, tc := range []struct {
		name   string
		files  map[string]string
		limit  int64 // configured
		source string
		hard   int64
		used   int64 // 0: do not check
	}{
		{"v2, own group", map[string]string{
			"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/app\n",
			"sys/fs/cgroup/app/memory.max": "536870912\n", "sys/fs/cgroup/app/memory.current": "209715200\n", "sys/fs/cgroup/app/memory.stat": statV2,
		}, 0, "cgroup v2", 512 * mb, 180 * mb},
		{"v2, the parent is tighter", map[string]string{
			"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/slice/app\n",
			"sys/fs/cgroup/slice/app/memory.max": "536870912\n", "sys/fs/cgroup/slice/app/memory.current": "1\n",
			"sys/fs/cgroup/slice/memory.max": "268435456\n", "sys/fs/cgroup/slice/memory.current": "125829120\n", "sys/fs/cgroup/slice/memory.stat": statV2,
		}, 0, "cgroup v2", 256 * mb, 100 * mb},
		{"v2 in a container: our name is not visible below the mount", map[string]string{
			"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/../../docker/abc\n",
			"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/memory.current": "41943040\n", "sys/fs/cgroup/memory.stat": statV2,
		}, 0, "cgroup v2", 512 * mb, 20 * mb},
		{"v1", map[string]string{
			"proc/self/mountinfo": mountV1, "proc/self/cgroup": "4:memory:/app\n1:cpu:/other\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
			"sys/fs/cgroup/memory/app/memory.limit_in_bytes": "536870912\n", "sys/fs/cgroup/memory/app/memory.usage_in_bytes": "209715200\n",
			"sys/fs/cgroup/memory/app/memory.stat": statV1,
		}, 0, "cgroup v1", 512 * mb, 180 * mb},
		{"a configured limit below the group's", map[string]string{
			"proc/self/mountinfo": mountV1, "proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "209715200\n",
			"sys/fs/cgroup/memory/memory.stat": statV1,
		}, 400 * mb, "cgroup v1", 400 * mb, 0},
		{"v2 mounted but unlimited, no v1: the process tree", processFiles(map[string]string{
			"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n",
		}), 0, "process tree", 8 << 30, 300 * int64(os.Getpagesize())},
		{"no cgroups at all", processFiles(map[string]string{
			"proc/self/mountinfo": "", "proc/self/cgroup": "",
		}), 0, "process tree", 8 << 30, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, err := Open(Options{Root: machine(t, tc.files), HardLimit: tc.limit})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			var r Reading
			if err := m.Read(&r); err != nil {
				t.Fatal(err)
			}
			if m.Source() != tc.source || m.Limit() != tc.hard {
				t.Errorf("source %q with %d MB, want %q with %d", m.Source(), m.Limit()/mb, tc.source, tc.hard/mb)
			}
			if tc.used != 0 && r.Used != tc.used {
				t.Errorf("used %d, want %d", r.Used, tc.used)
			}
			if strings.HasPrefix(tc.source, "cgroup") && (r.Anon != 100*mb || r.File != 40*mb || r.Shmem != 10*mb) {
				t.Errorf("reading %+v", r)
			}
		})
	}
}

func TestAFileThatGoesBadIsAnError(t *testing.T) {
	root := machine(t, map[string]string{
		"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/\n",
		"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/memory.current": "12\n", "sys/fs/cgroup/memory.stat": statV2,
	})
	m, err := Open(Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := os.WriteFile(filepath.Join(root, "sys/fs/cgroup/memory.current"), []byte("garbage"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := m.Read(&Reading{}); err == nil || !strings.Contains(err.Error(), "memory.current") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestTreeFollowsParents(t *testing.T) {
	files := map[string]string{}
	add := func(pid, parent int, name string, resident, shared int) {
		files[fmt.Sprintf("proc/%d/stat", pid)] = fmt.Sprintf("%d (%s) S %d 0 0", pid, name, parent)
		files[fmt.Sprintf("proc/%d/statm", pid)] = fmt.Sprintf("0 %d %d 0 0 0 0", resident, shared)
	}
	add(1, 0, "init", 10, 5)
	add(10, 1, "server", 100, 40)
	add(11, 10, "agent (x) y", 300, 200)
	add(12, 10, "agent (x) y", 350, 210)
	add(13, 12, "npm", 50, 10)
	add(20, 1, "stranger", 500, 0)
	root := machine(t, files)
	tree := newTree(root, 10)
	all, err := tree.Scan()
	if err != nil {
		t.Fatal(err)
	}
	page := int64(os.Getpagesize())
	sizes := map[int]int64{}
	for _, p := range all {
		sizes[p.PID] = p.Anon / page
	}
	if fmt.Sprint(sizes) != "map[10:60 11:100 12:140 13:40]" {
		t.Errorf("pages of their own: %v", sizes)
	}
	m := treeMeter{tree: tree, limit: math.MaxInt64, files: map[string]int64{}}
	var r Reading
	if err := m.Read(&r); err != nil || r.Used/page != 340+40+210+10 {
		t.Errorf("used %d pages, error %v", r.Used/page, err)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	m, err := Open(Options{Root: machine(t, map[string]string{
		"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/\n",
		"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/memory.current": "12\n", "sys/fs/cgroup/memory.stat": statV2,
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var r Reading
	if n := testing.AllocsPerRun(100, func() { _ = m.Read(&r) }); n != 0 {
		t.Errorf("a reading allocates %v times", n)
	}
}

// A child in a real cgroup of 512 MB touches 100 MB, twice that under the race detector: the meter sees
// that, and the limit.
func TestARealGroup(t *testing.T) {
	g := memorytest.New(t, 512*mb)
	cmd := g.Command(os.Args[0], "-test.run=^TestHog$")
	cmd.Env = append(os.Environ(), "MEMORY_TEST_HOG=1")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	m, err := Open(Options{PID: cmd.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var r Reading
	if err := m.Read(&r); err != nil {
		t.Fatal(err)
	}
	if m.Limit() != 512*mb || r.Used < 100*mb || r.Used > 300*mb || r.Anon < 100*mb {
		t.Errorf("%s: limit %d MB, used %d MB, anonymous %d MB", m.Source(), m.Limit()/mb, r.Used/mb, r.Anon/mb)
	}
	if usage := g.Usage(); r.Used > usage+4*mb {
		t.Errorf("used %d MB is more than the %d MB charged", r.Used/mb, usage/mb)
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if g.OOMKills() != 0 || g.Peak() < 100*mb {
		t.Errorf("kills %d, peak %d MB", g.OOMKills(), g.Peak()/mb)
	}
}

// TestHog is the child of TestARealGroup.
func TestHog(t *testing.T) {
	if os.Getenv("MEMORY_TEST_HOG") == "" {
		return // it is a part of another test
	}
	hog := make([]byte, 100*mb)
	for i := 0; i < len(hog); i += os.Getpagesize() {
		hog[i] = 1
	}
	fmt.Println("ready")
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
	fmt.Fprintln(os.Stderr, hog[len(hog)-1])
}

func FuzzParsers(f *testing.F) {
	f.Add([]byte("12 (a b) S 1 2"))
	f.Add([]byte(statV2))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseStat(data)
		number(data)
		m := &cgroupMeter{cgroupVersion: v2}
		var r Reading
		m.parseStat(data, &r)
	})
}

func BenchmarkScan(b *testing.B) {
	tree := NewTree(os.Getpid())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tree.Scan(); err != nil {
			b.Fatal(err)
		}
	}
}
