package session

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// noise is text that does not compress.
func noise(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"
	rng := rand.New(rand.NewPCG(uint64(n), rand.Uint64()))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[rng.IntN(len(letters))]
	}
	return string(b)
}

func folderBytes(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil { // else it was deleted meanwhile
			n += info.Size()
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return n
}

// awaitBytes waits until a folder has shrunk: Pebble removes files after it has said that it is done.
func awaitBytes(t *testing.T, dir string, limit int64) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		n := folderBytes(t, dir)
		if n <= limit {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the folder has %d KB still, %d were to be left", n>>10, limit>>10)
		}
	}
}

// idle opens a store that tells when it has given back what there was to give back.
func idle(t *testing.T) (s *Store, wait func()) {
	s = open(t, nil)
	done := make(chan struct{}, 100)
	s.tidy.idle.Store(func() { done <- struct{}{} })
	return s, func() {
		t.Helper()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("nothing was given back")
		}
	}
}

func TestDeletingFreesTheDisk(t *testing.T) {
	s, wait := idle(t)
	for _, id := range []string{"a", "b", "c"} {
		must[Meta](t)(s.Create(Meta{ID: id}))
		for range 30 {
			must[[]Event](t)(s.Write(id, Change{Events: []Event{say(noise(200 << 10))}}))
		}
	}
	before := folderBytes(t, s.options.Dir)
	if err := s.Delete("b"); err != nil {
		t.Fatal(err)
	}
	wait()
	if err := s.Delete("a"); err != nil {
		t.Fatal(err)
	}
	wait()
	awaitBytes(t, s.options.Dir, before/2)
	if e := must[[]Event](t)(s.Events("c", 0, 99, 1<<30)); len(e) != 30 {
		t.Errorf("%d events are left of the third", len(e))
	}
}

// Shortening goes on from where it was, frees the disk, leaves alone what it is not told to touch, and lets
// writers in between.
func TestShortening(t *testing.T) {
	s, wait := idle(t)
	must[Meta](t)(s.Create(Meta{ID: "a"}))
	for i := range 500 {
		text := fmt.Sprint("short ", i)
		if i%10 == 0 {
			text = fmt.Sprint("long ", noise(150<<10))
		}
		must[[]Event](t)(s.Write("a", Change{Events: []Event{say(text)}}))
	}
	before := folderBytes(t, s.options.Dir)
	shorten := func(e Event) (json.RawMessage, bool) {
		return json.RawMessage(`{"text":"was long"}`), strings.Contains(string(e.Data), "long ")
	}
	steps := 0
	for done := false; !done; steps++ {
		done = must[bool](t)(s.Shorten("a", 400, shorten))
		if !done && steps == 2 { // somebody writes in between
			must[[]Event](t)(s.Write("a", Change{Events: []Event{say("in between")}}))
		}
	}
	if steps < 5 {
		t.Errorf("%d steps", steps)
	}
	wait()
	for _, e := range must[[]Event](t)(s.Events("a", 0, 1000, 1<<30)) {
		i := int(e.Seq - 1)
		want := fmt.Sprintf(`{"text":"short %d"}`, i)
		switch {
		case i == 500:
			want = `{"text":"in between"}`
		case i%10 == 0 && i < 400:
			want = `{"text":"was long"}`
		case i%10 == 0:
			if len(e.Data) < 150<<10 {
				t.Errorf("event %d was shortened", e.Seq)
			}
			continue
		}
		if string(e.Data) != want {
			t.Errorf("event %d is %.60s, want %s", e.Seq, e.Data, want)
		}
	}
	awaitBytes(t, s.options.Dir, before/2)
	unused := func() (all []string) {
		err := s.Unused(time.Now().Add(time.Hour), func(id string, shortened bool) bool {
			all = append(all, fmt.Sprint(id, " ", shortened))
			return true
		})
		if err != nil {
			t.Error(err)
		}
		return all
	}
	if got := fmt.Sprint(unused()); got != "[a true]" {
		t.Errorf("unused: %s", got)
	}
	must[[]Event](t)(s.Write("a", Change{Events: []Event{{Type: "message", Time: time.Now().Add(2 * time.Minute), Data: json.RawMessage(`{}`)}}}))
	if got := fmt.Sprint(unused()); got != "[a false]" {
		t.Errorf("unused, after it was used: %s", got)
	}
	must[[]Event](t)(s.Write("a", Change{Meta: func(m *Meta) { m.Pinned = true }}))
	if done := must[bool](t)(s.Shorten("a", 502, shorten)); !done {
		t.Error("a pinned session is never done")
	}
	if e := must[[]Event](t)(s.Events("a", 490, 1, 1<<30)); len(e) != 1 || len(e[0].Data) < 150<<10 {
		t.Error("a pinned session was shortened")
	}
}
