//go:build !linux && !windows

package memory

import (
	"errors"
	"fmt"
	"runtime"
)

func enterJail(limit int64) (*Jail, error) {
	return nil, &noJail{limit, []error{fmt.Errorf("%s has no memory cgroups: %w", runtime.GOOS, errors.ErrUnsupported)}}
}
