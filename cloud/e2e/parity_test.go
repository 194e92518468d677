package e2e

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// peakTolerance is by how many percent a peak may be off: what the simulator predicts is within a tenth.
const peakTolerance = 10

// The same is decided in the simulator and by the real server in a real hard limit, and as much memory is used.
func TestParityOfSimulatorAndServer(t *testing.T) {
	files, err := filepath.Glob("testdata/parity/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	cmd := exec.Command(binary, append([]string{"parity", "--json", "--tries", "3"}, files...)...)
	var out, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &says
	err = cmd.Run()
	if strings.Contains(says.String(), "does not let Coder1 set a hard limit") {
		t.Skip(says.String())
	}
	if err != nil {
		t.Errorf("%v: %s", err, &says)
	}
	var rows []struct {
		Scenario string
		Targets  []struct {
			PeakBytes   int64
			Died        int
			OffPercent  float64
			Differences []struct{ Subject, A, B string }
			Broken      []struct{ Rule, What string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	if len(rows) != len(files) {
		t.Errorf("%d scenarios were played, not %d", len(rows), len(files))
	}
	for _, row := range rows {
		if len(row.Targets) != 2 {
			t.Fatalf("%s was played on %d targets", row.Scenario, len(row.Targets))
		}
		live := row.Targets[1]
		if len(live.Differences) > 0 || len(live.Broken) > 0 || math.Abs(live.OffPercent) > peakTolerance || live.PeakBytes < 100*mb {
			t.Errorf("%s: %+v", row.Scenario, live)
		}
		t.Logf("%s: %d MB, %+.1f %% of what was predicted; died %d times", row.Scenario, live.PeakBytes/mb, live.OffPercent, live.Died)
	}
}

// However a run for real ends, so does everything that it started.
func TestARunForRealLeavesNothing(t *testing.T) {
	for how, end := range map[string]os.Signal{"interrupted": os.Interrupt, "killed": os.Kill} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			log := filepath.Join(t.TempDir(), "log")
			cmd := exec.Command(binary, "scenario", "run", "testdata/parity/runs-away.yaml", "--target", "cloud", "--log", log)
			cmd.Env = append(os.Environ(), "TMPDIR="+dir)
			var says bytes.Buffer
			cmd.Stderr = &says
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			gone := make(chan struct{})
			go func() {
				_ = cmd.Wait()
				close(gone)
			}()
			var all []int
			for began := time.Now(); !said(log, "start turn") || len(below(dir)) < 2; time.Sleep(20 * time.Millisecond) {
				select {
				case <-gone:
					if strings.Contains(says.String(), "does not let Coder1 set a hard limit") {
						t.Skip(says.String())
					}
					t.Fatalf("it ended: %s", &says)
				default:
				}
				if time.Since(began) > deadMan {
					t.Fatal("no turn starts")
				}
			}
			if all = below(dir); len(all) < 2 {
				t.Fatalf("only %v run", all)
			}
			if err := cmd.Process.Signal(end); err != nil {
				t.Fatal(err)
			}
			<-gone
			awaitGone(t, all)
			if left, _ := filepath.Glob(filepath.Join(dir, "coder1-live-*")); how == "interrupted" && len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func said(log, text string) bool {
	raw, _ := os.ReadFile(log) // not there yet
	return bytes.Contains(raw, []byte(text))
}

// below lists the processes that work in a folder.
func below(dir string) (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range all {
		if at, err := os.Readlink(link); err == nil && strings.HasPrefix(at, dir+"/") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			pids = append(pids, pid)
		}
	}
	return pids
}
