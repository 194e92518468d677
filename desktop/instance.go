package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The first window of a data folder listens on a socket in it. A second start finds that somebody answers
// there, has it come to the front, and ends.

const callPatience = 5 * time.Second

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

// callFirst asks the first window to come to the front.
func callFirst(data string) error {
	c, err := dial(socketPath(data))
	if err != nil {
		return fmt.Errorf("reach the window that is open already: %w", err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(callPatience))
	if err := json.NewEncoder(c).Encode(struct{}{}); err != nil {
		return fmt.Errorf("tell the window that is open already: %w", err)
	}
	if _, err := bufio.NewReader(c).ReadByte(); err != nil {
		return fmt.Errorf("the window that is open already does not answer: %w", err)
	}
	return nil
}

// answer takes further starts' calls until the listener is closed.
func answer(l net.Listener, do func()) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			_ = c.SetDeadline(time.Now().Add(callPatience))
			var said struct{} // fields of later versions are passed over
			if json.NewDecoder(c).Decode(&said) == nil {
				do()
				_, _ = c.Write([]byte("\n"))
			}
		}()
	}
}
