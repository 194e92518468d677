package queue

import (
	"maps"
	"slices"
)

// Snapshot is a Queue in a form that can be kept.
type Snapshot struct {
	Items  []Item
	Served map[string]int // user -> turn number of the last one he was given
	Turn   int
}

// Snapshot returns all that the queue knows.
func (q *Queue) Snapshot() Snapshot {
	return Snapshot{Items: append([]Item(nil), q.items...), Served: maps.Clone(q.served), Turn: q.turn}
}

// Restore makes a queue that goes on where another was when the snapshot was taken.
func Restore(s Snapshot) Queue {
	return Queue{items: slices.Clone(s.Items), served: maps.Clone(s.Served), turn: s.Turn}
}
