package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestCommandPassesThrough(t *testing.T) {
	s, _ := office(t)
	file := t.TempDir() + "/file"
	for _, c := range []struct{ name, script, out, err string }{
		{"output", `run 'echo out; echo err >&2'; echo $?`, "out\n0\n", "err\n"},
		{"input", `echo word | run 'read x; echo "got $x"'; echo $?`, "got word\n0\n", ""},
		{"exit code", `run 'exit 3'; echo $?`, "3\n", ""},
		{"signal", `run 'kill -TERM $$'; echo $?`, "143\n", ""},
		{"crash", `run 'kill -ABRT $$'; echo $?`, "134\n", ""},
		{"not found", `run 'no-such-program 2>/dev/null'; echo $?`, "127\n", ""},
		{"quotes", `run "printf '%s|' 'a  b' \"c'd\""; echo $?`, "a  b|c'd|0\n", ""},
		{"folder and variables", `cd /; X=1 run 'echo "$PWD $X"'`, "/ 1\n", ""},
		{"a shell that agents write for", `SHELL=/bin/sh run 'echo ${BASH_VERSION:+bash}'`, "bash\n", ""},
		{"other open files", `echo word >` + file + `; exec 3<` + file + `; run 'cat <&3'; run 'ls -l /proc/self/fd | grep -c socket'`, "word\n0\n", ""},
		{"order hidden", `run 'echo "[$CODER1_LAUNCH]"'`, "[]\n", ""},
		{"a session of its own", `run 'ps -o sid= -p $$ | grep -c "^ *$$\$"'`, "1\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := agent(t, s, c.script)
			out := readAll(t, p.Stdout())
			wait(t, p)
			if out != c.out || p.Stderr() != c.err {
				t.Errorf("printed %q, %q; want %q, %q", out, p.Stderr(), c.out, c.err)
			}
		})
	}
	eventually(t, "no command is left", func() bool { return len(s.Commands()) == 0 })
}

func TestCommandIsKnown(t *testing.T) {
	s, d := office(t)
	p := agent(t, s, `run 'FOO=secret npm test; read x' & wait`)
	c := running(t, s, 1)[0]
	if want := p.Owner() + "/command/1"; c.Owner() != want || c.ID() != 1 {
		t.Errorf("owner %s, ID %d; want %s", c.Owner(), c.ID(), want)
	}
	if c.Name() != "npm test; read x" || c.Helper() || c.Background() || c.Started().IsZero() {
		t.Errorf("%q, helper %v, background %v, started %v", c.Name(), c.Helper(), c.Background(), c.Started())
	}
	if e, ok := look(c.PID()); !ok || e.session != c.PID() || e.group != c.PID() {
		t.Errorf("its root is %+v", e)
	}
	p.Kill()
	if ended := waitFor(t, "the broker is told", d.ended); ended != c || !isDone(c) {
		t.Error("the broker was told of another command, or too early")
	}
}

func TestHelpersAreKnown(t *testing.T) {
	s, _ := office(t)
	agent(t, s, `AI_AGENT=claude-code_2-1-328_harness run 'sleep 300'`)
	if c := running(t, s, 1)[0]; !c.Helper() {
		t.Error("what the agent's program runs for itself looks as if its model had asked for it")
	}
}

func TestTwoCommandsAtOnce(t *testing.T) {
	s, _ := office(t)
	agent(t, s, `run 'sleep 301' & run 'sleep 302' & wait`)
	two := running(t, s, 2)
	if two[0].ID() == two[1].ID() || two[0].PID() == two[1].PID() || two[0].brand == two[1].brand {
		t.Errorf("not told apart: %v %v", two[0].Owner(), two[1].Owner())
	}
	two[0].Kill("")
	waitFor(t, "the first is done", two[0].Done())
	if isDone(two[1]) || !alive(two[1].root) {
		t.Error("the second went with the first")
	}
}

func TestCommandInACommand(t *testing.T) {
	s, _ := office(t)
	agent(t, s, `run '"$CLAUDE_CODE_SHELL_PREFIX" "sleep 300"; true'`)
	two := running(t, s, 2)
	if outer, inner := two[0], two[1]; inner.Owner() != outer.Owner()+"/command/2" || inner.brand >= outer.brand {
		t.Errorf("%s within %s", inner.Owner(), outer.Owner())
	}
	two[0].Kill("")
	waitFor(t, "the inner command is done", two[1].Done())
}

