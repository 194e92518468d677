package memory

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fakeProcess writes what the tree reads of a process; memory is in pages.
type fakeProcess struct {
	pid, parent int
	name        string
	size        int // of the address space; 0: one that fits
	resident    int
	shared      int
	started     int
}

func (p fakeProcess) write(t testing.TB, root string) {
	dir := filepath.Join(root, "proc", strconv.Itoa(p.pid))
	write(t, filepath.Join(dir, "stat"), fmt.Sprintf("%d (%s) S %d 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0", p.pid, p.name, p.parent, p.started))
	if p.size == 0 {
		p.size = 1000
	}
	write(t, filepath.Join(dir, "statm"), fmt.Sprintf("%d %d %d 0 0 0 0\n", p.size, p.resident, p.shared))
	write(t, filepath.Join(dir, "status"), fmt.Sprintf("Name:\t%s\nRssFile:\t 4 kB\nRssShmem:\t%8d kB\n", p.name, 8))
}

func family(t testing.TB) string {
	root := machine(t, map[string]string{"proc/self/x": ""})
	for _, p := range []fakeProcess{
		{1, 0, "init", 0, 10, 5, 0},
		{10, 1, "server", 0, 100, 40, 5},
		{11, 10, "agent (x) y", 0, 300, 200, 6},
		{12, 10, "agent (x) y", 0, 350, 210, 7},
		{9, 12, "npm", 0, 50, 10, 9}, // a low number, but younger than its parent
		{20, 1, "stranger", 0, 500, 0, 8},
		{21, 20, "its child", 0, 500, 0, 9},
		{30, 1, "escaped", 0, 70, 10, 8},
		{31, 30, "its child", 0, 80, 10, 9},
	} {
		p.write(t, root)
	}
	return root
}

// listing is what a scan found, in short.
func listing(t testing.TB, tree *Tree) string {
	t.Helper()
	all, err := tree.Scan()
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, p := range all {
		words = append(words, fmt.Sprintf("%d:%s<%d=%d", p.PID, p.Name, p.Parent, p.Anon/int64(os.Getpagesize())))
	}
	return strings.Join(words, " ")
}

func expect(t testing.TB, tree *Tree, want string) {
	t.Helper()
	if got := listing(t, tree); got != want {
		t.Errorf("found %s\n want %s", got, want)
	}
}

func TestTreeFollowsParents(t *testing.T) {
	root := family(t)
	tree := newTree(root, 10, nil)
	expect(t, tree, "10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140 9:npm<12=40")

	page := int64(os.Getpagesize())
	m := treeMeter{tree: tree, files: map[string]int64{}}
	var r Reading
	if err := m.Read(&r); err != nil || r.Used/page != 340+40+210+10 || r.Pinned/page != 340 {
		t.Errorf("used %d pages, pinned %d, error %v", r.Used/page, r.Pinned/page, err)
	}
}

// The owner function finds those that are not below the top one, and their children come along.
func TestTreeAsksWhoseAProcessIs(t *testing.T) {
	root, asked := family(t), map[int]int{}
	owner := func(pid int) (string, bool) {
		asked[pid]++
		return map[int]string{11: "process/1", 30: "process/2"}[pid], pid == 11 || pid == 30
	}
	tree := newTree(root, 10, owner)
	for range recheck - 1 {
		expect(t, tree, "10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140 30:escaped<1=60 9:npm<12=40 31:its child<30=70")
	}
	owners := map[int]string{}
	for _, p := range tree.all {
		owners[p.PID] = p.Owner
	}
	if fmt.Sprint(owners) != "map[9: 10: 11:process/1 12: 30:process/2 31:]" {
		t.Errorf("owners %v", owners)
	}
	if asked[30] > 2 || asked[20] > 2 || asked[10] != 0 || asked[12] < recheck-1 {
		t.Errorf("asked %v: now and then about strangers and whom we know, always about ours without an owner", asked)
	}
}

// A process may be seen in the moment before it gets an owner of its own, which it does as another program.
func TestTreeAsksAgainWhoseAnotherProgramIs(t *testing.T) {
	root, of := family(t), "process/1"
	owner := func(pid int) (string, bool) { return of, pid == 11 && of != "" }
	tree := newTree(root, 10, owner)
	for _, step := range []struct {
		owner, want string
		size        int
	}{{"process/1", "process/1", 1000}, {"process/1/command/1", "process/1", 1000}, {"process/1/command/1", "process/1/command/1", 1200}, {"", "process/1/command/1", 1300}} {
		of = step.owner
		fakeProcess{11, 10, "agent", step.size, 300, 200, 6}.write(t, root)
		if _, err := tree.Scan(); err != nil {
			t.Fatal(err)
		}
		if got := tree.known[11].Owner; got != step.want {
			t.Errorf("with %+v it is %q's", step, got)
		}
	}
}

func TestSharedMemoryIsSplitOnlyWhenAsked(t *testing.T) {
	tree := newTree(family(t), 10, nil)
	all, err := tree.Scan()
	if err != nil {
		t.Fatal(err)
	}
	p := all[0]
	for range 2 { // twice makes no difference
		tree.SplitShared(&p)
		if p.Shmem != 8<<10 || p.File != 40*int64(os.Getpagesize())-8<<10 || all[0].Shmem != 0 {
			t.Errorf("%+v", p)
		}
	}
}

