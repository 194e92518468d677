package process

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Ways of a program to get away from whoever started it. Each script prints the pid of a process that wants
// to go on for five minutes.
var escapes = map[string]string{
	"child":                `sleep 300 & echo $!; wait`,
	"orphan":               `sh -c 'sleep 300 & echo $!'; exec sleep 300`,
	"own session":          `setsid sh -c 'echo $$; exec sleep 300' & exec sleep 300`,
	"daemon":               `(setsid sh -c '(setsid sh -c "echo \$\$; exec sleep 300") &' &); exec sleep 300`,
	"daemon, no env":       `(env -i setsid sh -c '(setsid sh -c "echo \$\$; exec sleep 300") &' &); exec sleep 300`,
	"ignores signals":      `(trap "" TERM INT HUP; setsid sh -c 'echo $$; exec sleep 300') & exec sleep 300`,
	"stopped":              `setsid sh -c 'echo $$; kill -STOP $$; exec sleep 300' & exec sleep 300`,
	"root is gone already": `setsid sh -c 'echo $$; exec sleep 300' & sleep 0.1`,
}

func TestKillReachesAll(t *testing.T) {
	s := supervisor(t)
	for name, script := range escapes {
		t.Run(name, func(t *testing.T) {
			p := shell(t, s, script)
			all := append(pidsIn(t, p), p.root)
			p.Kill()
			wait(t, p)
			for _, id := range all {
				if listed(id) {
					t.Errorf("process %d is left in state %c", id.pid, state(id.pid))
				}
			}
		})
	}
}

func TestOwnExitTakesTheRest(t *testing.T) {
	p := shell(t, supervisor(t), `(setsid sh -c '(setsid sh -c "echo \$\$; exec sleep 300") &' &) ; read x`)
	daemon := pidsIn(t, p)[0]
	p.Stdin().Close()
	wait(t, p)
	if listed(daemon) {
		t.Error("a daemon outlived the process that it belongs to")
	}
}

// A tree that makes orphans in sessions of their own as fast as it can.
func TestKillOutrunsForks(t *testing.T) {
	p := shell(t, supervisor(t), `echo $$; i=0; while [ $i -lt 3000 ]; do (setsid sleep 300 &); i=$((i+1)); done; exec sleep 300`)
	pidsIn(t, p)
	eventually(t, "twenty orphans", func() bool { return len(p.supervisor.Members()) > 20 })
	p.Kill()
	wait(t, p)
	if left := leftovers(t, p.supervisor.id); len(left) > 0 {
		t.Errorf("%d processes are left", len(left))
	}
}

func TestKillSparesOthers(t *testing.T) {
	s := supervisor(t)
	victim, other := shell(t, s, escapes["daemon"]), shell(t, s, escapes["daemon"])
	theirs := append(pidsIn(t, other), other.root)
	pidsIn(t, victim)
	victim.Kill()
	wait(t, victim)
	for _, id := range theirs {
		if !alive(id) {
			t.Errorf("process %d of %s was killed with %s", id.pid, other.Owner(), victim.Owner())
		}
	}
}

func TestOwnerOf(t *testing.T) {
	s := supervisor(t)
	p := shell(t, s, `(env -i setsid sh -c '(setsid sh -c "echo \$\$; exec sleep 300") &' &); exec sleep 300`)
	q := shell(t, s, fmt.Sprintf(`export %s="$%s/tool/5"; sleep 300 & echo $!; wait`, markerName, markerName))
	liar := shell(t, s, fmt.Sprintf(`%s=%s:%s/tool/5 sleep 300 & echo $!; wait`, markerName, s.id, p.Owner()))
	for _, c := range []struct {
		id   identity
		want string
	}{{p.root, p.Owner()}, {pidsIn(t, p)[0], p.Owner()}, {pidsIn(t, q)[0], q.Owner() + "/tool/5"},
		{pidsIn(t, liar)[0], liar.Owner()}} {
		eventually(t, "process "+fmt.Sprint(c.id.pid)+" is of "+c.want, func() bool {
			owner, ok := s.OwnerOf(c.id.pid)
			return ok && owner == c.want
		})
	}
	if owner, ok := s.OwnerOf(os.Getpid()); ok {
		t.Errorf("we are said to belong to %s", owner)
	}
}

// server starts the test binary as a server that runs the scripts, and names all processes that it has: the
// server itself, and what it started.
func server(t *testing.T, id string, scripts ...string) (*exec.Cmd, []identity) {
	t.Helper()
	cmd := exec.Command(os.Args[0], scripts...)
	cmd.Env = append(os.Environ(), roleServer+"="+id)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var all []identity
	for range len(scripts) + 1 {
		var root, child string
		if _, err := fmt.Fscanln(out, &root, &child); err != nil {
			t.Fatal(err)
		}
		all = append(all, living(t, root))
		if child != "guard" {
			all = append(all, living(t, child))
		}
	}
	return cmd, all
}

// allEscapes are the scripts whose processes go on until they are killed.
func allEscapes() (scripts []string) {
	for name, script := range escapes {
		if name != "root is gone already" {
			scripts = append(scripts, script)
		}
	}
	return scripts
}

