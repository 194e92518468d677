package memory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"
)

func openSources(m Meter, thresholds []int64) ([]source, error) {
	switch m := m.(type) {
	case *cgroupMeter:
		if m.controller != "" {
			return openThresholds(m.dir, m.usage, thresholds)
		}
		return openEvents(m.dir)
	case *treeMeter:
		s, err := openPressure(filepath.Join(m.root, "proc/pressure/memory"), "memory pressure of the machine")
		if err != nil {
			return nil, err
		}
		return []source{s}, nil
	}
	return nil, nil
}

// startNotifier waits for all sources in a goroutine of its own. It owns them from here on.
func startNotifier(sources []source) (n *Notifier, err error) {
	n = &Notifier{c: make(chan struct{}, 1), over: make(chan struct{}), sources: sources, stop: -1}
	defer func() {
		if err != nil {
			n.release()
		}
	}()
	if n.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	if n.stop, err = eventfd(); err != nil {
		return nil, err
	}
	if err := n.add(n.stop, syscall.EPOLLIN, stopIndex); err != nil {
		return nil, err
	}
	for i, s := range sources {
		if err := n.add(s.fd, s.events, int32(i)); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	go n.serve()
	return n, nil
}

// stopIndex marks the event that ends the goroutine, among the numbers of sources.
const stopIndex = -1

func (n *Notifier) add(fd int, events uint32, index int32) error {
	e := syscall.EpollEvent{Events: events, Fd: index}
	if err := syscall.EpollCtl(n.epoll, syscall.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("epoll_ctl: %w", err)
	}
	return nil
}

func (n *Notifier) serve() {
	defer close(n.over)
	events := make([]syscall.EpollEvent, len(n.sources)+1)
	for {
		count, err := syscall.EpollWait(n.epoll, events, -1)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		for _, e := range events[:count] {
			if e.Fd == stopIndex {
				return
			}
			if s := n.sources[e.Fd]; s.clear != nil {
				s.clear()
			}
		}
		select {
		case n.c <- struct{}{}:
		default: // the last one was not taken yet
		}
		time.Sleep(quiet)
	}
}

// Close ends the notifications. The channel stays open, and silent.
func (n *Notifier) Close() error {
	one := make([]byte, 8)
	binary.NativeEndian.PutUint64(one, 1)
	if _, err := syscall.Write(n.stop, one); err != nil {
		return fmt.Errorf("stop the notifier: %w", err)
	}
	<-n.over
	n.release()
	return nil
}

func (n *Notifier) release() {
	for _, s := range n.sources {
		s.close()
	}
	for _, fd := range []int{n.stop, n.epoll} {
		if fd > 0 {
			_ = syscall.Close(fd)
		}
	}
}

// eventfd makes a counter that can be polled (eventfd(2)).
func eventfd() (int, error) {
	fd, _, errno := syscall.Syscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		return -1, fmt.Errorf("eventfd: %w", errno)
	}
	return int(fd), nil
}

// drain reads what makes a file ready. What it holds does not matter.
func drain(fd int) func() {
	buf := make([]byte, 4<<10)
	return func() { _, _ = syscall.Pread(fd, buf, 0) }
}