// Everything that can happen to a process between two scans.
func TestTreeNoticesChanges(t *testing.T) {
	before := "10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140 9:npm<12=40"
	for _, tc := range []struct {
		name   string
		change func(root string)
		after  string
	}{
		{"it grew", func(root string) { fakeProcess{11, 10, "agent (x) y", 2000, 900, 200, 6}.write(t, root) },
			"10:server<1=60 11:agent (x) y<10=700 12:agent (x) y<10=140 9:npm<12=40"},
		{"it runs another program", func(root string) { fakeProcess{11, 10, "node", 3000, 310, 200, 6}.write(t, root) },
			"10:server<1=60 11:node<10=110 12:agent (x) y<10=140 9:npm<12=40"},
		{"its parent died and the top one got it", func(root string) {
			os.RemoveAll(filepath.Join(root, "proc/12"))
			fakeProcess{9, 10, "npm", 0, 50, 10, 9}.write(t, root)
		}, "10:server<1=60 11:agent (x) y<10=100 9:npm<10=40"},
		{"its parent died and init got it", func(root string) {
			os.RemoveAll(filepath.Join(root, "proc/12"))
			fakeProcess{9, 1, "npm", 0, 50, 10, 9}.write(t, root)
		}, "10:server<1=60 11:agent (x) y<10=100 9:npm<1=40"},
		{"it is a zombie", func(root string) { write(t, filepath.Join(root, "proc/9/statm"), "0 0 0 0 0 0 0\n") },
			"10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140"},
		{"it goes while we look", func(root string) { os.Remove(filepath.Join(root, "proc/9/statm")) },
			"10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140"},
		{"a stranger gets its number", func(root string) { replace(t, root, fakeProcess{9, 1, "cron", 0, 5, 0, 99}) },
			"10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140"},
		{"one of ours gets a stranger's number", func(root string) { replace(t, root, fakeProcess{20, 9, "sh", 0, 5, 0, 99}) },
			before + " 20:sh<9=5"},
		{"its parent's number goes to a younger process of ours", func(root string) {
			replace(t, root, fakeProcess{12, 11, "sh", 0, 5, 0, 99})
			fakeProcess{9, 1, "npm", 0, 50, 10, 9}.write(t, root)
		}, "10:server<1=60 11:agent (x) y<10=100 9:npm<1=40 12:sh<11=5"},
		{"a chain of new ones", func(root string) {
			fakeProcess{41, 42, "c", 0, 1, 0, 12}.write(t, root)
			fakeProcess{42, 43, "b", 0, 1, 0, 11}.write(t, root)
			fakeProcess{43, 11, "a", 0, 1, 0, 10}.write(t, root)
		}, before + " 43:a<11=1 42:b<43=1 41:c<42=1"},
		{"a circle", func(root string) {
			fakeProcess{41, 42, "c", 0, 1, 0, 12}.write(t, root)
			fakeProcess{42, 41, "b", 0, 1, 0, 11}.write(t, root)
		}, before},
		{"a parent that we may not see", func(root string) { fakeProcess{41, 999, "c", 0, 1, 0, 12}.write(t, root) }, before},
		{"the top one is gone", func(root string) { os.RemoveAll(filepath.Join(root, "proc/10")) },
			"11:agent (x) y<10=100 12:agent (x) y<10=140 9:npm<12=40"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := family(t)
			tree := newTree(root, 10, nil)
			defer tree.Close()
			expect(t, tree, before)
			tc.change(root)
			expect(t, tree, tc.after)
			for range maxTries {
				expect(t, tree, tc.after)
			}
			for _, m := range tree.known {
				if m.kin == unknown {
					t.Errorf("%s is still unknown", m.Name)
				}
			}
		})
	}
}

// replace gives a number to another process, whose folder is another one.
func replace(t testing.TB, root string, p fakeProcess) {
	aside := t.TempDir()
	p.write(t, aside)
	old := filepath.Join(root, "proc", strconv.Itoa(p.pid))
	if err := os.Rename(old, filepath.Join(t.TempDir(), "old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(aside, "proc", strconv.Itoa(p.pid)), old); err != nil {
		t.Fatal(err)
	}
}

// A name that changes with nothing else, and a number that goes to another process in the same folder, are
// found when it is the process's turn.
func TestTreeReadsEverythingAgainNowAndThen(t *testing.T) {
	root := family(t)
	tree := newTree(root, 10, nil)
	before := listing(t, tree)
	fakeProcess{11, 10, "renamed", 0, 300, 200, 6}.write(t, root)
	fakeProcess{9, 1, "cron", 0, 50, 10, 99}.write(t, root)
	for range recheck + 1 {
		if listing(t, tree) == "10:server<1=60 11:renamed<10=100 12:agent (x) y<10=140" {
			return
		}
	}
	t.Errorf("still %s after %s", listing(t, tree), before)
}

// A child that is about to become another program has its parent's memory until then. It is counted once.
func TestLentMemoryIsCountedOnce(t *testing.T) {
	root := family(t)
	fakeProcess{40, 12, "agent (x) y", 0, 350, 210, 9}.write(t, root)
	tree := newTree(root, 10, nil)
	tree.lends = func(parent, child int) bool { return parent == 12 && child == 40 }
	expect(t, tree, "10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140 9:npm<12=40 40:agent (x) y<12=0")
	fakeProcess{40, 12, "sh", 900, 30, 20, 9}.write(t, root)
	expect(t, tree, "10:server<1=60 11:agent (x) y<10=100 12:agent (x) y<10=140 9:npm<12=40 40:sh<12=10")
}

func TestWhoSharesMemory(t *testing.T) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	p := newPuppet(t)
	p.do("anon", 1)
	for _, thread := range threads {
		tid, _ := strconv.Atoi(thread.Name())
		if !sharesMemory(os.Getpid(), tid) {
			t.Errorf("thread %d does not share its process's memory", tid)
		}
	}
	if sharesMemory(os.Getpid(), p.pid()) {
		t.Error("a child that is another program shares our memory")
	}
}
