package engine

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"coder1/engine/governor"
	"coder1/engine/session"
)

// heard tells when something is logged.
type heard struct {
	slog.Handler
	text string
	c    chan struct{} // closed then
}

func (h *heard) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, h.text) {
		close(h.c)
	}
	return h.Handler.Handle(ctx, r)
}

// A prompt that was accepted before the disk filled up waits for room, however often its turn could have begun
// meanwhile, and then runs.
func TestATurnWaitsForAFullDisk(t *testing.T) {
	s := testSettings(t)
	s.MaxConcurrentAgents = 1
	if err := syscall.Mount("tmpfs", s.Data, "tmpfs", 0, "size=128m"); err != nil {
		t.Skipf("this test mounts a small file system: run it as root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(s.Data, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	waits := &heard{slog.NewTextHandler(testWriter{t}, nil), "waits until it can be written down", make(chan struct{})}
	e, err := Open(Options{Settings: s, Version: "test", Log: slog.New(waits)})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{e, t}
	t.Cleanup(r.close)
	a, b := r.session("shop"), r.session("shop")
	first := r.prompt(a, "run sleep 1000")
	r.await(a, "a permission request", func(f fields) bool { return f.Type == "permission_requested" })
	second := r.prompt(b, "list")

	ballast := filepath.Join(s.Data, "ballast")
	var disk syscall.Statfs_t
	if err := syscall.Statfs(s.Data, &disk); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(ballast)
	if err == nil {
		err = errors.Join(syscall.Fallocate(int(f.Fd()), 0, 0, int64(disk.Bavail)*disk.Bsize-16<<20), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Prompt(a, "list"); !errors.Is(err, session.ErrDiskFull) {
		t.Errorf("a prompt on a full disk: %v", err)
	}
	if err := r.CancelPrompt(a, first.Prompt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-waits.c:
	case <-time.After(deadMan):
		t.Fatal("the turn does not wait")
	}
	if !slices.ContainsFunc(r.Health().Alerts, func(a governor.Alert) bool { return a.Name == "disk_full" }) {
		t.Error("nobody is told that the disk is full")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	all := r.awaitEnd(b, second.Prompt)
	if end := last(all, "turn_ended"); end.Outcome != "done" || slices.ContainsFunc(all, func(f fields) bool { return f.Outcome == "requeued" }) {
		t.Errorf("ended as %q", end.Outcome)
	}
}
