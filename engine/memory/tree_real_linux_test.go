package memory

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// double starts a program that is nobody's child at once: its parent ends. It ends when its input does.
func double(t *testing.T) (orphan int) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `cat <&3 >/dev/null 2>&1 & echo $!`)
	cmd.ExtraFiles = []*os.File{r}
	out, err := cmd.Output()
	r.Close()
	if err != nil {
		t.Fatal(err)
	}
	if orphan, err = strconv.Atoi(strings.TrimSpace(string(out))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		_, _ = syscall.Wait4(orphan, nil, 0, nil) // ours only where we are its subreaper
	})
	return orphan
}

// find looks for a process in a scan.
func find(t testing.TB, tree *Tree, pid int) (Process, bool) {
	t.Helper()
	all, err := tree.Scan()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.PID == pid {
			return p, true
		}
	}
	return Process{}, false
}

func subreaper(t *testing.T, on uintptr) {
	const prSetChildSubreaper = 36 // prctl(2)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, on, 0); errno != 0 {
		t.Fatal(errno)
	}
}

func TestAnOrphanOfOursIsFoundAsSubreaper(t *testing.T) {
	subreaper(t, 1)
	defer subreaper(t, 0)
	tree := NewTree(os.Getpid())
	defer tree.Close()
	orphan := double(t)
	if p, ok := find(t, tree, orphan); !ok || p.Parent != os.Getpid() || p.Anon <= 0 || p.Started == 0 {
		t.Errorf("found %v: %+v", ok, p)
	}
}

func TestAnOrphanOfOthersIsFoundByItsOwner(t *testing.T) {
	orphan := double(t)
	if _, ok := find(t, NewTree(os.Getpid()), orphan); ok {
		t.Skip("orphans come to us here")
	}
	owned := NewOwnedTree(os.Getpid(), func(pid int) (string, bool) { return "terminal/1", pid == orphan })
	defer owned.Close()
	if p, ok := find(t, owned, orphan); !ok || p.Owner != "terminal/1" {
		t.Errorf("found %v: %+v", ok, p)
	}
}

func TestNamesFollowExec(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "read x; echo; exec cat")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		in.Close()
		_ = cmd.Wait()
	}()
	tree, pid := NewTree(os.Getpid()), cmd.Process.Pid
	first, _ := find(t, tree, pid)
	fmt.Fprintln(in)
	answers := bufio.NewReader(out)
	_, _ = answers.ReadString('\n')
	fmt.Fprintln(in, "now it is cat") // which repeats it once it runs
	if line, err := answers.ReadString('\n'); err != nil || line != "now it is cat\n" {
		t.Fatal(line, err)
	}
	if p, _ := find(t, tree, pid); first.Name != "sh" || p.Name != "cat" || p.Started != first.Started {
		t.Errorf("%+v then %+v", first, p)
	}
}

// leaderless starts a puppet whose first thread has ended.
func leaderless(t *testing.T) *puppet {
	t.Helper()
	p := startPuppet(t, exec.CommandContext(t.Context(), os.Args[0]), "leaderless")
	p.do("anon", 0)
	return p
}

// The first thread of a process may end before the others. The kernel then shows the process as a zombie
// without memory, which it is not.
func TestAProcessWithoutItsFirstThread(t *testing.T) {
	p := leaderless(t)
	p.do("anon", 60)
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.pid())); err != nil || !strings.HasPrefix(string(text), "0 ") {
		t.Skipf("the first thread has not ended: %s %v", text, err)
	}
	if found, ok := find(t, NewTree(os.Getpid()), p.pid()); !ok || found.Anon < 60*mb {
		t.Errorf("found %v: %+v", ok, found)
	}
}

func TestAZombieIsNotListed(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "cat")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	_, err := out.Read(make([]byte, 1)) // the end: cat has closed its output
	for state := ""; err != nil && state != "Z"; {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		state = strings.Fields(string(stat))[2]
	}
	if p, ok := find(t, NewTree(os.Getpid()), cmd.Process.Pid); ok {
		t.Errorf("%+v", p)
	}
	_ = cmd.Wait()
}

// Processes come and go while the tree is scanned, hundreds of them; nothing is kept of them.
func TestShortLivedProcesses(t *testing.T) {
	tree := NewTree(os.Getpid())
	defer tree.Close()
	done := make(chan error, 1)
	go func() {
		var err error
		for range 300 {
			err = errors.Join(err, exec.Command("true").Run())
		}
		done <- err
	}()
	scans := 0
	for {
		all, err := tree.Scan()
		if err != nil || len(all) == 0 || all[0].PID != os.Getpid() {
			t.Fatal(all, err)
		}
		scans++
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			if all, err := tree.Scan(); err != nil || len(all) != 1 || len(tree.ours) != 1 {
				t.Errorf("%v left after %d scans, %v", all, scans, err)
			}
			return
		default:
		}
	}
}

func TestWrittenCountsWhatAProcessWrote(t *testing.T) {
	before := Written(os.Getpid())
	fill(t, t.TempDir()+"/file", 3)
	if wrote := Written(os.Getpid()) - before; wrote < 3*mb || wrote > 4*mb {
		t.Errorf("wrote %d MB, want 3", wrote/mb)
	}
	if Written(1<<30) != 0 {
		t.Error("nobody wrote something")
	}
}
