package session

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
)

// The figures of the store, as ratios of what is measured in turns in one run, since the disk's speed is
// nobody's merit: go test -v -run Figures ./engine/session

// appenders has so many writers append until a time is over, and returns appends per second.
func appenders(writers int, d time.Duration, write func(writer int) error) (float64, error) {
	var wg sync.WaitGroup
	counts := make([]int, writers)
	errs := make([]error, writers)
	start := time.Now()
	for w := range writers {
		wg.Go(func() {
			for time.Since(start) < d && errs[w] == nil {
				errs[w] = write(w)
				counts[w]++
			}
		})
	}
	wg.Wait()
	total := 0
	for w, n := range counts {
		if errs[w] != nil {
			return 0, errs[w]
		}
		total += n
	}
	return float64(total) / time.Since(start).Seconds(), nil
}

// Durable appends of 1 KB with 1, 8 and 64 writers: ours, Pebble's alone (one value a batch), and a write
// with fsync for each.
func TestFiguresAppends(t *testing.T) {
	rounds, d := 3, 50*time.Millisecond
	if os.Getenv("CODER1_FIGURES") != "" {
		rounds = 120
	}
	data := json.RawMessage(fmt.Sprintf(`{"text":%q}`, strings.Repeat("x", 1000)))
	dir := t.TempDir()
	s := open(t, func(o *Options) { o.Dir, o.ActiveBytes = filepath.Join(dir, "store"), 0 })
	o := Options{}
	o.setDefaults()
	po, release := o.pebble()
	db := must[*pebble.DB](t)(pebble.Open(filepath.Join(dir, "pebble"), po))
	release()
	defer db.Close()
	for w := range 64 {
		must[Meta](t)(s.Create(Meta{ID: fmt.Sprint("s", w)}))
	}
	var last [64]int64 // keys of Pebble's: new ones each time, as ours are
	for _, writers := range []int{1, 8, 64} {
		files := make([]*os.File, writers)
		for w := range files {
			files[w] = must[*os.File](t)(os.Create(filepath.Join(dir, fmt.Sprint("f", w))))
		}
		ways := []func(w int) error{
			func(w int) error {
				_, err := s.Write(fmt.Sprint("s", w), Change{Events: []Event{{Type: "message", Data: data}}})
				return err
			},
			func(w int) error {
				last[w]++
				return db.Set(eventKey(fmt.Sprint("s", w), last[w]), data, pebble.Sync)
			},
			func(w int) error {
				if _, err := files[w].Write(data); err != nil {
					return err
				}
				return files[w].Sync()
			},
		}
		rates := make([][]float64, len(ways))
		for range rounds {
			for _, i := range rand.Perm(len(ways)) { // a file system goes on with what the one before has written
				rates[i] = append(rates[i], must[float64](t)(appenders(writers, d, ways[i])))
			}
		}
		var mid []float64
		for _, r := range rates {
			slices.Sort(r)
			mid = append(mid, r[len(r)/2])
		}
		t.Logf("%2d writers: %6.0f appends/s, %.2f of Pebble alone (%.0f), %.2f of write+fsync (%.0f)",
			writers, mid[0], mid[0]/mid[1], mid[1], mid[0]/mid[2], mid[2])
		for _, f := range files {
			f.Close()
		}
	}
}

// BenchmarkLines writes a log of 64 MB as NDJSON.
func BenchmarkLines(b *testing.B) {
	s := open(b, func(o *Options) { o.MaxActive = 0 })
	in := must[*Incoming](b)(s.Receive("a"))
	size := int64(0)
	for seq := int64(1); size < 64<<20; seq++ {
		e := say(noise(1000))
		if seq%100 == 0 {
			e = say(noise(200 << 10))
		}
		e.Seq, e.Time = seq, time.Unix(1e9, 0).UTC()
		size += int64(len(e.Data))
		if err := in.Add(e); err != nil {
			b.Fatal(err)
		}
	}
	if err := in.Commit(Meta{}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.WriteLines(b.Context(), "a", 0, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite is what an append of 1 KB costs without a disk.
func BenchmarkWrite(b *testing.B) {
	s := open(b, func(o *Options) { o.Dir, o.FS = "x", vfs.NewMem() })
	must[Meta](b)(s.Create(Meta{ID: "a"}))
	data := json.RawMessage(fmt.Sprintf(`{"text":%q}`, strings.Repeat("x", 1000)))
	b.ReportAllocs()
	for b.Loop() {
		must[[]Event](b)(s.Write("a", Change{Events: []Event{{Type: "message", Data: data}}}))
	}
}

// BenchmarkPebble is the same with Pebble alone.
func BenchmarkPebble(b *testing.B) {
	o := Options{FS: vfs.NewMem()}
	o.setDefaults()
	po, release := o.pebble()
	po.FS = o.FS
	db := must[*pebble.DB](b)(pebble.Open("x", po))
	release()
	defer db.Close()
	data := json.RawMessage(fmt.Sprintf(`{"text":%q}`, strings.Repeat("x", 1000)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if err := db.Set(eventKey("a", int64(n)), data, pebble.Sync); err != nil {
			b.Fatal(err)
		}
	}
}