func TestCommandIsRefused(t *testing.T) {
	s, d := office(t)
	d.begin = func(context.Context, *Command) (Grant, error) {
		return Grant{}, errors.New("no room\ntry again later")
	}
	p := agent(t, s, `run 'echo ran'; echo $?`)
	out := readAll(t, p.Stdout())
	wait(t, p)
	if out != "126\n" || p.Stderr() != "no room\ntry again later\n" {
		t.Errorf("%q, %q", out, p.Stderr())
	}
	if c := waitFor(t, "the broker is told", d.ended); c.PID() != 0 || !isDone(c) {
		t.Error("a refused command ran")
	}
}

func TestAnAgentHasItsShare(t *testing.T) {
	s, d := office(t)
	d.begin = func(ctx context.Context, c *Command) (Grant, error) {
		if c.Name() == "true" {
			<-ctx.Done()
		}
		return Grant{}, nil
	}
	p := agent(t, s, fmt.Sprintf(`i=0; while [ $i -le %d ]; do run true & i=$((i+1)); done; wait`, maxOfAgent))
	eventually(t, "one of them is refused", func() bool { return strings.Contains(p.Stderr(), "Too many commands") })
	if out := readAll(t, agent(t, s, `run 'echo ran'`).Stdout()); out != "ran\n" {
		t.Errorf("another agent's command printed %q", out)
	}
}

func TestCommandWaitsForLeave(t *testing.T) {
	s, d := office(t)
	asked, leave := make(chan *Command), make(chan Grant)
	d.begin = func(_ context.Context, c *Command) (Grant, error) {
		asked <- c
		return <-leave, nil
	}
	p := agent(t, s, `run 'echo ran'`)
	c := waitFor(t, "the broker is asked", asked)
	if len(s.Commands()) != 0 || c.PID() != 0 || !c.Started().IsZero() {
		t.Error("a command ran without leave")
	}
	leave <- Grant{}
	if out := readAll(t, p.Stdout()); out != "ran\n" {
		t.Errorf("then it printed %q", out)
	}
	wait(t, p)
}

func TestWhoWaitsMayGo(t *testing.T) {
	s, d := office(t)
	asked := make(chan *Command)
	d.begin = func(ctx context.Context, c *Command) (Grant, error) {
		asked <- c
		<-ctx.Done()
		return Grant{}, nil // as if leave came just then
	}
	p := agent(t, s, `"$wrapper" 'echo ran' & echo $!; wait; exec sleep 300`)
	c := waitFor(t, "the broker is asked", asked)
	if err := syscall.Kill(pidsIn(t, p)[0].pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if ended := waitFor(t, "the broker is told", d.ended); ended != c || c.PID() != 0 {
		t.Error("the command of a wrapper that was gone ran")
	}
}

func TestGrantHolds(t *testing.T) {
	s, d := office(t)
	d.begin = func(context.Context, *Command) (Grant, error) {
		return Grant{Nice: 11, OOMScoreAdj: 1000, DataLimit: 64 << 20}, nil
	}
	p := agent(t, s, `run 'ulimit -d; cut -d" " -f19 /proc/self/stat; cat /proc/self/oom_score_adj'`)
	if out := readAll(t, p.Stdout()); out != fmt.Sprintln(64<<10)+"11\n1000\n" {
		t.Errorf("limit, nice, score: %q", out)
	}
	p = agent(t, s, `run 'x=$(head -c 200000000 /dev/zero | tr "\0" x); echo "took it"'; echo $?`)
	if out := readAll(t, p.Stdout()); strings.Contains(out, "took it") {
		t.Errorf("it took 200 MB with a limit of 64: %q", out)
	}
	wait(t, p)
}

func TestGrantDoesNotRaise(t *testing.T) {
	s, _ := office(t)
	p, err := s.Start(Spec{Path: "/bin/sh", Args: []string{"-c", `"$CLAUDE_CODE_SHELL_PREFIX" 'cut -d" " -f19 /proc/self/stat; cat /proc/self/oom_score_adj'`},
		Env: Environ(s.CommandEnv()...), Owner: "process/1", Nice: 3, OOMScoreAdj: 500})
	if err != nil {
		t.Fatal(err)
	}
	if out := readAll(t, p.Stdout()); out != "3\n500\n" {
		t.Errorf("nice, score: %q", out)
	}
}

// Without the supervisor, and for whoever is none of its agents, the wrapper is just a shell.
func TestWrapperAlone(t *testing.T) {
	s, _ := office(t)
	for _, env := range []string{shellSocket + "=", shellSocket + "=/no/such/socket", s.CommandEnv()[1]} {
		wrapper := strings.TrimPrefix(s.CommandEnv()[0], shellPrefix+"=")
		cmd := exec.Command(wrapper, `echo "plain in $$"; exit 4`)
		cmd.Env = append(os.Environ(), env)
		out, err := cmd.Output()
		if string(out) != fmt.Sprintf("plain in %d\n", cmd.Process.Pid) || cmd.ProcessState.ExitCode() != 4 {
			t.Errorf("with %s: %q, %v", env, out, err)
		}
	}
}

func TestCommandsAreServedOnce(t *testing.T) {
	s := supervisor(t)
	if s.CommandEnv() != nil {
		t.Error("commands are served unasked")
	}
	if err := errors.Join(s.ServeCommands(&desk{})); err != nil || s.ServeCommands(&desk{}) == nil {
		t.Errorf("once: %v, and twice", err)
	}
	folder := strings.TrimSuffix(strings.TrimPrefix(s.CommandEnv()[0], shellPrefix+"="), "/"+shellName)
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the socket: %v, %v", info, err)
	}
	s.Close()
	if s.CommandEnv() != nil || exists(folder) || s.ServeCommands(&desk{}) == nil {
		t.Error("a closed supervisor serves commands")
	}
}

