package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/creack/pty"
)

// What terminals cost, against a pseudo-terminal with nothing between it and us.

const dumpSize = 64 * mb

// dumpCommand writes dumpSize bytes, once something is typed.
func dumpCommand(t testing.TB) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dump")
	line := make([]byte, 0, 80)
	for i := range 79 {
		line = append(line, byte('a'+i%26))
	}
	line = append(line, '\n')
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 0, 80*1024)
	for range 1024 {
		block = append(block, line...)
	}
	for n := 0; n < dumpSize; n += len(block) {
		if _, err := f.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	f.Close()
	return []string{"sh", "-c", "stty raw -echo; echo ready; head -c 1 >/dev/null; cat " + file + "; printf END; head -c 1 >/dev/null"}
}

// barePTY runs a command in a pseudo-terminal, at the rank that a terminal of the server's has.
func barePTY(t testing.TB, command []string) *os.File {
	t.Helper()
	cmd := exec.Command("nice", append([]string{"-n", "10"}, command...)...)
	f, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return f
}

// reader is how a figure reads a terminal.
type reader func([]byte) int

func bareReader(t testing.TB, f *os.File) reader {
	return func(b []byte) int {
		n, err := f.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// dump measures MB/s from the first byte to the END.
func dump(t testing.TB, read reader, write func(string)) float64 {
	buf := make([]byte, mb)
	for seen := ""; len(seen) < len("ready\n"); {
		seen += string(buf[:read(buf)])
	}
	write("x")
	start, n := time.Now(), 0
	for {
		m := read(buf)
		n += m
		if m >= 3 && string(buf[m-3:m]) == "END" {
			break
		}
	}
	return float64(n) / mb / time.Since(start).Seconds()
}

func TestFiguresTerminalDump(t *testing.T) {
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}.start(t)
	s.workspace("shop")
	command := dumpCommand(t)
	var ratios []float64
	for range 2 * rounds {
		f := barePTY(t, command)
		bare := dump(t, bareReader(t, f), func(text string) { f.WriteString(text) })
		f.Close()
		v, frames := s.look(s.terminal("shop", command...).ID, 0), 0
		before := processorTime(t, s.cmd.Process.Pid)
		ours := dump(t, func(b []byte) int { frames++; return v.read(b) }, v.write)
		took := processorTime(t, s.cmd.Process.Pid) - before
		_ = v.conn.CloseNow()
		ratios = append(ratios, ours/bare)
		t.Logf("dump of %d MB: %.0f MB/s, bare PTY %.0f MB/s, ratio %.2f; %d frames, %v of the server's processor time",
			dumpSize/mb, ours, bare, ours/bare, frames, took)
	}
	slices.Sort(ratios)
	t.Logf("dump: %.2f of a bare PTY (median; %.2f to %.2f)", ratios[rounds], ratios[0], ratios[len(ratios)-1])
}

// How long a typed byte takes to come back: through the server, through a server that does nothing else
// (plainTerminal, which is as fast as Go is here), and at a pseudo-terminal of ours.
func TestFiguresTerminalEcho(t *testing.T) {
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}.start(t)
	s.workspace("shop")
	for _, way := range []struct{ name, script string }{
		{"echo by the kernel", "stty -icanon; echo ready; exec sleep 300"},
		{"echo by a program", "stty raw -echo; echo ready; exec cat"},
	} {
		command := []string{"sh", "-c", way.script}
		ways := []struct {
			write func(string)
			read  func([]byte) int
			took  []time.Duration
		}{{}, {}, {}}
		f := barePTY(t, command)
		ways[0].write, ways[0].read = func(text string) { f.WriteString(text) }, bareReader(t, f)
		plain := startPlainTerminal(t, command)
		ways[1].write, ways[1].read = plain.write, plain.receive
		v := s.look(s.terminal("shop", command...).ID, 0)
		ways[2].write, ways[2].read = v.write, v.receive
		buf := make([]byte, mb)
		for _, w := range ways {
			for seen := 0; seen < len("ready\n"); {
				seen += w.read(buf)
			}
		}
		for i := range 500 {
			for j := range ways {
				w := &ways[j]
				start := time.Now()
				w.write(fmt.Sprint(i % 10))
				n := w.read(buf)
				w.took = append(w.took, time.Since(start))
				if j == 2 {
					v.ack(n) // as the page does, once it is drawn
				}
				time.Sleep(3 * time.Millisecond)
			}
		}
		p50 := func(i int) float64 { return 1000 * fine(ways[i].took, 0.5) }
		p99 := func(i int) float64 { return 1000 * fine(ways[i].took, 0.99) }
		t.Logf("%s: p50 %.0f µs, p99 %.0f µs; a plain server p50 %.0f µs, p99 %.0f µs; bare PTY p50 %.0f µs, p99 %.0f µs; ratio of p50 %.2f and %.2f",
			way.name, p50(2), p99(2), p50(1), p99(1), p50(0), p99(0), p50(2)/p50(1), p50(2)/p50(0))
	}
}

