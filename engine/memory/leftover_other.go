//go:build !linux

package memory

import (
	"errors"
	"time"
)

func findLeftovers(time.Time) ([]Leftover, error) { return nil, errors.ErrUnsupported }

func (Leftover) remove() error { return errors.ErrUnsupported }
