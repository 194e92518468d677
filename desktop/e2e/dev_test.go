package e2e

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What wails dev runs is this program with the tag dev and these variables: it serves the start page, with the
// real bindings, to any browser.
func TestWithTheDevelopmentServer(t *testing.T) {
	built := filepath.Join(t.TempDir(), "coder1-desktop-dev")
	if out, err := exec.Command("go", "build", "-tags", "dev,webkit2_41", "-o", built, "coder1/desktop").CombinedOutput(); err != nil {
		t.Fatalf("build it for development: %v: %s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	d := newScreen(t).run(setup{program: built, data: t.TempDir(), env: []string{"devserver=" + server, "assetdir=", "loglevel=error"}})
	d.until("the development server answers", func() bool {
		resp, err := http.Get("http://" + server)
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})

	path, err := filepath.Abs(recording)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.trace.zst")
	if err := os.WriteFile(damaged, []byte("no recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	steps := d.command("node", "../../frontend/e2e/window.mjs")
	steps.Env = append(steps.Env, "DEV_SERVER=http://"+server, "CODER1_TOKEN="+token, "CODER1_DATA="+d.data, "PROGRAM="+built,
		"FOLDER="+project(t, "bread"), "RECORDING="+path, "DAMAGED="+damaged)
	if out, err := steps.CombinedOutput(); err != nil {
		d.shoot()
		t.Errorf("%v\n%s", err, out)
	}
}
