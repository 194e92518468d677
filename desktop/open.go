package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// openPath opens a folder as a workspace, in place.
func (w *window) openPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("open %s: it is no folder", path)
	}
	p := w.keeper.now()
	name, err := p.addFolder(w.ctx, path)
	if err != nil {
		return err
	}
	w.goTo("#/files/" + url.PathEscape(name))
	return nil
}

// addFolder makes a folder a workspace where it is, and returns its name there.
func (a address) addFolder(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	body, err := json.Marshal(map[string]string{"name": workspaceName(filepath.Base(path)), "folder": path})
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
		return "", fmt.Errorf("open %s: the engine cannot be reached: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	var said struct{ Name, Detail string }
	_ = json.Unmarshal(raw, &said) // what is not JSON says nothing
	if resp.StatusCode >= 300 {
		return "", fmt.Errorf("open %s: %s", path, said.Detail)
	}
	return said.Name, nil
}

// workspaceName makes a name that the engine takes of a folder's.
func workspaceName(folder string) string {
	name := strings.Map(func(r rune) rune {
		if r < 128 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-') {
			return r
		}
		return '-'
	}, folder)
	name = strings.TrimLeft(name, ".-_")
	if name == "" {
		name = "folder"
	}
	return name[:min(len(name), 64)]
}
