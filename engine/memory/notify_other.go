//go:build !linux

package memory

import "errors"

func openSources(Meter, []int64) ([]source, error) { return nil, nil }

func startNotifier([]source) (*Notifier, error) { return nil, errors.ErrUnsupported }

// Close ends the notifications.
func (n *Notifier) Close() error { return nil }
