package agenttest

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// pace keeps tests short, and a slow answer of a thousand words long enough to be stopped in the middle.
const pace = 5 * time.Millisecond

// Serve serves an imitation of the Messages API on loopback until the test is over. Its address is what
// ANTHROPIC_BASE_URL is to be.
func Serve(t testing.TB) (api *API, url string) {
	t.Helper()
	api = &API{Pace: pace}
	server := httptest.NewServer(api)
	t.Cleanup(func() {
		server.CloseClientConnections() // or held answers would hold the test
		server.Close()
	})
	return api, server.URL
}

// Env is what a CLI needs in its environment to use the imitation.
func Env(url string) []string {
	return []string{"ANTHROPIC_BASE_URL=" + url, "ANTHROPIC_API_KEY=any", "CLAUDE_CODE_MAX_RETRIES=0"}
}

// CLI is the path of the agent CLI that .ci/package.json pins. A test that finds none is skipped.
func CLI(t testing.TB) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	name := "claude"
	if runtime.GOOS == "windows" {
		name = "claude.exe"
	}
	path := filepath.Join(root, ".ci", "node_modules", "@anthropic-ai", "claude-code-"+runtime.GOOS+"-"+arch, name)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the pinned agent CLI is not installed: run \"make setup-tests\" (or \"npm ci\" in .ci)")
	}
	return path
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", os.ErrNotExist
		}
		dir = parent
	}
	return "", err
}