// plainTerminal is the argument that makes the test binary a server of one terminal, without anything to it.
const plainTerminal = "plain-terminal"

func servePlainTerminal(command []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	panic(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			panic(err)
		}
		f, err := pty.Start(exec.Command("nice", append([]string{"-n", "10"}, command...)...))
		if err != nil {
			panic(err)
		}
		out := websocket.NetConn(r.Context(), conn, websocket.MessageBinary)
		go func() { _, _ = io.Copy(f, out) }()
		_, _ = io.Copy(out, f)
	})))
}

// startPlainTerminal runs that server, and looks at its terminal.
func startPlainTerminal(t testing.TB, command []string) *viewer {
	cmd := exec.Command(os.Args[0], append([]string{plainTerminal}, command...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	var address string
	if _, err := fmt.Fscan(out, &address); err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(t.Context(), "ws://"+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &viewer{t: t, conn: conn}
}

// What a terminal costs the server in which nothing happens, and that somebody looks at.
func TestFiguresTerminalMemory(t *testing.T) {
	const n = 100
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}.start(t)
	s.workspace("shop")
	open := func(n int) {
		for range n {
			s.look(s.terminal("shop", "env", "PS1=$ ", "bash", "--norc").ID, 0).until("$ ")
		}
	}
	open(10) // what all need
	pid := s.cmd.Process.Pid
	before, threads := pss(t, pid), count(t, pid, "task")
	open(n)
	each := 1024 * (pss(t, pid) - before) / n
	t.Logf("an idle terminal with a viewer: %.0f KB in the server (PSS), %.2f threads", each, float64(count(t, pid, "task")-threads)/n)
	if each > 150 {
		t.Error("a terminal costs more than 150 KB")
	}
}

// What a reader that stops costs: one that draws nothing, and one that takes nothing off the wire.
func TestFiguresTerminalStoppedReader(t *testing.T) {
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}.start(t)
	s.workspace("shop")
	command := dumpCommand(t)
	run := func(stop func(*viewer)) float64 {
		made := s.terminal("shop", command...)
		v := s.look(made.ID, 0)
		v.until("ready\n")
		before := pss(t, s.cmd.Process.Pid)
		v.write("x")
		stop(v)
		for last, still := int64(0), 0; still < 20; time.Sleep(10 * time.Millisecond) { // until no more is read
			all := s.terminals()
			if now := all[len(all)-1].Offset; now == last {
				still++
			} else {
				last, still = now, 0
			}
		}
		return pss(t, s.cmd.Process.Pid) - before
	}
	run(func(*viewer) {}) // the first dump of all
	draws := run(func(v *viewer) {
		buf := make([]byte, mb)
		for n := 0; n < 512<<10; {
			_, r, err := v.conn.Reader(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for err == nil {
				var m int
				m, err = r.Read(buf)
				n += m
			}
		}
	})
	takes := run(func(*viewer) {})
	t.Logf("a reader that stops in a dump of %d MB adds %.2f MB when it draws nothing, %.2f MB when it takes nothing", dumpSize/mb, draws, takes)
	if draws >= 1 || takes >= 1 {
		t.Error("a stopped reader costs 1 MB or more")
	}
}
