package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"coder1/cloud/server"
	"coder1/engine/trace"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// argument is the path that the program was started with, absolute; "" for none.
func argument(args []string) (string, error) {
	switch {
	case len(args) == 0:
		return "", nil
	case len(args) > 1 || strings.HasPrefix(args[0], "-"):
		return "", fmt.Errorf("what is %q to be?\n\n%s", strings.Join(args, " "), usage)
	}
	path, err := filepath.Abs(args[0])
	if err != nil {
		return "", fmt.Errorf("find %s: %w", args[0], err)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s cannot be opened: %w", path, err)
	case !info.IsDir() && !strings.HasSuffix(path, trace.Extension):
		return "", fmt.Errorf("%s is neither a folder nor a flight recording (their names end with %s)", path, trace.Extension)
	}
	return path, nil
}

// pick shows the system's own picker, and opens what is picked. One is open at a time.
func (w *window) pick(what server.Picked) {
	if !w.picking.TryLock() {
		return
	}
	defer w.picking.Unlock()
	var path string
	var err error
	switch what {
	case server.PickFolder:
		path, err = runtime.OpenDirectoryDialog(w.ctx, runtime.OpenDialogOptions{Title: "Open a folder as a workspace", DefaultDirectory: home()})
	case server.PickRecording:
		path, err = runtime.OpenFileDialog(w.ctx, runtime.OpenDialogOptions{
			Title: "Open a flight recording", DefaultDirectory: home(), Filters: []runtime.FileFilter{{DisplayName: "Flight recordings", Pattern: "*" + trace.Extension}},
		})
	}
	if err != nil {
		w.complain("The picker cannot be shown", err)
	} else if path != "" { // else it was left without a choice
		w.open(path)
	}
}

// home is where a picker begins, "" for wherever the system likes.
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// open opens a folder as a workspace of the local engine, and shows anything else as a recording.
func (w *window) open(path string) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		w.openFolder(path)
		return
	}
	w.openRecording(path)
}

// openFolder opens a folder now, or once the engine runs.
func (w *window) openFolder(path string) {
	w.mu.Lock()
	w.folders = append(w.folders, path)
	w.mu.Unlock()
	if p := w.keeper.now(); p.Phase == running {
		w.show(p.address, w.openWaiting(p.address))
	}
}

// openWaiting opens the folders that wait for the engine, and returns the place in the page that shows the last of
// them; "" for none. What an engine does not hear any more waits for the next one; of one that hears and says nothing
// the user is told.
func (w *window) openWaiting(a address) (place string) {
	w.mu.Lock()
	folders := w.folders
	w.folders = nil
	w.mu.Unlock()
	for i, path := range folders {
		name, err := a.openFolder(w.ctx, path)
		switch {
		case errors.Is(err, errNoAnswer) && !errors.Is(err, context.DeadlineExceeded):
			w.mu.Lock()
			w.folders = append(folders[i:], w.folders...)
			w.mu.Unlock()
			return place
		case err != nil:
			w.complain("The folder cannot be opened", err)
		default:
			place = "#/files/" + url.PathEscape(name)
		}
	}
	return place
}

// complain shows a message of the system's own, and does not wait until it is read.
func (w *window) complain(what string, err error) {
	go func() {
		_, _ = runtime.MessageDialog(w.ctx, runtime.MessageDialogOptions{Type: runtime.ErrorDialog, Title: what, Message: err.Error()})
	}()
}

// openPatience is how long the engine may take to open a folder.
const openPatience = 20 * time.Second

var errNoAnswer = errors.New("the engine does not answer")

// openFolder has the engine make a workspace of a folder, and returns its name, or errNoAnswer.
func (a address) openFolder(ctx context.Context, path string) (name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, openPatience)
	defer cancel()
	body, err := json.Marshal(map[string]string{"folder": path})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/api/workspaces", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header = a.header()
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	var said struct{ Name, Detail string }
	if err := json.Unmarshal(raw, &said); err != nil {
		return "", fmt.Errorf("understand the engine: %w", err)
	}
	if said.Name == "" {
		return "", errors.New(said.Detail)
	}
	return said.Name, nil
}
