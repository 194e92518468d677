package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What the flight recorder costs a server with two agents that never rest: disk, memory, processor. A server whose
// recorder has nowhere to write is what it is compared with.
func TestFiguresRecorder(t *testing.T) {
	const long = time.Minute // of work that is measured
	type figures struct{ privateMB, processor float64 }
	measure := func(t *testing.T, without bool) (figures, float64) {
		s := setup{data: t.TempDir(), env: []string{"CLAUDE_BIN=none"}}
		trace := filepath.Join(s.data, "trace")
		if without {
			if err := os.WriteFile(trace, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		srv := s.start(t)
		srv.workspace("shop")
		for range 2 {
			id := srv.session("shop", "demo")
			for range 20 { // in line: the session's turns follow one another
				srv.prompt(id, "work 6s\nafter 1s for 4s use 0s 5MB, 2s 60MB, 4s 20MB: npm test")
			}
		}
		time.Sleep(10 * time.Second) // until it is as it will be
		before, size, began := processorTime(t, srv.cmd.Process.Pid), folderSize(trace), time.Now()
		time.Sleep(long)
		took := time.Since(began)
		f := figures{privateMB(t, srv.cmd.Process.Pid), 100 * float64(processorTime(t, srv.cmd.Process.Pid)-before) / float64(took)}
		if without {
			if err := os.Remove(trace); err != nil { // else its recording would be looked at
				t.Fatal(err)
			}
			return f, 0
		}
		return f, float64(folderSize(trace)-size) / took.Hours() / mb
	}
	with, perHour := measure(t, false)
	without, _ := measure(t, true)
	t.Logf("two agents that run a command every 6 s: %.2f MB an hour on disk; the server has %.1f MB of its own (%.1f without a recorder) "+
		"and uses %.1f %% of a core (%.1f without)", perHour, with.privateMB, without.privateMB, with.processor, without.processor)
	if perHour > 2 {
		t.Errorf("%.2f MB an hour", perHour)
	}
}

func folderSize(dir string) (sum int64) {
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// privateMB is the memory of a process that nobody shares.
func privateMB(t testing.TB, pid int) float64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "Private_Dirty: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	t.Fatal("smaps_rollup tells no private memory")
	return 0
}
