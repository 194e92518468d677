package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

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

// Program is the whole server, engine and all, from its start to its end.
type Program struct {
	Settings engine.Settings // completed and valid
	Version  string
	Self     string // see engine.Options
	Log      *slog.Logger
	Token    Hash   // of the owner's
	OneTime  string // see Options
	Proxied  bool   // see Options
	Window   Window // see Options
	// Keys finds Token and OneTime once the address is known to be free; nil when they are given.
	Keys     func() (Hash, string, error)
	Ready    func(net.Addr, *engine.Engine) // called once it can be reached
	Stopping func()                         // called when it begins to end
}

// Run serves until the context ends, and ends in good order: running turns are put back in line.
func (p Program) Run(ctx context.Context) error {
	s := p.Settings
	limit, err := s.ServerMemory()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(limit)
	p.Log.Info("the server's rank", "detail", process.Protect())
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return fmt.Errorf("HOST %s, PORT %d cannot be listened on (is another Coder1 running? PORT=0 takes any free one): %w", s.Host, s.Port, err)
	}
	defer func() { _ = l.Close() }()
	if p.Keys != nil {
		if p.Token, p.OneTime, err = p.Keys(); err != nil {
			return err
		}
	}
	e, err := engine.Open(engine.Options{Settings: s, Self: p.Self, Version: p.Version, Log: p.Log})
	if err != nil {
		return err
	}
	web := New(Options{
		Engine: e, Log: p.Log, Page: frontend.Files(), Token: p.Token, OneTime: p.OneTime, Version: p.Version, Proxied: p.Proxied, Window: p.Window,
	})
	p.Ready(l.Addr(), e)
	return p.serve(ctx, netutil.LimitListener(l, maxConnections), web, e)
}

func (p Program) serve(ctx context.Context, l net.Listener, s *Server, e *engine.Engine) error {
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	p.Stopping()
	s.Stop()
	_ = within(drainPatience, func(ctx context.Context) error { e.Drain(ctx); return nil })
	if shut := within(closePatience, h.Shutdown); shut != nil {
		p.Log.Warn("some requests were cut off", "reason", errors.Join(shut, h.Close()))
	}
	s.Wait()
	return errors.Join(err, within(closePatience, e.Close))
}

func within(patience time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return do(ctx)
}