func TestOwnersByBrand(t *testing.T) {
	s, _ := office(t)
	if !s.Branding() {
		t.Skip("no brands here")
	}
	p := agent(t, s, `run '(env -i setsid sh -c "echo \$\$; exec sleep 300") & exec sleep 300'`)
	hidden := pidsIn(t, p)[0]
	c := running(t, s, 1)[0]
	for _, x := range []struct {
		pid   int
		owner string
	}{{p.PID(), p.Owner()}, {c.PID(), c.Owner()}, {hidden.pid, c.Owner()}, {os.Getpid(), ""}, {0, ""}, {-1, ""}} {
		owner, ours := s.OwnerByBrand(x.pid)
		if owner != x.owner || ours != (x.owner != "") {
			t.Errorf("process %d: %q, %v; want %q", x.pid, owner, ours, x.owner)
		}
	}
	if n := testing.AllocsPerRun(100, func() { s.OwnerByBrand(hidden.pid) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	s.system.owners.remove(c.brand)
	if owner, ours := s.OwnerByBrand(hidden.pid); owner != "" || !ours {
		t.Errorf("of a tree that is not known: %q, %v", owner, ours)
	}
	if !slices.Contains(s.Members(), hidden.pid) {
		t.Error("the command's child is no member")
	}
}

// A wrapper waits as long as its command runs, so its memory counts.
func TestWrapperIsLight(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's own memory would be measured: run without -race")
	}
	const most = 4 << 10 // KB
	s, _ := office(t)
	p := agent(t, s, `"$wrapper" 'sleep 300' & echo $! >&2; wait`)
	running(t, s, 1)
	pid := wrapperOf(t, p)
	eventually(t, "the wrapper waits", func() bool { return state(pid) == 'S' })
	if anon := ownMemory(t, pid); anon == 0 || anon > most {
		t.Errorf("a wrapper takes %d KB, more than %d", anon, most)
	}
}

func BenchmarkCommand(b *testing.B) {
	s, err := NewSupervisor(Options{ID: fmt.Sprint("bench-", os.Getpid())})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.ServeCommands(&desk{}); err != nil {
		b.Fatal(err)
	}
	p, err := s.Start(Spec{Path: "/bin/sh", Args: []string{"-c", `while read x; do "$CLAUDE_CODE_SHELL_PREFIX" true; echo; done`},
		Env: Environ(s.CommandEnv()...), Owner: "process/1"})
	if err != nil {
		b.Fatal(err)
	}
	answer := make([]byte, 1)
	for b.Loop() {
		if _, err := p.Stdin().Write([]byte("\n")); err != nil {
			b.Fatal(err)
		}
		if _, err := p.Stdout().Read(answer); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheWrapperIsTheProgramThatIsGiven(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir() + "/other"
	if err := os.Symlink(self, other); err != nil {
		t.Fatal(err)
	}
	s, err := NewSupervisor(Options{Self: other, ID: uniqueID(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.ServeCommands(&desk{}); err != nil {
		t.Fatal(err)
	}
	_, prefix, _ := strings.Cut(s.CommandEnv()[0], "=")
	if link, err := os.Readlink(prefix); err != nil || link != other {
		t.Errorf("the wrapper is %q, %v", link, err)
	}
}
