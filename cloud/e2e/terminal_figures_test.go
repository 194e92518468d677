package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

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
	for range rounds {
		f := barePTY(t, command)
		bare := dump(t, bareReader(t, f), func(text string) { f.WriteString(text) })
		v := s.look(s.terminal("shop", command...).ID, 0)
		before := processorTime(t, s.cmd.Process.Pid)
		frames := 0
		ours := dump(t, func(b []byte) int { frames++; return v.read(b) }, v.write)
		t.Logf("server cpu %v, %d frames", processorTime(t, s.cmd.Process.Pid)-before, frames)
		ratios = append(ratios, ours/bare)
		t.Logf("dump of %d MB: %.0f MB/s, bare PTY %.0f MB/s; ratio %.2f", dumpSize/mb, ours, bare, ours/bare)
	}
}

func TestFiguresTerminalEcho(t *testing.T) {
	s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}.start(t)
	s.workspace("shop")
	for _, way := range []struct{ name, script string }{
		{"echo by the kernel", "stty -icanon; echo ready; exec sleep 300"},
		{"echo by a program", "stty raw -echo; echo ready; exec cat"},
	} {
		command := []string{"sh", "-c", way.script}
		f := barePTY(t, command)
		v := s.look(s.terminal("shop", command...).ID, 0)
		readBare := bareReader(t, f)
		buf := make([]byte, mb)
		for seen := ""; len(seen) < 6; {
			seen += string(buf[:readBare(buf)])
		}
		v.until("\n")
		var bare, ours []time.Duration
		for i := range 500 {
			key := fmt.Sprint(i % 10)
			start := time.Now()
			f.WriteString(key)
			readBare(buf)
			between := time.Now()
			bare = append(bare, between.Sub(start))
			time.Sleep(3 * time.Millisecond)
			start = time.Now()
			v.write(key)
			v.read(buf)
			ours = append(ours, time.Since(start))
			time.Sleep(3 * time.Millisecond)
		}
		t.Logf("%s: p50 %.0f µs, p99 %.0f µs; bare PTY p50 %.0f µs, p99 %.0f µs; ratio of p50 %.2f", way.name,
			1000*fine(ours, 0.5), 1000*fine(ours, 0.99), 1000*fine(bare, 0.5), 1000*fine(bare, 0.99), fine(ours, 0.5)/fine(bare, 0.5))
	}
}
