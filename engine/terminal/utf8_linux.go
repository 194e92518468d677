package terminal

import "golang.org/x/sys/unix"

// speakUTF8 has the system delete whole runes when a line is edited.
func speakUTF8(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag |= unix.IUTF8
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}
