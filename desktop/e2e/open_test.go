package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"coder1/engine/agent/agenttest"
)

const recording = "../../engine/trace/testdata/traces/killed-in-mid-turn.trace.zst"

// project makes a folder of the user's, with a file in it.
func project(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// folders are the workspaces that were opened in place: name -> path.
func (d *desk) folders() map[string]string {
	d.t.Helper()
	var all []struct {
		Name, Path string
		Opened     bool
	}
	d.call("GET", "/api/workspaces", nil, &all)
	opened := map[string]string{}
	for _, w := range all {
		if w.Opened {
			opened[w.Name] = w.Path
		}
	}
	return opened
}

// second starts the program once more, with a path.
func (d *desk) second(path string) {
	d.t.Helper()
	c := d.command(program, path)
	c.Env = append(c.Env, "CODER1_DATA="+d.data)
	if out, err := c.CombinedOutput(); err != nil {
		d.t.Errorf("a second start with %s: %v: %s", path, err, out)
	}
}

// pick types a path into the picker that has a title, until what should come of it has.
func (d *desk) pick(title, path, what string, so func() bool) {
	d.t.Helper()
	showing := func() string {
		out, _ := d.command("xdotool", "search", "--onlyvisible", "--name", "^"+title).Output()
		id, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return id
	}
	d.until("the picker is shown: "+title, func() bool { return showing() != "" })
	d.hand("windowactivate", "--sync", showing())
	d.hand("key", "--delay", "200", "ctrl+l")
	d.hand("type", "--delay", "30", path)
	press := func(key string) { // it may have closed by now
		if id := showing(); id != "" {
			_ = d.command("xdotool", "windowactivate", "--sync", id, "key", "--delay", "300", key).Run()
		}
	}
	d.until(what, func() bool {
		press("Return") // the first one may only take a completion, and one too many open it once more
		return so()
	})
	d.until("the picker is gone: "+title, func() bool { press("Escape"); return showing() == "" })
}

// click clicks into the window, in pixels from the left and from below its title.
func (d *desk) click(x, y int) {
	d.t.Helper()
	d.hand("mousemove", "--window", d.window(), strconv.Itoa(x), strconv.Itoa(y), "click", "1")
}

func TestFoldersAndRecordingsAreOpened(t *testing.T) {
	bread, cake, pie := project(t, "bread"), project(t, "cake"), project(t, "pie")
	d := newScreen(t).openDesk(t.TempDir(), bread)
	d.until("the folder of the argument is open", func() bool { return d.folders()["bread"] == bread })
	d.second(cake)
	d.until("the folder of a second start is open", func() bool { return d.folders()["cake"] == cake })
	d.hand("windowactivate", "--sync", d.window(), "key", "ctrl+o")
	d.pick("Open a folder", pie, "the folder that was picked is open", func() bool { return d.folders()["pie"] == pie })

	// The title says what the window itself uses.
	d.until("the window is weighed", func() bool {
		return strings.Contains(d.title(), "window: ") && strings.Contains(d.title(), "MB (not counted)")
	})
	var st struct{ WindowBytes int64 }
	d.until("the engine knows it", func() bool { d.call("GET", "/api/status", nil, &st); return st.WindowBytes > 50<<20 })

	// A recording is shown by a second start and by the picker; the menu leads back.
	d.second(recording)
	shown := func() bool { return strings.Contains(d.title(), filepath.Base(recording)) }
	d.until("the recording is shown", shown)
	d.hand("windowactivate", "--sync", d.window(), "key", "ctrl+shift+l")
	d.until("the engine is shown again", func() bool { return !shown() })
	path, err := filepath.Abs(recording)
	if err != nil {
		t.Fatal(err)
	}
	d.hand("windowactivate", "--sync", d.window(), "key", "ctrl+shift+o")
	d.pick("Open a flight", path, "the recording that was picked is shown", shown)
}

func TestWorkInTheWindow(t *testing.T) {
	dir := project(t, "bread")
	_, address := agenttest.Serve(t)
	d := newScreen(t).run(setup{program: program, data: t.TempDir(), args: []string{dir}, env: []string{
		"CLAUDE_BIN=" + agenttest.CLI(t), "ANTHROPIC_BASE_URL=" + address, "ANTHROPIC_API_KEY=key-for-tests",
	}})
	d.until("the folder is open", func() bool { return d.folders()["bread"] == dir })
	has := func(file, text string) func() bool {
		return func() bool {
			raw, _ := os.ReadFile(filepath.Join(dir, file))
			return strings.Contains(string(raw), text)
		}
	}

	// The real agent CLI answers, with an imitation of its model.
	var s struct{ ID string }
	if status := d.call("POST", "/api/sessions", map[string]string{"workspace": "bread", "title": "Baking", "agent": "claude"}, &s); status != 201 {
		t.Fatalf("a session with Claude: %d", status)
	}
	d.ask(s.ID, "Baking", "say 7 words")
	d.until("Claude answers", func() bool { return d.said(s.ID, "message", "") })

	// A file is attached to a prompt: the button is before the prompt's box.
	cake := filepath.Join(project(t, "cake"), "recipe.txt")
	if err := os.WriteFile(cake, []byte(strings.Repeat("flour\n", 100_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	uploaded := func() (whole bool) {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				info, err := d.Info()
				whole = whole || err == nil && info.Size() == 600_000
			}
			return nil
		})
		return whole
	}
	d.find("Baking")
	d.hand("key", "--delay", "300", "shift+Tab", "space")
	d.pick("Select Files", cake, "the file is uploaded", uploaded)

	// A file is found in the list, changed and saved.
	d.click(70, 172)
	d.hand("type", "--delay", "60", "main")
	d.until("what is typed is saved", func() bool {
		d.click(100, 207) // the only one that is left
		d.click(500, 400) // into its text
		d.hand("key", "--delay", "200", "ctrl+End")
		d.hand("type", "--delay", "40", "var changed = true")
		d.hand("key", "--delay", "300", "ctrl+s")
		return has("main.go", "package main\nvar changed = true")()
	})

	// A terminal is typed into.
	d.hand("windowactivate", "--sync", d.window(), "key", "ctrl+shift+grave")
	d.until("a terminal runs", func() bool {
		var all []struct{ State string }
		d.call("GET", "/api/terminals", nil, &all)
		return len(all) == 1 && all[0].State == "running"
	})
	d.until("what is typed is run", func() bool {
		d.hand("type", "--delay", "40", "echo typed by hand > typed.txt\n")
		return has("typed.txt", "typed by hand")()
	})
}
