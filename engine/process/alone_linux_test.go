package process

import (
	"io"
	"os"
	"testing"
)

func TestAProgramAloneStartsNoOthers(t *testing.T) {
	if !CanBeAlone() {
		t.Skip("the system does not hold programs to it")
	}
	s := supervisor(t)
	for _, alone := range []bool{false, true} {
		p, err := s.Start(Spec{
			Path: "/bin/sh", Args: []string{"-c", "echo before; /bin/echo child; echo after"}, Env: Environ(),
			Owner: "process/1", Alone: alone,
		})
		if err != nil {
			t.Fatal(err)
		}
		out, _ := io.ReadAll(p.Stdout())
		<-p.Done()
		want := "before\nchild\nafter\n"
		if alone {
			want = "before\n"
		}
		if string(out) != want {
			t.Errorf("alone %v: it said %q, want %q (%s, %s)", alone, out, want, p.Exit().Text, p.Stderr())
		}
	}
}

// A Go program cannot even begin without threads.
func TestAProgramAloneMayUseThreads(t *testing.T) {
	s := supervisor(t)
	p, err := s.Start(Spec{Path: os.Args[0], Args: []string{"-test.run", "^$"}, Env: Environ(), Owner: "process/1", Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, p.Stdout())
	<-p.Done()
	if p.Exit().Code != 0 {
		t.Errorf("it %s: %s", p.Exit().Text, p.Stderr())
	}
}
