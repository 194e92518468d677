package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"coder1/cloud/server"
	"coder1/engine"
	"coder1/engine/process"
	"coder1/frontend"

	"golang.org/x/net/netutil"
)

// maxConnections bounds what visitors cost: about 20 KB each.
const maxConnections = 500

// Times of a shutdown; together they stay below Render's maxShutdownDelaySeconds.
const (
	drainPatience = 40 * time.Second // for turns to be interrupted and agents to go
	closePatience = 5 * time.Second  // for requests to be answered
)

// Run serves until the program is told to end.
func (c *serveCommand) Run() error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	limit, err := c.ServerMemory()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(limit)
	log.Info("the server's rank", "detail", process.Protect())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(c.Host, strconv.Itoa(c.Port)))
	if err != nil {
		return fmt.Errorf("HOST %s, PORT %d cannot be listened on (is another Coder1 running? PORT=0 takes any free one): %w", c.Host, c.Port, err)
	}
	defer func() { _ = listener.Close() }()
	listener = netutil.LimitListener(listener, maxConnections)
	keys, err := c.keys()
	if err != nil {
		return err
	}
	e, err := engine.Open(engine.Options{Settings: c.Settings, Version: version, Log: log})
	if err != nil {
		return err
	}
	s := server.New(server.Options{
		Engine: e, Log: log, Page: frontend.Files(), Token: keys.hash, OneTime: keys.oneTime, Version: version,
		Proxied: os.Getenv("RENDER") != "",
	})
	c.welcome(listener, keys, e)
	return serve(ctx, stop, listener, s, e, log)
}

func serve(ctx context.Context, stop func(), l net.Listener, s *server.Server, e *engine.Engine, log *slog.Logger) error {
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		fmt.Println("Stopping: running turns are put back in line. Once more to stop at once.")
	}
	stop() // a second signal ends the program at once; what was accepted is on disk
	s.Stop()
	_ = within(drainPatience, func(ctx context.Context) error { e.Drain(ctx); return nil })
	if shut := within(closePatience, h.Shutdown); shut != nil {
		log.Warn("some requests were cut off", "reason", errors.Join(shut, h.Close()))
	}
	s.Wait()
	return errors.Join(err, within(closePatience, e.Close))
}

func within(patience time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return do(ctx)
}

// welcome says where to go. The line with the address is for people, and for programs that wait for it.
func (c *serveCommand) welcome(l net.Listener, k keys, e *engine.Engine) {
	if url := os.Getenv("RENDER_EXTERNAL_URL"); url != "" {
		fmt.Printf("Coder1 %s is at %s; log in with CODER1_TOKEN.\n", version, url)
		return
	}
	for _, a := range e.Agents() {
		state := "ready"
		if !a.Available {
			state = "not available"
		}
		fmt.Printf("Agent %s: %s. %s\n", a.Name, state, a.Detail)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String()) // it is one
	host := c.Host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	fmt.Printf("\nCoder1 %s is ready. Open this address (it logs you in, once):\n\n    http://%s/#login=%s\n\n", version, net.JoinHostPort(host, port), k.oneTime)
}
