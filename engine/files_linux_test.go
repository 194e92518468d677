package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/workspace"
)

// TestSearchesRankBelowTheServer has a script stand in for rg, which says how it was started.
func TestSearchesRankBelowTheServer(t *testing.T) {
	bin := t.TempDir()
	said := filepath.Join(bin, "said")
	script := `#!/bin/sh
{ cat /proc/self/oom_score_adj; nice; pwd; echo "$CODER1_OWNER"; echo "$@"; } > ` + said + `
printf '%s\n' '{"type":"match","data":{"path":{"text":"./a"},"lines":{"text":"foo\n"},"line_number":1,"absolute_offset":0}}'
printf '%s\n' '{"type":"summary","data":{}}'
`
	if err := os.WriteFile(filepath.Join(bin, "rg"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	r := openRig(t, testSettings(t))
	w, err := r.CreateWorkspace("shop")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Path, "a"), []byte("foo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := r.Files("shop")
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	var all []workspace.Match
	found, err := r.SearchFiles(t.Context(), files, workspace.Query{Text: "foo", Limit: 10}, func(m workspace.Match) error {
		all = append(all, m)
		return nil
	})
	if err != nil || found.Engine != "ripgrep" || len(all) != 1 || all[0].Path != "a" {
		t.Fatalf("%+v, %v, %v", found, all, err)
	}
	raw, err := os.ReadFile(said)
	lines := strings.Split(string(raw), "\n")
	if err != nil || len(lines) < 5 || lines[0] != fmt.Sprint(commandOOMScore) || lines[1] != fmt.Sprint(commandNice) || lines[2] != w.Path ||
		!strings.Contains(lines[3], ":"+searchOwner) || !strings.Contains(lines[4], "--regexp foo") {
		t.Errorf("rg says %q, %v", raw, err)
	}
	if !r.supervisor.Idle() {
		t.Error("something is left of the search")
	}
}
