package memory

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	mountV2 = "25 24 0:21 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
	mountV1 = "30 24 0:21 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n31 24 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
	statV2  = "anon 104857600\nfile 52428800\nkernel 1048576\nshmem 10485760\ninactive_file 20971520\nactive_file 18874368\nworkingset_refault 3\n"
	statV1  = "cache 1\nrss 2\ntotal_cache 52428800\ntotal_rss 104857600\ntotal_shmem 10485760\ntotal_inactive_file 20971520\ntotal_active_file 18874368\n"
)

func processFiles(files map[string]string) map[string]string {
	pid := os.Getpid()
	files[fmt.Sprintf("proc/%d/stat", pid)] = fmt.Sprintf("%d (test) S 1 1 1", pid)
	files[fmt.Sprintf("proc/%d/statm", pid)] = "9999 300 100 0 0 0 0"
	return files
}

// limitedV2 is a machine where a version 2 group of 512 MB limits us.
func limitedV2(usage string) map[string]string {
	return map[string]string{
		"proc/self/mountinfo": mountV2, "proc/self/cgroup": "0::/\n",
		"sys/fs/cgroup/memory.max": "536870912\n", "sys/fs/cgroup/memory.current": usage, "sys/fs/cgroup/memory.stat": statV2,
	}
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
			if strings.HasPrefix(tc.source, "cgroup") && (r.Anon != 100*mb || r.File != 40*mb || r.Shmem != 10*mb || r.ActiveFile != 18*mb) {
				t.Errorf("reading %+v", r)
			}
		})
	}
}

func TestPinnedIsWhatStaysWhenFilePagesGo(t *testing.T) {
	for _, tc := range []struct {
		usage  string
		pinned int64
	}{
		{"209715200", (200 - 20 - 18) * mb},
		{"136314880", 110 * mb}, // 130 − 38 is less than the 100 + 10 that cannot go
		{"0", 110 * mb},
	} {
		m, err := Open(Options{Root: machine(t, limitedV2(tc.usage))})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var r Reading
		if err := m.Read(&r); err != nil || r.Pinned != tc.pinned {
			t.Errorf("%s charged: %d MB pinned, %v; want %d", tc.usage, r.Pinned/mb, err, tc.pinned/mb)
		}
	}
}

func TestKernelMemory(t *testing.T) {
	group := "sys/fs/cgroup/memory/"
	files := map[string]string{
		"proc/self/mountinfo": mountV1, "proc/self/cgroup": "4:memory:/\n", group + "memory.stat": statV1,
		group + "memory.limit_in_bytes": "536870912\n", group + "memory.usage_in_bytes": "209715200\n",
		group + "memory.kmem.usage_in_bytes": "7340032\n",
	}
	for _, tc := range []struct {
		name         string
		root         string
		read, detail int64 // after Read, and after Detail
	}{
		{"v2: in memory.stat", machine(t, limitedV2("209715200")), 1 * mb, 1 * mb},
		{"v1: in a file of its own", machine(t, files), 0, 7 * mb},
	} {
		m, err := Open(Options{Root: tc.root})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var r Reading
		if err := m.Read(&r); err != nil || r.Kernel != tc.read {
			t.Errorf("%s: read %d, %v", tc.name, r.Kernel, err)
		}
		if err := Detail(m, &r); err != nil || r.Kernel != tc.detail {
			t.Errorf("%s: in detail %d, %v", tc.name, r.Kernel, err)
		}
	}
}

func TestHitsOfTheLimit(t *testing.T) {
	group := "sys/fs/cgroup/memory/"
	withV2 := limitedV2("1")
	withV2["sys/fs/cgroup/memory.events"] = "low 1\nhigh 2\nmax 34\noom 5\noom_kill 6\n"
	for name, tc := range map[string]struct {
		files map[string]string
		hits  int64
	}{
		"v2":           {withV2, 34},
		"v2, not told": {limitedV2("1"), 0},
		"v1": {map[string]string{
			"proc/self/mountinfo": mountV1, "proc/self/cgroup": "4:memory:/\n", group + "memory.stat": statV1,
			group + "memory.limit_in_bytes": "536870912\n", group + "memory.usage_in_bytes": "1\n", group + "memory.failcnt": "56\n",
		}, 56},
	} {
		m, err := Open(Options{Root: machine(t, tc.files)})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		var r Reading
		if err := m.Read(&r); err != nil || r.Hits != tc.hits {
			t.Errorf("%s: %d hits, %v; want %d", name, r.Hits, err, tc.hits)
		}
	}
}

func TestAFileThatGoesBadIsAnError(t *testing.T) {
	root := machine(t, limitedV2("12\n"))
	m, err := Open(Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	write(t, filepath.Join(root, "sys/fs/cgroup/memory.current"), "garbage")
	if err := m.Read(&Reading{}); err == nil || !strings.Contains(err.Error(), "memory.current") {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	m, err := Open(Options{Root: machine(t, limitedV2("12\n"))})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var r Reading
	if n := testing.AllocsPerRun(100, func() { _ = m.Read(&r) }); n != 0 {
		t.Errorf("a reading allocates %v times", n)
	}
}

func FuzzCgroupText(f *testing.F) {
	f.Add([]byte(statV2))
	f.Add([]byte("0::/app\n4:memory:/b\n"))
	f.Add([]byte(mountV1))
	f.Fuzz(func(t *testing.T, data []byte) {
		var r Reading
		parseMemoryStat(data, v1.stat.fields(), &r)
		r.settle(1 << 40)
		if r.Pinned < 0 || r.Used < 0 || r.Anon < 0 {
			t.Errorf("%q gives %+v", data, r)
		}
		for _, m := range parseMounts(string(data)) {
			m.dir("/", "/app")
		}
		parseGroup(string(data), v1)
		parseGroup(string(data), v2)
	})
}
