package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// browser is WebKitGTK's MiniBrowser: the engine that draws the page in the window, without the window. It is
// driven by WebDriver (https://www.w3.org/TR/webdriver2/).
type browser struct {
	*desk
	driver  string // its address, with the session
	element string // the key under which WebDriver names an element
}

// startBrowser starts MiniBrowser on the screen of a window.
func (d *desk) startBrowser() *browser {
	d.t.Helper()
	found, _ := filepath.Glob("/usr/lib/*/webkit2gtk-4.1/MiniBrowser")
	driver, err := exec.LookPath("WebKitWebDriver")
	if err != nil || len(found) == 0 {
		d.t.Skip("there is no MiniBrowser with WebKitWebDriver here: .ci/toolkit tests installs them")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		d.t.Fatal(err)
	}
	c := d.command(driver, fmt.Sprint("--port=", port))
	c.Env = append(c.Env, "HOME="+d.home)
	start(d.t, c)
	b := &browser{desk: d, driver: fmt.Sprintf("http://127.0.0.1:%d", port), element: "element-6066-11e4-a52e-4f735466cecf"}
	d.until("the driver answers", func() bool {
		resp, err := http.Get(b.driver + "/status")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return true
	})
	var made struct{ SessionID string }
	b.command("POST", "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{
		"webkitgtk:browserOptions": map[string]any{"binary": found[0], "args": []string{"--automation"}},
	}}}, &made)
	b.driver += "/session/" + made.SessionID
	d.t.Cleanup(func() {
		all := tree(c.Process.Pid)
		b.command("DELETE", "", nil, nil)
		awaitEnd(d.t, all[1:]) // but for the driver itself
	})
	return b
}

// command gives the driver a command, and reports whether it could be carried out.
func (b *browser) command(method, path string, body, into any) bool {
	b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(method, b.driver+path, bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return false
	}
	if into != nil {
		if err := json.Unmarshal(said, &struct{ Value any }{into}); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, said)
		}
	}
	return true
}

// find waits for an element, and returns its name.
func (b *browser) find(css string) (name string) {
	b.t.Helper()
	b.until(css+" is there", func() bool {
		var got map[string]string
		ok := b.command("POST", "/element", map[string]string{"using": "css selector", "value": css}, &got)
		name = got[b.element]
		return ok
	})
	return name
}

func (b *browser) click(css string) {
	b.t.Helper()
	b.until(css+" can be clicked", func() bool {
		return b.command("POST", "/element/"+b.find(css)+"/click", map[string]string{}, nil)
	})
}

func (b *browser) write(css, text string) {
	b.t.Helper()
	b.until(css+" takes text", func() bool {
		return b.command("POST", "/element/"+b.find(css)+"/value", map[string]string{"text": text}, nil)
	})
}

// shows waits until an element has a text in it.
func (b *browser) shows(css, text string) {
	b.t.Helper()
	b.until(css+" shows "+text, func() bool {
		var got string
		return b.command("GET", "/element/"+b.find(css)+"/text", nil, &got) && strings.Contains(got, text)
	})
}

// Keys, as WebDriver has them.
const (
	enter = "\ue007"
	ctrl  = "\ue009"
)

func TestThePageInMiniBrowser(t *testing.T) {
	dir := project(t, "bread")
	d := newScreen(t).openDesk(t.TempDir(), dir)
	has := func(file, text string) func() bool {
		return func() bool {
			raw, _ := os.ReadFile(filepath.Join(dir, file))
			return strings.Contains(string(raw), text)
		}
	}
	d.until("the folder is open", func() bool { return len(d.folders()) == 1 })
	b := d.startBrowser()
	b.command("POST", "/url", map[string]string{"url": d.url + "/#login=" + token}, nil)
	b.click("[data-testid=start]")
	b.write("[data-testid=prompt-input]", "say 7 words"+enter)
	b.find("[data-testid=message]")
	b.shows("[data-testid=window-memory]", "not counted")

	// A file is changed in the editor; the address of a document opens it.
	b.command("POST", "/url", map[string]string{"url": d.url + "/#/f/bread/main.go"}, nil)
	b.shows(".cm-content", "package main")
	b.write(".cm-content", "// first\n")
	b.shows(".cm-content", "// first")
	b.write(".cm-content", ctrl+"s")
	d.until("the file is saved", has("main.go", "// first"))

	// A terminal runs what is typed into it.
	var term struct{ ID string }
	if status := d.call("POST", "/api/terminals", map[string]any{"workspace": "bread", "cols": 80, "rows": 24}, &term); status != 201 {
		t.Fatalf("a terminal: %d", status)
	}
	b.command("POST", "/url", map[string]string{"url": d.url + "/#/t/" + term.ID}, nil)
	b.write(".xterm-helper-textarea", "echo $((6*7)) > typed.txt"+enter)
	d.until("what is typed is run", has("typed.txt", "42"))
}
