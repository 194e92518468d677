package scenario

import (
	"fmt"

	"coder1/engine/trace"
)

// Judge watches a recording, of whatever target: its first life of a server. One that broke off died.
func Judge(f *trace.File, expect Outcome) (*Result, error) {
	var w *Watch
	var run string
	died := true
	for it := range f.Items() {
		switch it := it.(type) {
		case trace.Head:
			switch {
			case w == nil:
				w, run = NewWatch(it, expect), it.Run
			case it.Run != run:
				return w.Result(died), nil
			case it.Lost > 0:
				return nil, fmt.Errorf("%s cannot be judged: %d inputs were not recorded", f.Name, it.Lost)
			}
		case trace.Step:
			w.Step(it.At, it.Event, it.Decisions)
		case trace.End:
			died = it.How != trace.Closed
		}
	}
	if w == nil {
		return nil, fmt.Errorf("%s is no flight recording that can be read", f.Name)
	}
	return w.Result(died), nil
}
