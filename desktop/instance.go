package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The first window of a data folder listens on a socket in it. A second start finds that somebody answers
// there, has it come to the front and open what the second was to open, and ends.

const callPatience = 5 * time.Second

// call is what a further start says.
type call struct {
	Path string `json:"path,omitempty"` // absolute; what is to be opened, "" for nothing
}

// maxCall is more than the longest call, in bytes.
const maxCall = 64 << 10

func socketPath(data string) string { return filepath.Join(data, "desktop.sock") }

func dial(path string) (net.Conn, error) {
	d := net.Dialer{Timeout: callPatience}
	return d.DialContext(context.Background(), "unix", path)
}

// becomeFirst makes this process the first of the data folder; nil when another is.
func becomeFirst(data string) (net.Listener, error) {
	path := socketPath(data)
	if c, err := dial(path); err == nil {
		return nil, c.Close()
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of one that has died
		return nil, fmt.Errorf("remove the socket of a window that is gone: %w", err)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for further starts: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

// callFirst asks the first window to come to the front, and to open a path unless it is "".
func callFirst(data, path string) error {
	c, err := dial(socketPath(data))
	if err != nil {
		return fmt.Errorf("reach the window that is open already: %w", err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(callPatience))
	if err := json.NewEncoder(c).Encode(call{path}); err != nil {
		return fmt.Errorf("tell the window that is open already: %w", err)
	}
	if _, err := bufio.NewReader(c).ReadByte(); err != nil {
		return fmt.Errorf("the window that is open already does not answer: %w", err)
	}
	return nil
}

// answer takes further starts' calls until the listener is closed.
func answer(l net.Listener, do func(path string)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			_ = c.SetDeadline(time.Now().Add(callPatience))
			var said call // fields of later versions are passed over
			if json.NewDecoder(io.LimitReader(c, maxCall)).Decode(&said) == nil {
				do(said.Path)
				_, _ = c.Write([]byte("\n"))
			}
		}()
	}
}
