package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"coder1/engine/process"
)

var number atomic.Int64

// theatre is a set of terminals with real programs.
type theatre struct {
	*Set
	t   testing.TB
	dir string
}

func open(t testing.TB) *theatre {
	t.Helper()
	s, err := process.NewSupervisor(process.Options{ID: fmt.Sprintf("test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "terminals")
	set, err := Open(s, dir, 50_000, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		set.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%d files were left behind, %v", len(left), err)
		}
	})
	return &theatre{set, t, dir}
}

func (o *theatre) spec(command ...string) Spec {
	n := number.Add(1)
	return Spec{ID: fmt.Sprint("t", n), Number: int(n), Dir: o.t.TempDir(), Command: command, Shell: "/bin/bash", Size: Size{80, 24},
		Owner: fmt.Sprint("terminal/", n)}
}

func (o *theatre) start(command ...string) *Terminal {
	o.t.Helper()
	term, err := o.Start(o.spec(command...))
	if err != nil {
		o.t.Fatal(err)
	}
	return term
}

// script runs a shell script.
func (o *theatre) script(text string) *Terminal { return o.start("/bin/bash", "--norc", "-c", text) }

// see reads until the output ends with a text, which it returns.
func see(t testing.TB, v *Viewer, end string) string {
	t.Helper()
	var all []byte
	for !bytes.HasSuffix(all, []byte(end)) {
		all = append(all, read(t, v, 1)...)
	}
	return string(all)
}

// ending waits for the end, and returns it with the output before.
func ending(t testing.TB, v *Viewer) (string, Exit) {
	t.Helper()
	var all []byte
	buf := make([]byte, 64<<10)
	dead := time.After(deadMan)
	for {
		e, ok := v.Next(buf)
		switch {
		case !ok:
			select {
			case <-v.C():
			case <-dead:
				t.Fatalf("it does not end; it said %.2000q", all)
			}
		case e.Kind == Output:
			all = append(all, buf[:e.N]...)
			v.Ack(int64(e.N))
		case e.Kind == Exited:
			return string(all), e.Exit
		case e.Kind == Gone:
			t.Fatal(e.Err)
		}
	}
}

func TestAProgramSeesItsSize(t *testing.T) {
	o := open(t)
	term := o.script(`trap 'stty size' WINCH; stty size; while :; do sleep 0.01; done`)
	v := attach(t, term, 0)
	see(t, v, "24 80\r\n")
	if err := v.Resize(Size{132, 50}); err != nil {
		t.Fatal(err)
	}
	see(t, v, "50 132\r\n")
}

func TestEnds(t *testing.T) {
	o := open(t)
	for script, want := range map[string]Exit{
		"exit 0":        {},
		"exit 42":       {Code: 42},
		"kill -SEGV $$": {Code: -1, Signal: "SEGV"},
		"kill -KILL $$": {Code: -1, Signal: "KILL"},
	} {
		if _, got := ending(t, attach(t, o.script(script), 0)); got != want {
			t.Errorf("%s: %+v, want %+v", script, got, want)
		}
	}
}

func TestSignals(t *testing.T) {
	o := open(t)
	for _, name := range []string{"INT", "TERM", "HUP", "QUIT", "KILL"} {
		term := o.script(`ulimit -c 0; set -m; sh -c 'echo ready; exec sleep 300'; echo "status $?"; exit 5`)
		v := attach(t, term, 0)
		see(t, v, "ready\r\n")
		if err := term.Signal(name); err != nil {
			t.Fatal(err)
		}
		out, exit := ending(t, v)
		want := fmt.Sprintf("status %d\r\n", 128+int(signals[name]))
		if interrupted := name == "INT" && exit.Code == 130; !interrupted && (!strings.Contains(out, want) || exit.Code != 5) {
			t.Errorf("after %s: %q, %+v; want %q", name, out, exit, want) // a script goes with what was interrupted
		}
		if err := term.Signal("INT"); !errors.Is(err, ErrExited) {
			t.Errorf("signalled after its end: %v", err)
		}
	}
	term := o.script(`set -m; bash --norc -c 'echo ready; read x; echo "heard $x"'; echo "status $?"; fg >/dev/null; exit`)
	v := attach(t, term, 0)
	see(t, v, "ready\r\n")
	if err := term.Signal("TSTP"); err != nil {
		t.Fatal(err)
	}
	see(t, v, "status 148\r\n")
	v.Write([]byte("you\n"))
	if out, _ := ending(t, v); !strings.Contains(out, "heard you") {
		t.Errorf("after it was brought back: %q", out)
	}
	for _, bad := range []string{"", "STOP", "int", "9", "SIGINT"} {
		if err := term.Signal(bad); !errors.Is(err, ErrSignal) {
			t.Errorf("signal %q: %v", bad, err)
		}
	}
}

func TestTheShellIsALoginShellWithACleanEnvironment(t *testing.T) {
	t.Setenv("ANTHROPIC_API_KEY", "secret")
	t.Setenv("CODER1_TOKEN", "secret")
	t.Setenv("LC_ALL", "")
	t.Setenv("LANG", "C")
	o := open(t)
	spec := o.spec()
	spec.Env = []string{"NODE_OPTIONS=--max-old-space-size=400"}
	term, err := o.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	v := attach(t, term, 0)
	v.Write([]byte("shopt login_shell; env; locale charmap; exit 3\n"))
	out, exit := ending(t, v)
	for _, want := range []string{"login_shell    \ton", "TERM=xterm-256color", "COLORTERM=truecolor", "SHELL=/bin/bash", "LANG=C.UTF-8", "NODE_OPTIONS=--max-old-space-size=400", "\nUTF-8"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %q", want, out)
		}
	}
	if strings.Contains(out, "secret") || exit.Code != 3 {
		t.Errorf("%+v, and it knows %q", exit, out)
	}
}

