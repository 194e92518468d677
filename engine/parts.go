package engine

import "runtime/metrics"

// heapMetrics are the parts of Go's memory that are in use or kept for use, and not given back.
var heapMetrics = []string{
	"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes",
}

// ownParts says what the server's own memory is for. The rest is Go's runtime and what it starts itself.
func (e *Engine) ownParts() []Part {
	samples := make([]metrics.Sample, len(heapMetrics))
	for i := range samples {
		samples[i].Name = heapMetrics[i]
	}
	metrics.Read(samples)
	heap := int64(0)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 {
			heap += int64(s.Value.Uint64())
		}
	}
	_, contexts := e.store.Active()
	return []Part{
		{"what the program keeps (Go heap)", heap - min(heap, contexts)},
		{"active sessions", contexts},
		{"the store's cache and tables (Pebble)", e.store.MemoryBytes()},
	}
}
