package session

import (
	"fmt"
	"sync"
	"testing"
)

// Many who follow one session read each piece of its log once among them, and miss nothing.
func TestFollowersShareOneReading(t *testing.T) {
	for _, active := range []int{0, 2} {
		s := open(t, func(o *Options) { o.MaxActive = active })
		must[Meta](t)(s.Create(Meta{ID: "a"}))
		const followers, pageEvents = 50, 20
		cursors := make([]int64, followers)
		catchUp := func() {
			var wg sync.WaitGroup
			for f := range followers {
				wg.Go(func() {
					for {
						events, err := s.Events("a", cursors[f], pageEvents, 1<<20)
						if err != nil || len(events) == 0 {
							return
						}
						for _, e := range events {
							if e.Seq != cursors[f]+1 || string(e.Data) != fmt.Sprintf(`{"text":"%d"}`, e.Seq) {
								t.Errorf("after %d came %d %s", cursors[f], e.Seq, e.Data)
							}
							cursors[f] = e.Seq
						}
					}
				})
			}
			wg.Wait()
		}
		write := func(n int) {
			for range n {
				last := must[Meta](t)(s.Get("a")).LastSeq
				must[[]Event](t)(s.Write("a", Change{Events: []Event{say(fmt.Sprint(last + 1))}}))
			}
		}
		write(3 * pageEvents)
		s.DropContexts(0)
		s.reads.Store(0)
		catchUp()
		if n := s.reads.Load(); n > 3*2 { // a follower that is far ahead may push a page out
			t.Errorf("%d active: %d readings for 3 pages and %d followers", active, n, followers)
		}
		s.reads.Store(0)
		for range 10 {
			write(1)
			catchUp()
		}
		if n, want := s.reads.Load(), int64(10); n > want || active > 0 && n > 0 {
			t.Errorf("%d active: %d readings for 10 new events and %d followers", active, n, followers)
		}
		for f, at := range cursors {
			if at != 3*pageEvents+10 {
				t.Errorf("follower %d stands at %d", f, at)
			}
		}
	}
}
