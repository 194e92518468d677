package engine

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"coder1/engine/governor"
	"coder1/engine/memory"
)

// What is given back when the governor asks for it. Each reclaimer runs as a chore, and reports what it
// brought.

// reclaim has a reclaimer run, and its result told.
func (h *hands) reclaim(what string, run func() int64) {
	h.later(func() {
		freed := run()
		h.ask(governor.Reclaimed{What: what, Bytes: freed})
		if freed >= 8*governor.MB {
			h.journal.enter(Entry{Kind: "reclaimed", Reason: fmt.Sprintf("%d MB given back: %s", freed/governor.MB, what)})
		}
	})
}

func (h *hands) dropContexts(keep int) {
	h.reclaim("contexts of sessions", func() int64 { return h.store.DropContexts(keep) })
}

// releaseMemory gives what the garbage collector has freed back to the system.
func (h *hands) releaseMemory() {
	h.reclaim("freed memory of the server", func() int64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		debug.FreeOSMemory()
		runtime.ReadMemStats(&after)
		return int64(after.HeapReleased) - int64(before.HeapReleased)
	})
}

// sweepShared removes files in memory that nobody uses any more. Outside of a container of our own it leaves
// them alone: they may be somebody else's.
func (h *hands) sweepShared() {
	if !h.alone {
		return
	}
	h.reclaim("files in memory that nobody used", func() (freed int64) {
		left, err := memory.Leftovers(time.Now().Add(-h.now()))
		if err != nil {
			h.log.Warn("files in memory could not be looked at", "error", err)
		}
		for _, l := range left {
			if err := l.Remove(); err != nil {
				h.log.Warn("a file in memory could not be removed", "path", l.Path, "error", err)
				continue
			}
			freed += l.Bytes
			h.log.Info("a file in memory that nobody used was removed", "path", l.Path, "mb", l.Bytes/governor.MB)
		}
		return freed
	})
}
