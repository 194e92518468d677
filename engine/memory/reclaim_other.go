//go:build !linux

package memory

import "errors"

func order(string, string) error { return errors.ErrUnsupported }
