package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func sample(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Head{Created: time.Unix(1e9, 0).UTC(), By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	big := make([]byte, 100_000)
	for i := range big {
		big[i] = byte(rng.Uint32())
	}
	for _, err := range []error{
		w.JSON("sessions/a/meta.json", map[string]int{"x": 1}),
		w.File(Entry{Path: "agents/claude/x.jsonl", Size: int64(len(big)), Mode: 0o600, Modified: time.Unix(1e9, 0)}, bytes.NewReader(big)),
		w.File(Entry{Path: "workspaces/shop/link", Link: "../x"}, nil),
		w.File(Entry{Path: "workspaces/shop/refs", Mode: fs.ModeDir | 0o750}, nil),
		w.Bytes("empty", nil),
		w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestABackupComesBack(t *testing.T) {
	r, err := NewReader(bytes.NewReader(sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if h := r.Head(); h.Version != Version || h.By != "test" || h.Created.Unix() != 1e9 {
		t.Errorf("head %+v", h)
	}
	var all []string
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, 10)) // the rest is left unread
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %d %s %d", e.tarName(), e.Size, e.Link, n))
	}
	want := "sessions/a/meta.json 7  7; agents/claude/x.jsonl 100000  10; workspaces/shop/link 0 ../x 0; workspaces/shop/refs/ 0  0; empty 0  0"
	if got := strings.Join(all, "; "); got != want {
		t.Errorf("got %s", got)
	}
}

// A backup that is cut off anywhere, or has a byte changed, is said to be damaged, or no backup at all.
func TestDamageIsFound(t *testing.T) {
	whole := sample(t)
	for n := 0; n < len(whole); n += 1 + n%97 {
		if _, err := Verify(bytes.NewReader(whole[:n])); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) {
			t.Fatalf("cut off after %d of %d bytes: %v", n, len(whole), err)
		}
	}
	for n := 0; n < len(whole)-8; n += 1 + n%89 {
		bad := bytes.Clone(whole)
		for i := range 8 { // of a single bit the decompressed may be the same
			bad[n+i] ^= 0xff
		}
		if _, err := Verify(bytes.NewReader(bad)); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) {
			t.Fatalf("8 bytes changed from %d on: %v", n, err)
		}
	}
	if _, err := Verify(bytes.NewReader(append(bytes.Clone(whole), "more"...))); !errors.Is(err, ErrDamaged) {
		t.Errorf("with something behind: %v", err)
	}
}

func TestANewerBackupIsRefused(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, Head{})
	if err != nil {
		t.Fatal(err)
	}
	// The head is made again, as a later version would.
	b.Reset()
	w.zip.Reset(&b)
	w.tar = tar.NewWriter(w.zip)
	w.sum = newSum()
	if err := errors.Join(w.JSON(headName, Head{Version: 99}), w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := NewReader(&b); !errors.Is(err, ErrVersion) {
		t.Errorf("got %v", err)
	}
	if _, err := NewReader(strings.NewReader("PK\x03\x04 a zip file")); !errors.Is(err, ErrForeign) {
		t.Errorf("a zip file: %v", err)
	}
}

// Names have any bytes, and lead nowhere outside.
func TestPathsStayInside(t *testing.T) {
	for path, inside := range map[string]bool{
		`a\b`: true, "a/\xff/b": true, "...": true, "a b": true, "a/..b": true,
		"": false, "/a": false, "a/": false, "a//b": false, ".": false, "./a": false, "..": false, "a/../b": false, "a/..": false, "a\x00b": false,
	} {
		var b bytes.Buffer
		w, err := NewWriter(&b, Head{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Bytes(path, []byte("x")), w.Close()); err != nil {
			if inside {
				t.Errorf("%q cannot be written: %v", path, err)
			}
			continue
		}
		if _, err := Verify(&b); inside && err != nil || !inside && !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", path, err)
		}
	}
	for _, path := range []string{`..\up`, `a\..\..\up`, `c:\x`, "c:x", "NUL"} {
		if local, ok := (Entry{Path: path}).Local(); ok != (runtime.GOOS != "windows") {
			t.Errorf("%q is %q here", path, local)
		}
	}
}

// What is fuzzed is inside the compression: beyond it everything would be found by its checksum.
func FuzzReader(f *testing.F) {
	zip, err := zstd.NewReader(bytes.NewReader(sample(f)))
	if err != nil {
		f.Fatal(err)
	}
	plain, err := io.ReadAll(zip)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain[:4096])
	f.Add(plain[len(plain)-8192:])
	f.Fuzz(func(t *testing.T, data []byte) {
		var b bytes.Buffer
		zip, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := zip.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(&b)
		if err != nil {
			return
		}
		defer r.Close()
		for {
			e, err := r.Next()
			if err != nil {
				return
			}
			if strings.HasPrefix(e.Path, "/") || strings.Contains("/"+e.Path+"/", "/../") {
				t.Fatalf("the path %q leads outside", e.Path)
			}
		}
	})
}
