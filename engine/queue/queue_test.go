package queue

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// push adds items written as user+number, such as "a1"; a trailing "~" makes one background work.
func push(q *Queue, ids ...string) {
	for _, id := range ids {
		name := strings.TrimSuffix(id, "~")
		q.Push(Item{ID: name, User: name[:1], Background: name != id})
	}
}

func order(q *Queue) string {
	var ids []string
	for _, it := range q.Order(nil) {
		ids = append(ids, it.ID)
	}
	return strings.Join(ids, " ")
}

func expect(t *testing.T, q *Queue, want string) {
	t.Helper()
	if got := order(q); got != want {
		t.Errorf("order is %q, want %q", got, want)
	}
}

func TestUsersTakeTurns(t *testing.T) {
	var q Queue
	push(&q, "a1", "a2", "a3", "b1", "c1", "b2")
	expect(t, &q, "a1 b1 c1 a2 b2 a3")
	q.Take("a1")
	expect(t, &q, "b1 c1 a2 b2 a3")
	q.Take("b1")
	expect(t, &q, "c1 a2 b2 a3")
}

func TestNewcomerGoesBeforeSomeoneJustServed(t *testing.T) {
	var q Queue
	push(&q, "a1", "a2")
	q.Take("a1")
	push(&q, "b1")
	expect(t, &q, "b1 a2")
}

func TestBackgroundGivesWay(t *testing.T) {
	var q Queue
	push(&q, "a1~", "a2~", "b1", "a3")
	expect(t, &q, "b1 a3 a1 a2")
}

func TestRequeuedGoesFirst(t *testing.T) {
	var q Queue
	push(&q, "a1", "b1", "c1")
	it, _ := q.Take("a1")
	q.PushFront(it)
	expect(t, &q, "a1 b1 c1")
}

func TestMoveStaysWithinAUser(t *testing.T) {
	var q Queue
	push(&q, "a1", "a2", "b1", "a3")
	if !q.Move("a3", "a1") {
		t.Error("moving one's own prompt was refused")
	}
	expect(t, &q, "a3 b1 a1 a2")
	if q.Move("a3", "b1") || q.Move("a9", "") || q.Move("a1", "a9") || q.Move("a1", "a1") {
		t.Error("a move that names another's prompt, an unknown one or itself was accepted")
	}
	q.Move("a3", "")
	expect(t, &q, "a1 b1 a2 a3")
}

// Whatever is done to it, the queue keeps each item once, and one user's items in the order he gave.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var q Queue
		want := map[string][]string{} // user -> ids in order
		for n := range 200 {
			user := string(rune('a' + rng.IntN(4)))
			if rng.IntN(2) == 0 {
				id := fmt.Sprintf("%s%d", user, n)
				q.Push(Item{ID: id, User: user})
				want[user] = append(want[user], id)
			} else if next := q.Order(nil); len(next) > 0 {
				it := next[0]
				q.Take(it.ID)
				if want[it.User][0] != it.ID {
					t.Fatalf("seed %d: %s went before %s", seed, it.ID, want[it.User][0])
				}
				want[it.User] = want[it.User][1:]
			}
		}
		got := map[string][]string{}
		for _, it := range q.Order(nil) {
			got[it.User] = append(got[it.User], it.ID)
		}
		for user, ids := range want {
			if len(ids) > 0 && strings.Join(got[user], " ") != strings.Join(ids, " ") {
				t.Fatalf("seed %d: %s waits as %v, want %v", seed, user, got[user], ids)
			}
		}
		if len(q.served) > 4 {
			t.Fatalf("seed %d: remembers %d users", seed, len(q.served))
		}
	}
}
