// Package queue decides who goes next: fair between users, first come first served within one,
// interactive before background. Pure; not safe for concurrent use.
package queue

import "slices"

// Item is one waiting prompt.
type Item struct {
	ID         string
	User       string
	Session    string
	Background bool // gives way to everything interactive
}

// Queue holds what waits. The zero value is an empty queue. It has no bound of its own: who may stand in
// line is decided before.
type Queue struct {
	items  []Item         // in order of arrival within each user
	served map[string]int // user -> turn number of the last one he was given
	turn   int
	order  []Item // as Order returns it; nil after a change
}

// Len is how many wait.
func (q *Queue) Len() int { return len(q.items) }

// Push puts an item at the end of its user's line.
func (q *Queue) Push(it Item) {
	q.items = append(q.items, it)
	q.order = nil
}

// PushFront puts back an item that was given a turn and lost it: it goes before everybody.
func (q *Queue) PushFront(it Item) {
	q.items = slices.Insert(q.items, 0, it)
	delete(q.served, it.User)
	q.order = nil
}

// Remove takes an item out without it having been served.
func (q *Queue) Remove(id string) (Item, bool) {
	i := q.index(id)
	if i < 0 {
		return Item{}, false
	}
	it := q.items[i]
	q.items = slices.Delete(q.items, i, i+1)
	q.order = nil
	return it, true
}

// Take removes an item because its turn has come, and remembers that its user was served.
func (q *Queue) Take(id string) (Item, bool) {
	it, ok := q.Remove(id)
	if ok {
		if q.served == nil {
			q.served = map[string]int{}
		}
		q.turn++
		q.served[it.User] = q.turn
		q.forget()
	}
	return it, ok
}

// Move puts an item before another of the same user, or at the end of his line when before is empty.
// It reports false when either is not there or they belong to different users.
func (q *Queue) Move(id, before string) bool {
	from := q.index(id)
	if from < 0 || id == before {
		return false
	}
	it := q.items[from]
	if before != "" {
		to := q.index(before)
		if to < 0 || q.items[to].User != it.User {
			return false
		}
	}
	q.items = slices.Delete(q.items, from, from+1)
	to := len(q.items)
	if before != "" {
		to = q.index(before)
	}
	q.items = slices.Insert(q.items, to, it)
	q.order = nil
	return true
}

// Order appends to dst the waiting items in the order in which they would go if each could: the user
// served longest ago first, then in turn. Interactive items come before all background ones.
func (q *Queue) Order(dst []Item) []Item {
	if q.order == nil {
		q.order = q.round(q.round(make([]Item, 0, len(q.items)), false), true)
	}
	return append(dst, q.order...)
}

// round deals out the items of one class, one per user and round.
func (q *Queue) round(dst []Item, background bool) []Item {
	var users []string
	lines := map[string][]Item{}
	for _, it := range q.items {
		if it.Background != background {
			continue
		}
		if lines[it.User] == nil {
			users = append(users, it.User)
		}
		lines[it.User] = append(lines[it.User], it)
	}
	slices.SortStableFunc(users, func(a, b string) int { return q.served[a] - q.served[b] })
	for left := true; left; {
		left = false
		for _, u := range users {
			if line := lines[u]; len(line) > 0 {
				dst = append(dst, line[0])
				lines[u] = line[1:]
				left = left || len(line) > 1
			}
		}
	}
	return dst
}

// forget drops the memory of users who no longer matter, so that it cannot grow with the number of users
// ever seen: someone who was served longer ago than the queue is long stands where a newcomer stands.
func (q *Queue) forget() {
	const keep = 64
	for u, t := range q.served {
		if q.turn-t > keep+len(q.items) {
			delete(q.served, u)
		}
	}
}

func (q *Queue) index(id string) int {
	return slices.IndexFunc(q.items, func(it Item) bool { return it.ID == id })
}