func TestNoOrphansAfterKill9(t *testing.T) {
	cmd, all := server(t, uniqueID(t), allEscapes()...)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		eventually(t, fmt.Sprintf("process %d is gone", id.pid), func() bool { return !alive(id) })
	}
}

func TestGuardOutlivesTheTerminalsSignals(t *testing.T) {
	cmd, all := server(t, uniqueID(t), escapes["child"])
	guard := all[len(all)-1]
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if err := syscall.Kill(guard.pid, sig); err != nil {
			t.Fatal(err)
		}
	}
	// To a terminal's whole foreground group, the server with it. Not SIGINT, which test runners ignore.
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		eventually(t, fmt.Sprintf("process %d is gone", id.pid), func() bool { return !alive(id) })
	}
}

func TestNextStartSweeps(t *testing.T) {
	id := uniqueID(t)
	cmd, all := server(t, id, allEscapes()...)
	guard := all[len(all)-1]
	// The server must not see that its guard is gone.
	for _, kill := range []struct {
		pid int
		sig syscall.Signal
	}{{cmd.Process.Pid, syscall.SIGSTOP}, {guard.pid, syscall.SIGKILL}, {cmd.Process.Pid, syscall.SIGKILL}} {
		if err := syscall.Kill(kill.pid, kill.sig); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Wait()
	if !alive(all[1]) {
		t.Fatal("nothing is left to be swept")
	}
	s, err := NewSupervisor(Options{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range all {
		if alive(id) {
			t.Errorf("process %d survived the sweep", id.pid)
		}
	}
}

// A guard that is slow to kill what its server left must not kill what the next one starts.
func TestNextStartEndsTheLastGuard(t *testing.T) {
	id := uniqueID(t)
	cmd, all := server(t, id, escapes["child"])
	guard := all[len(all)-1]
	if err := syscall.Kill(guard.pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	s, err := NewSupervisor(Options{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if alive(guard) || guardPID(s) == guard.pid {
		t.Error("the last guard is still there")
	}
}

func TestGuardIsReplaced(t *testing.T) {
	s := supervisor(t)
	first := guardPID(s)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "there is another guard", func() bool { return guardPID(s) != first })
}

func TestCloseEndsEverything(t *testing.T) {
	warm := supervisor(t) // what Go itself starts once and keeps
	wait(t, shell(t, warm, "exit 0"))
	warm.Close()
	goroutines, files := runtime.NumGoroutine(), openFiles(t)

	s := supervisor(t)
	for _, script := range escapes {
		pidsIn(t, shell(t, s, script))
	}
	guard := living(t, fmt.Sprint(guardPID(s)))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if left := leftovers(t, s.id); len(left) > 0 || listed(guard) {
		t.Errorf("left: %d processes, guard %v", len(left), listed(guard))
	}
	if _, err := s.Start(Spec{Path: "/bin/true", Owner: "process/1"}); err == nil {
		t.Error("a closed supervisor started a program")
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
	runtime.GC() // outputs that nobody read to their end
	eventually(t, "no file is left open", func() bool { runtime.GC(); return openFiles(t) <= files })
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func leftovers(t *testing.T, id string) []entry {
	t.Helper()
	left, err := members(anyOf(id))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// Orphans that end by themselves are collected, however many, while others' children are not.
func TestOrphansAreCollected(t *testing.T) {
	s := supervisor(t)
	p := shell(t, s, `i=0; while [ $i -lt 100 ]; do (true & ); i=$((i+1)); done; echo done; read x`)
	firstLine(p)
	theirs := exec.Command("/bin/true")
	if err := theirs.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "none but theirs is left uncollected", func() bool {
		dead := deadChildren()
		return len(dead) == 1 && dead[0].pid == theirs.Process.Pid
	})
	s.system.reaper.collect()
	if err := theirs.Wait(); err != nil {
		t.Errorf("the child of somebody else: %v", err)
	}
}

// The guard is there all the time, so its memory counts: what it has for itself, without the pages of the
// program that it shares with the server.
func TestGuardIsLight(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own memory would be measured: run without -race")
	}
	const most = 4 << 10 // KB; the program that these tests are takes under 1 MB
	s := supervisor(t)
	eventually(t, "the guard waits", func() bool { return state(guardPID(s)) == 'S' })
	if anon := ownMemory(t, guardPID(s)); anon == 0 || anon > most {
		t.Errorf("the guard takes %d KB, more than %d", anon, most)
	}
}

// ownMemory is what a process has for itself, in KB.
func ownMemory(t *testing.T, pid int) (anon int) {
	t.Helper()
	for line := range strings.Lines(procFile(t, pid, "status")) {
		fmt.Sscanf(line, "RssAnon: %d kB", &anon)
	}
	t.Logf("%d KB", anon)
	return anon
}

// Where the system knows no brand, all is as before but for programs that hide their origin.
func TestWithoutBrands(t *testing.T) {
	s := supervisor(t)
	s.system.branding = false
	for name, script := range escapes {
		if name == "daemon, no env" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			p := shell(t, s, script)
			child := pidsIn(t, p)[0]
			eventually(t, "the process is among the members", func() bool { return slices.Contains(s.Members(), child.pid) })
			p.Kill()
			wait(t, p)
			if listed(child) {
				t.Errorf("process %d is left", child.pid)
			}
		})
	}
}
