package session

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/vfs"
	"github.com/cockroachdb/pebble/vfs/errorfs"
)

// faults is a disk that begins to fail: operations that change it and, if reads is set, others too.
type faults struct {
	left  atomic.Int64 // operations until it fails; negative: it fails
	armed atomic.Bool
	reads bool
}

func (f *faults) arm(after int) {
	f.left.Store(int64(after))
	f.armed.Store(true)
}

func (f *faults) mend() { f.armed.Store(false) }

// MaybeError implements errorfs.Injector.
func (f *faults) MaybeError(op errorfs.Op, path string) error {
	if !f.armed.Load() || !f.reads && op.OpKind() != errorfs.OpKindWrite || op == errorfs.OpFileClose {
		return nil
	}
	if f.left.Add(-1) >= 0 {
		return nil
	}
	return &os.PathError{Op: fmt.Sprint("operation ", int(op)), Path: path, Err: syscall.EIO}
}

// A disk that fails at a random operation: what was acknowledged is there while it fails, after it works
// again, and after a restart; and once it works again writes are accepted, without a restart.
func TestAFailingDisk(t *testing.T) {
	for seed := range uint64(soak(25, 1000)) {
		rng := rand.New(rand.NewPCG(seed, 3))
		disk := &faults{}
		files := vfs.NewMem()
		now := time.Unix(1e9, 0)
		o := Options{Dir: "data/store", FS: errorfs.Wrap(files, disk), MemTableBytes: 64 << 10,
			Now: func() time.Time { return now }}
		s := must[*Store](t)(Open(o))
		ended := false
		s.db.exit = func(int) { ended = true }
		must[Meta](t)(s.Create(Meta{ID: "a"}))
		var acknowledged []string // by sequence number; "" for what was not acknowledged and may be there
		write := func() error {
			text := fmt.Sprint("e", rng.Uint64(), string(make([]byte, rng.IntN(8000))))
			events, err := s.Write("a", Change{Events: []Event{say(text)}})
			if err == nil {
				for int64(len(acknowledged)) < events[0].Seq-1 {
					acknowledged = append(acknowledged, "")
				}
				acknowledged = append(acknowledged, string(events[0].Data))
			}
			return err
		}
		check := func(when string) {
			t.Helper()
			events := must[[]Event](t)(s.Events("a", 0, 1<<20, 1<<30))
			if len(events) < len(acknowledged) {
				t.Fatalf("seed %d, %s: %d events, %d were acknowledged", seed, when, len(events), len(acknowledged))
			}
			for i, want := range acknowledged {
				if want != "" && string(events[i].Data) != want {
					t.Fatalf("seed %d, %s: event %d is not what was acknowledged", seed, when, i+1)
				}
			}
		}
		for range 3 {
			disk.arm(rng.IntN(120))
			failed := 0
			for range 60 {
				if err := write(); err != nil {
					failed++
					if !errors.Is(err, ErrBroken) {
						t.Fatalf("seed %d: a failing disk says %v", seed, err)
					}
				}
			}
			check("while the disk fails")
			disk.mend()
			for tries := 0; ; tries++ {
				now = now.Add(healPause)
				if err := write(); err == nil {
					break
				} else if tries == 3 {
					t.Fatalf("seed %d: %d writes failed, and with the disk in order again: %v", seed, failed, err)
				}
			}
			check("with the disk in order again")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if ended {
			t.Fatalf("seed %d: the program would have ended", seed)
		}
		s = must[*Store](t)(Open(o))
		check("after a restart")
		if s.Loss() != nil {
			t.Fatalf("seed %d: taken for damaged: %+v", seed, s.Loss())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
