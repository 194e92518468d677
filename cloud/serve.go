package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"coder1/cloud/server"
	"coder1/engine"
)

// Run serves until the program is told to end.
func (c *serveCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var k keys
	return server.Program{
		Settings: c.Settings, Version: version, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Proxied: os.Getenv("RENDER") != "",
		Keys: func() (_ server.Hash, _ string, err error) {
			k, err = c.keys()
			return k.hash, k.oneTime, err
		},
		Ready: func(a net.Addr, e *engine.Engine) { c.welcome(a, k, e) },
		Stopping: func() {
			if ctx.Err() != nil {
				fmt.Println("Stopping: running turns are put back in line. Once more to stop at once.")
			}
			stop() // a second signal ends the program at once; what was accepted is on disk
		},
	}.Run(ctx)
}

// welcome says where to go. The line with the address is for people, and for programs that wait for it.
func (c *serveCommand) welcome(a net.Addr, k keys, e *engine.Engine) {
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
	_, port, _ := net.SplitHostPort(a.String()) // it is one
	host := c.Host
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	fmt.Printf("\nCoder1 %s is ready. Open this address (it logs you in, once):\n\n    http://%s/#login=%s\n\n", version, net.JoinHostPort(host, port), k.oneTime)
}
