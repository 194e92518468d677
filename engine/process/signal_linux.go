package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// send signals exactly the process that is meant, never one that was given its pid meanwhile.
func send(to identity, sig unix.Signal) error {
	fd, err := unix.PidfdOpen(to.pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return errGone
	}
	if err == nil {
		defer func() { _ = unix.Close(fd) }()
	}
	// The descriptor pins the process it was opened on; only now is it worth asking which one that is.
	if e, ok := look(to.pid); !ok || e.start != to.start {
		return errGone
	}
	if err != nil { // a kernel before 5.3, or a sandbox that forbids it
		err = unix.Kill(to.pid, sig)
	} else {
		err = unix.PidfdSendSignal(fd, sig, nil, 0)
	}
	if errors.Is(err, unix.ESRCH) {
		return errGone
	}
	return err
}
