package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The engine of the window decides as the simulator does, in the same limits.
func TestParityOfSimulatorAndWindow(t *testing.T) {
	s := newScreen(t)
	cmd := s.command("../../bin/coder1", "parity", "--targets", "sim,desktop", "--tries", "3", "--json", "../../cloud/e2e/testdata/parity/comes-and-goes.yaml")
	cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS=disabled:") // or the toolkit leaves one behind
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("coder1 parity: %v", err)
	}
	var rows []struct {
		Targets []struct {
			Target      string
			PeakBytes   int64
			OffPercent  float64
			Differences []struct{ Subject, A, B string }
		}
	}
	if err := json.Unmarshal(out, &rows); err != nil || len(rows) != 1 || len(rows[0].Targets) != 2 {
		t.Fatalf("%v: %s", err, out)
	}
	if window := rows[0].Targets[1]; window.Target != "desktop" || len(window.Differences) > 0 || window.PeakBytes == 0 {
		t.Errorf("in the window: %+v", window)
	} else {
		t.Logf("peak %d MB, %+.1f %% of what was predicted", window.PeakBytes>>20, window.OffPercent)
	}
}

// Without a screen, and without the program, it says what is missing.
func TestParityWithoutAScreenSaysSo(t *testing.T) {
	cmd := exec.Command("../../bin/coder1", "parity", "--targets", "desktop", "../../cloud/e2e/testdata/parity/comes-and-goes.yaml")
	cmd.Env = []string{"PATH=" + t.TempDir(), "TMPDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "there is no screen to open a window on") {
		t.Errorf("%v: %s", err, out)
	}
}
