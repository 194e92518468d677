package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"coder1/engine/memory/memorytest"
)

// noise is so many bytes that cannot be compressed, the same for the same seed.
func noise(seed byte, size int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{seed}), size)
}

// TestFilesLargerThanMemory sends 300 MB up and down, twice at once, in a container of 512 MB, and then all of
// it as an archive and back. What is on its way to the disk counts against the limit.
func TestFilesLargerThanMemory(t *testing.T) {
	const size = 300 * mb
	setup := setup{data: t.TempDir(), group: memorytest.New(t, 512*mb), env: []string{"CLAUDE_BIN=no-such-claude"}}
	s := setup.start(t)
	s.workspace("shop")
	s.workspace("copy")
	most, watched := s.watchUsed()
	begin := time.Now()
	var users sync.WaitGroup
	for _, name := range []string{"a", "b"} {
		users.Go(func() {
			want := sha256.New()
			s.transfer("PUT", "/api/workspaces/shop/files/large/"+name, io.TeeReader(noise(name[0], size), want), size, 201, io.Discard)
			got := sha256.New()
			s.transfer("GET", "/api/workspaces/shop/files/large/"+name, nil, 0, 200, got)
			if sum(got) != sum(want) {
				t.Errorf("%s came back as something else", name)
			}
		})
	}
	users.Wait()
	took := time.Since(begin)
	archive, unpack := io.Pipe()
	users.Go(func() {
		s.transfer("GET", "/api/workspaces/shop/export", nil, 0, 200, unpack)
		unpack.Close()
	})
	s.transfer("POST", "/api/workspaces/copy/import", archive, -1, 200, io.Discard)
	users.Wait()
	want, got := sha256.New(), sha256.New()
	_, _ = io.Copy(want, noise('b', size))
	s.transfer("GET", "/api/workspaces/copy/files/large/b", nil, 0, 200, got)
	if sum(got) != sum(want) {
		t.Error("what was exported and imported is something else")
	}
	close(watched)
	used := <-most
	t.Logf("1200 MB there and back in %v; at most %.0f MB in use, %.0f MB charged with page cache", took.Round(time.Millisecond), used, float64(setup.group.Peak())/mb)
	// measured at 12 MB. What an upload may hold is some MB of unwritten pages.
	if used > 60 {
		t.Errorf("%.0f MB were in use", used)
	}
	if n := setup.group.OOMKills(); n > 0 {
		t.Errorf("the kernel killed %d processes", n)
	}
	s.stop()
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// transfer makes a request whose body, either way, is too large to be held.
func (s *server) transfer(method, path string, body io.Reader, size int64, status int, into io.Writer) {
	req, err := http.NewRequest(method, s.url+path, body)
	if err != nil {
		s.t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.ContentLength = size
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1000))
		s.t.Errorf("%s %s: %s %s", method, path, resp.Status, strings.TrimSpace(string(text)))
		return
	}
	if _, err := io.Copy(into, resp.Body); err != nil {
		s.t.Errorf("%s %s: %v", method, path, err)
	}
}

// watchUsed asks what is in use, in MB, until it is told to stop, and then says what the most was.
func (s *server) watchUsed() (most <-chan float64, stop chan<- struct{}) {
	result, quit := make(chan float64, 1), make(chan struct{})
	go func() {
		used := 0.0
		for {
			used = max(used, float64(s.status().Memory.UsedBytes)/mb)
			select {
			case <-quit:
				result <- used
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return result, quit
}
