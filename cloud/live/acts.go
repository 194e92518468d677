package live

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// acts are what happens in a run, and when.
type acts []act

type act struct {
	at time.Duration
	do func(context.Context) error
}

func (a *acts) add(at time.Duration, do func(context.Context) error) { *a = append(*a, act{at, do}) }

func (a *acts) inOrder() []act {
	slices.SortStableFunc(*a, func(x, y act) int { return cmp.Compare(x.at, y.at) })
	return *a
}
