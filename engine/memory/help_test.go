package memory

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const mb = 1 << 20

// rolePuppet makes the test binary a puppet: a process that does as it is told, one line at a time.
const rolePuppet = "MEMORY_TEST_PUPPET"

func TestMain(m *testing.M) {
	if role := os.Getenv(rolePuppet); role != "" {
		playPuppet(role)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// machine writes a fake file system, path -> content.
func machine(t testing.TB, files map[string]string) string {
	root := t.TempDir()
	files["proc/meminfo"] = "MemTotal:       8388608 kB\nMemFree: 1 kB\n"
	for path, content := range files {
		write(t, filepath.Join(root, path), content)
	}
	return root
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// puppet is a child process that does as it is told.
type puppet struct {
	t       testing.TB
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *bufio.Reader
}

// startPuppet starts a command that runs this test binary as a puppet. It ends with the test.
func startPuppet(t testing.TB, cmd *exec.Cmd, role string) *puppet {
	t.Helper()
	cmd.Env = append(os.Environ(), rolePuppet+"="+role)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &puppet{t: t, cmd: cmd, in: in, answers: bufio.NewReader(out)}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	return p
}

// newPuppet starts a puppet as a child of the test.
func newPuppet(t testing.TB) *puppet {
	t.Helper()
	return startPuppet(t, exec.CommandContext(t.Context(), os.Args[0]), "child")
}

// do gives an order and returns the answer.
func (p *puppet) do(order ...any) string {
	p.t.Helper()
	answer, err := p.try(order...)
	if err != nil {
		p.t.Fatalf("%v: the puppet did not answer: %v", order, err)
	}
	return answer
}

func (p *puppet) try(order ...any) (string, error) {
	if _, err := fmt.Fprintln(p.in, order...); err != nil {
		return "", err
	}
	answer, err := p.answers.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func (p *puppet) pid() int { return p.cmd.Process.Pid }
