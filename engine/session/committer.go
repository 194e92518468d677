package session

import (
	"github.com/cockroachdb/pebble"
)

// Batches are handed to an instance by one goroutine, the committer, and another waits until they are on
// disk. What comes while the disk is busy goes out together, as with Pebble's own group commit, and nobody
// who writes is inside Pebble when it does not come back.

// pending is a batch that waits to be written.
type pending struct {
	batch *pebble.Batch
	sync  bool
	done  chan error
}

// underWay is a batch that is written and not yet on disk, and those who wait for it.
type underWay struct {
	batch   *pebble.Batch
	waiting []pending
}

// Bounds of what goes out together.
const (
	maxPending    = 256       // batches; more wait
	togetherBytes = 256 << 10 // a quarter of what Pebble writes before it makes a table
)

// submit has a batch written and waits for it.
func (in *instance) submit(b *pebble.Batch, o *pebble.WriteOptions) error {
	p := pending{b, o.GetSync(), make(chan error, 1)}
	select {
	case in.queue <- p:
	case <-in.broken:
		return in.failure()
	}
	select {
	case err := <-p.done:
		return err
	case <-in.broken:
		return in.failure()
	}
}

// write is the committer. When Pebble panics, or never comes back, those who wait are told by the instance.
func (in *instance) write() {
	defer in.recovered()
	defer close(in.written)
	for p := range in.queue {
		in.begin(in.gather(p))
	}
}

// gather takes along what waits already.
func (in *instance) gather(first pending) []pending {
	all := []pending{first}
	for bytes := first.batch.Len(); bytes < togetherBytes && len(all) < maxPending; {
		select {
		case p, open := <-in.queue:
			if !open {
				return all
			}
			all = append(all, p)
			bytes += p.batch.Len()
		default:
			return all
		}
	}
	return all
}

// begin writes batches as one. Those that need not be on disk are done then.
func (in *instance) begin(all []pending) {
	together, sync, err := all[0].batch, all[0].sync, error(nil)
	if len(all) > 1 {
		together = &pebble.Batch{}
		for _, p := range all {
			sync = sync || p.sync
			if err == nil {
				err = together.Apply(p.batch, nil)
			}
		}
	}
	switch {
	case err != nil || together.Empty():
	case sync:
		if err = in.ApplyNoSyncWait(together, pebble.Sync); err == nil {
			in.written <- underWay{together, all}
			return
		}
	default:
		err = in.Apply(together, pebble.NoSync)
	}
	answer(all, err)
}

func answer(all []pending, err error) {
	for _, p := range all {
		p.done <- err
	}
}

// await waits for the disk.
func (in *instance) await() {
	defer in.recovered()
	for w := range in.written {
		err := w.batch.SyncWait()
		if err != nil {
			in.giveUp(err)
			err = in.failure()
		}
		answer(w.waiting, err)
	}
}

func (in *instance) recovered() {
	if r := recover(); r != nil {
		in.giveUp(errorOf(r))
	}
}
