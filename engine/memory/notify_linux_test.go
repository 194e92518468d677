package memory

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// soon is how long a test waits for what must come.
const soon = 20 * time.Second

func wake(t *testing.T, n *Notifier, why string) {
	t.Helper()
	select {
	case <-n.C():
	case <-time.After(soon):
		t.Fatalf("no wake: %s", why)
	}
}

// settled takes a wake that may be left over from what was waited for.
func settled(n *Notifier) {
	select {
	case <-n.C():
	case <-time.After(4 * quiet):
	}
}

func TestCrossingAThresholdWakes(t *testing.T) {
	p, _, m := puppetIn(t, 512*mb)
	if m.Source() != "cgroup v1" {
		t.Skip("usage thresholds are a thing of cgroup v1")
	}
	n, err := OpenNotifier(m, 100*mb, 200*mb)
	if err != nil {
		t.Fatal(err)
	}
	if n.Source() != "memory.pressure_level, memory.usage_in_bytes" {
		t.Errorf("listens to %s", n.Source())
	}
	settled(n)
	p.do("anon", 150)
	wake(t, n, "100 MB were passed")
	settled(n)
	p.do("anon", 100)
	wake(t, n, "200 MB were passed")
	settled(n)
	p.do("free")
	wake(t, n, "both were passed on the way down")
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	settled(n)
	p.do("anon", 300)
	select {
	case <-n.C():
		t.Error("a wake after the end")
	case <-time.After(4 * quiet):
	}
}

// Nobody takes the wakes: the notifier goes on all the same, and keeps one.
func TestANotifierNeverBlocks(t *testing.T) {
	p, _, m := puppetIn(t, 512*mb)
	n, err := OpenNotifier(m, 50*mb)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		p.do("anon", 100)
		p.do("free")
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if len(n.c) > 1 {
		t.Error("more than one wake was kept")
	}
}

// Where a version 2 hierarchy is mounted, its groups have pressure and events even if another version has
// the memory controller. cgroup.events stands in for memory.events, which only the controller makes: the
// kernel notifies of both in the same way.
func TestEventsOfVersion2Wake(t *testing.T) {
	group, member := v2Group(t)
	root := machine(t, limitedV2("12\n"))
	dir := filepath.Join(root, "sys/fs/cgroup")
	for link, file := range map[string]string{"memory.events": "cgroup.events", "memory.pressure": "memory.pressure"} {
		if err := os.Symlink(filepath.Join(group, file), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Open(Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	n, err := OpenNotifier(m)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if !strings.Contains(n.Source(), "memory.events") {
		t.Errorf("listens to %s", n.Source())
	}
	settled(n)
	member(os.Getpid())
	wake(t, n, "the group is populated")
	settled(n)
	member(0)
	wake(t, n, "the group is empty again")
}

// Processes that run into the limit of a real group wait for memory: real pressure.
func TestPressureWakes(t *testing.T) {
	group, member := v2Group(t)
	s, err := openPressure(filepath.Join(group, "memory.pressure"), "memory.pressure")
	if err != nil {
		t.Skipf("this kernel gives no notice of pressure: %v", err)
	}
	n, err := startNotifier([]source{s})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	settled(n)

	p, _, m := puppetIn(t, 64*mb)
	if m.Source() != "cgroup v1" {
		t.Skip("a process is in one group of version 2 only; see the next test")
	}
	member(p.pid())
	squeeze(t, p, n)
}

// The same group, listened to as the engine does.
func TestHittingTheLimitWakes(t *testing.T) {
	p, _, m := puppetIn(t, 64*mb)
	n, err := OpenNotifier(m)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	t.Log("listening to", n.Source())
	settled(n)
	squeeze(t, p, n)
}

// squeeze lets a puppet in a group of 64 MB change twice as much of a file as there is room for, until the
// notifier wakes.
func squeeze(t *testing.T, p *puppet, n *Notifier) {
	t.Helper()
	file := fileOnDisk(t, 128*mb)
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := p.try("map", file); err != nil {
				return
			}
			if _, err := p.try("free"); err != nil {
				return
			}
		}
	}()
	wake(t, n, "the group has no room for what its process changes")
	close(stop)
	<-over
}

func TestNoNotificationIsAnErrorThatSaysWhy(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"v2, nothing there": limitedV2("12\n"),
		"v1, nothing there": {
			"proc/self/mountinfo": mountV1, "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.stat": statV1,
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
		},
		"process tree": processFiles(map[string]string{"proc/self/mountinfo": "", "proc/self/cgroup": ""}),
	} {
		m, err := Open(Options{Root: machine(t, files)})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if _, err := OpenNotifier(m, 100); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// v2Group makes a group in whatever version 2 hierarchy is mounted. The function moves a process into it;
// 0 moves the last one out.
func v2Group(t *testing.T) (dir string, member func(pid int)) {
	t.Helper()
	hierarchy, err := findMount("/", v2)
	if err != nil {
		t.Skip("no cgroup v2 is mounted")
	}
	dir, err = os.MkdirTemp(hierarchy.point, "coder1-test-")
	if err != nil {
		t.Skipf("this test needs a cgroup v2 to make groups in (run it as root): %v", err)
	}
	j, last := newJailer(), 0
	home := hierarchy.dir("/", must(ownCgroup(j.options, v2)))
	member = func(pid int) {
		t.Helper()
		to := dir
		if pid == 0 {
			to, pid = home, last
		}
		last = pid
		if err := j.move(to, pid); err != nil {
			t.Skipf("processes may not be moved here: %v", err)
		}
	}
	t.Cleanup(func() {
		left, _ := j.members(dir)
		for _, pid := range left {
			_ = j.move(home, pid)
		}
		if err := (&cell{jailer: j, dir: dir}).remove(); err != nil {
			t.Error(err)
		}
	})
	return dir, member
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

// How much more is charged than the threshold when the wake arrives, while a process touches pages at full
// speed: the time it takes, told in memory.
func BenchmarkWake(b *testing.B) {
	p, g, m := puppetIn(b, 1024*mb)
	if m.Source() != "cgroup v1" {
		b.Skip("usage thresholds are a thing of cgroup v1")
	}
	const threshold = 100 * mb
	n, err := OpenNotifier(m, threshold)
	if err != nil {
		b.Skip(err)
	}
	defer n.Close()
	var over, worst int64
	for b.Loop() {
		b.StopTimer()
		settled(n)
		answered := make(chan error, 1)
		b.StartTimer()
		go func() {
			_, err := p.try("anon", 600)
			answered <- err
		}()
		<-n.C()
		past := max(0, g.Usage()-threshold)
		b.StopTimer()
		over, worst = over+past, max(worst, past)
		if err := <-answered; err != nil {
			b.Fatal(err)
		}
		p.do("free")
		settled(n)
		b.StartTimer()
	}
	b.ReportMetric(float64(over)/float64(b.N)/mb, "MB-past")
	b.ReportMetric(float64(worst)/mb, "worst-MB-past")
}