func TestALocaleOfUTF8(t *testing.T) {
	for _, c := range []struct{ all, ctype, lang, want string }{
		{"", "", "", "LANG=C.UTF-8"},
		{"", "", "de_DE.UTF-8", ""},
		{"", "", "de_DE@euro", "LANG=C.UTF-8"},
		{"", "C.utf8", "C", ""},
		{"", "POSIX", "de_DE.UTF-8", "LC_CTYPE=C.UTF-8"},
		{"C", "C.UTF-8", "C.UTF-8", "LC_ALL=C.UTF-8"},
		{"ja_JP.utf8@x", "C", "C", ""},
	} {
		got := locale(func(name string) string {
			return map[string]string{"LC_ALL": c.all, "LC_CTYPE": c.ctype, "LANG": c.lang}[name]
		})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestShells(t *testing.T) {
	t.Setenv("SHELL", "/usr/sbin/nologin")
	if got := Shell(""); filepath.Base(got) != "bash" {
		t.Errorf("without a shell of the account's it is %s", got)
	}
	t.Setenv("SHELL", "/bin/sh")
	if got := Shell(""); got != "/bin/sh" {
		t.Errorf("of $SHELL it is %s", got)
	}
	if got := Shell("/opt/fish"); got != "/opt/fish" {
		t.Errorf("chosen, it is %s", got)
	}
}

// Terminals of one program in one workspace have titles of their own.
func TestTitlesTellTerminalsApart(t *testing.T) {
	o := open(t)
	in := func(workspace, title string) *Terminal {
		t.Helper()
		spec := o.spec("cat")
		spec.Workspace, spec.Title = workspace, title
		term, err := o.Start(spec)
		if err != nil {
			t.Fatal(err)
		}
		return term
	}
	first, other, second := in("a", ""), in("b", ""), in("a", "")
	named, third := in("a", "cat 3"), in("a", " ")
	if err := o.Delete(first.ID()); err != nil {
		t.Fatal(err)
	}
	again := in("a", "")
	if err := errors.Join(third.Rename("log"), third.Rename("")); err != nil {
		t.Fatal(err)
	}
	for term, want := range map[*Terminal]string{first: "cat", other: "cat", second: "cat 2", named: "cat 3", third: "cat 4", again: "cat"} {
		if got := term.Info().Title; got != want {
			t.Errorf("terminal %d is %q, want %q", term.Number(), got, want)
		}
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	leaks(t)
	o := open(t)
	for want, change := range map[error]func(*Spec){
		ErrSize:  func(s *Spec) { s.Size = Size{0, 0} },
		ErrTitle: func(s *Spec) { s.Title = "a\x1b[31m" },
	} {
		spec := o.spec("true")
		change(&spec)
		if _, err := o.Start(spec); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	for text, command := range map[string][]string{
		"no-such-program is not on the server's PATH": {"no-such-program"},
		"no such file":      {"/no/such/program"},
		"permission denied": {"/etc"},
		"first word":        {"", "x"},
		"zero byte":         {"true", "a\x00b"},
		"8193 bytes":        {"true", strings.Repeat("x", maxCommand-3)},
	} {
		if _, err := o.Start(o.spec(command...)); !errors.Is(err, ErrCommand) || !strings.Contains(err.Error(), text) {
			t.Errorf("%.40q: %v", command, err)
		}
	}
	if n := len(o.List()); n != 0 {
		t.Errorf("%d terminals are there", n)
	}
}

// A program that has ended long before its only viewer draws what it said last: nothing of it is lost.
func TestASlowViewerOfAProgramThatHasEnded(t *testing.T) {
	o := open(t)
	const room = 128 << 10
	const total = room + tailSize + readSize + 2000 // in the file, in memory, in hand, and in the system
	term := o.script(fmt.Sprintf(`read x; stty raw; yes 'all work and no play' | head -c %d`, total))
	term.mu.Lock()
	term.mu.record.room = room
	term.mu.Unlock()
	v := attach(t, term, 0)
	v.Write([]byte("\n"))
	eventually(t, "it has ended", term.ended)
	time.Sleep(drainPatience + drainPatience/4) // a wait for more would be over
	if i := term.Info(); i.Exit != nil || i.Offset > room+tailSize {
		t.Fatalf("it does not wait: %+v", i)
	}
	out, _ := ending(t, v)
	if want := strings.Repeat("all work and no play\n", 12000)[:total]; strings.TrimPrefix(out, "\r\n") != want {
		t.Errorf("%d bytes came, %d were said", len(out), len(want))
	}
}

// A program that has closed its terminal, and opens it again, is heard.
func TestAProgramThatTakesItsTerminalBack(t *testing.T) {
	o := open(t)
	term := o.script(`exec 0<&- 1>&- 2>&-; sleep 0.5; echo back >/dev/tty; sleep 0.5; exit 4`)
	if out, exit := ending(t, attach(t, term, 0)); !strings.Contains(out, "back") || exit.Code != 4 {
		t.Errorf("%q, %+v", out, exit)
	}
}

func TestKilledForMemory(t *testing.T) {
	o := open(t)
	term := o.script(`set -m; while :; do bash --norc -c 'echo running; sleep 300'; echo "status $?"; read x; done`)
	v := attach(t, term, 0)
	see(t, v, "running\r\n")
	term.FreezeNow()
	if goesOn := term.End("stopped at 310 MB"); !goesOn {
		t.Error("the shell was ended, which had something running")
	}
	var out string
	for !strings.Contains(out, "status 1") || !strings.Contains(out, "[stopped at 310 MB]") { // 147 where the shell saw it stand still first
		out += string(read(t, v, 1))
	}
	if i := term.Info(); i.Exit != nil {
		t.Errorf("the terminal ended: %+v", i.Exit)
	}
	if goesOn := term.End("stopped at 40 MB"); goesOn { // the shell itself
		t.Error("a shell that runs nothing goes on")
	}
	out, exit := ending(t, v)
	if exit != (Exit{Code: -1, Signal: "KILL", Reason: "stopped at 40 MB"}) || !strings.HasSuffix(out, "[stopped at 40 MB]\x1b[0m\r\n") {
		t.Errorf("%q, %+v", out, exit)
	}
}

func TestExitedTerminalsAreKeptUpToABound(t *testing.T) {
	leaks(t)
	o := open(t)
	var first *Terminal
	for i := range MaxExited + 3 {
		term := o.script(fmt.Sprintf("head -c 70000 /dev/zero | tr '\\0' x; echo; echo number %d", i))
		<-term.Over()
		if i == 3 {
			first = term
		}
	}
	eventually(t, "the oldest are gone", func() bool { return len(o.List()) == MaxExited })
	if o.List()[0] != first {
		t.Error("it was not the oldest that went")
	}
	if out, _ := ending(t, attach(t, first, 0)); !strings.HasSuffix(out, "number 3\r\n") {
		t.Errorf("what it said is not kept: %.100q", out[max(0, len(out)-100):])
	}
	eventually(t, "their files are gone", func() bool {
		files, err := os.ReadDir(o.dir)
		return err == nil && len(files) == MaxExited
	})
}

func TestDeleteHangsUpAndThenKills(t *testing.T) {
	o := open(t)
	file := filepath.Join(t.TempDir(), "hup")
	polite := o.script(`trap "echo hup >` + file + `; exit" HUP; echo ready; while :; do sleep 0.01; done`)
	rude := o.script(`trap "" HUP TERM; echo ready; while :; do sleep 0.01; done`)
	for _, term := range []*Terminal{polite, rude} {
		see(t, attach(t, term, 0), "ready\r\n")
		if err := o.Delete(term.ID()); err != nil {
			t.Fatal(err)
		}
		<-term.Over()
		if err := o.Delete(term.ID()); !errors.Is(err, ErrNotFound) {
			t.Errorf("deleted twice: %v", err)
		}
	}
	if text, err := os.ReadFile(file); string(text) != "hup\n" {
		t.Errorf("one that heeds a hang-up wrote %q, %v", text, err)
	}
	if e := rude.Info().Exit; e.Signal != "KILL" {
		t.Errorf("one that does not ended with %+v", e)
	}
}

func TestLeftoversOfAnEarlierRunAreRemoved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "terminals")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "old"), make([]byte, 100), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(nil, dir, 1000, quiet); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

func TestTwoHundredTerminals(t *testing.T) {
	leaks(t)
	o := open(t)
	pids := make([]int, 200)
	for i := range pids {
		term := o.script(`echo ready; read x; echo "$x"; sleep 300 & wait`)
		v := attach(t, term, 0)
		see(t, v, "ready\r\n")
		if i%2 == 0 {
			v.Write([]byte("hello\n"))
			see(t, v, "hello\r\nhello\r\n")
		}
		pids[i] = pidOf(term)
		v.Close()
	}
	threads := threadsOf(t)
	if threads > 100 {
		t.Errorf("%d threads for %d terminals: waiting for them ties threads up", threads, len(pids))
	}
	for _, term := range o.List() {
		if err := o.Delete(term.ID()); err != nil {
			t.Fatal(err)
		}
	}
	for _, pid := range pids {
		eventually(t, "a program is gone", func() bool { return syscall.Kill(pid, 0) != nil })
	}
}

func threadsOf(t testing.TB) int {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(threads)
}

// Fifty terminals dump at once, half of them watched. Memory stays where it is, and those who look lose nothing.
func TestFiftyDumpAtOnce(t *testing.T) {
	const each = 4 << 20
	leaks(t)
	o := open(t)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var all sync.WaitGroup
	var most atomic.Uint64
	for i := range 50 {
		term := o.script(fmt.Sprintf("stty raw; yes '%03d: all work and no play' | head -c %d", i, each))
		if i%2 == 0 {
			continue
		}
		v := attach(t, term, 0)
		all.Go(func() {
			var sum int64
			line := fmt.Appendf(nil, "%03d: all work and no play\n", i)
			buf := make([]byte, 64<<10)
			for {
				e, ok := v.Next(buf)
				switch {
				case !ok:
					<-v.C()
					continue
				case e.Kind != Output:
					if sum != each || e.Kind != Exited {
						t.Errorf("terminal %d: %d bytes, then %+v", i, sum, e)
					}
					return
				}
				for k, c := range buf[:e.N] {
					if c != line[(sum+int64(k))%int64(len(line))] {
						t.Errorf("terminal %d: byte %d is %q", i, sum+int64(k), c)
						return
					}
				}
				sum += int64(e.N)
				v.Ack(int64(e.N))
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, term := range o.List() {
			<-term.Over()
			runtime.ReadMemStats(&during)
			most.Store(max(most.Load(), during.HeapAlloc))
		}
	}()
	all.Wait()
	<-done
	// 25 readers have 64 KB of their own each, and a terminal keeps 64 KB. The race detector's own is not in it.
	if grown := int64(most.Load()) - int64(before.HeapAlloc); grown > 12<<20 {
		t.Errorf("memory grew by %d MB", grown>>20)
	}
}

// A real program and a viewer that comes and goes: what it gets is what the program wrote.
func TestResumeOfARealProgram(t *testing.T) {
	o := open(t)
	term := o.script(`stty raw; i=0; while [ $i -lt 20000 ]; do echo "line $i äöü€"; i=$((i+1)); done`)
	var want, got bytes.Buffer
	for i := range 20000 {
		fmt.Fprintf(&want, "line %d äöü€\n", i)
	}
	buf := make([]byte, 10_000)
	for i := 0; got.Len() < want.Len(); i++ {
		v := attach(t, term, int64(got.Len()))
		for range i % 7 {
			e, ok := v.Next(buf)
			if !ok {
				<-v.C()
				continue
			}
			if e.Kind == Exited && got.Len() == want.Len() {
				break
			}
			if e.Kind != Output {
				t.Fatalf("%+v came", e)
			}
			got.Write(buf[:e.N])
			v.Ack(int64(e.N) / 2) // it may draw less than it got
		}
		v.Close()
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("bytes were lost or doubled")
	}
}

func pidOf(t *Terminal) int { return t.program.(*process.Process).PID() }
