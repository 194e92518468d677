package workspace

import "context"

// gate lets as many in at once as it has room for; the others wait outside.
type gate chan struct{}

// enter waits for room, and returns what gives it back.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g <- struct{}{}:
		return func() { <-g }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
