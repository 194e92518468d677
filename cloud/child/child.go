// Package child is the engine as the child of the desktop's window: the same server as in the cloud, which speaks
// with the window over its standard input and output. It is a package of its own because both programs can be
// that child, and the server is the lighter one: the window's has GTK and WebKit in it.
package child

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"coder1/cloud/server"
	"coder1/engine"

	"github.com/alecthomas/kong"
)

// Command is the argument with which a program is the engine.
const Command = "engine"

// settings are the engine's, from the environment.
type settings struct{ engine.Settings }

// AfterApply is called by kong.
func (s *settings) AfterApply() error { return s.Complete() }

// Main is the engine: it serves until its standard input ends, which it does when the window is gone,
// however it went. What it starts is started from the program self, "" for this one.
func Main(version, self string) error {
	var s settings
	parser, err := kong.New(&s)
	if err != nil {
		return err
	}
	if _, err := parser.Parse(nil); err != nil {
		return err
	}
	token := os.Getenv("CODER1_TOKEN")
	_ = os.Unsetenv("CODER1_TOKEN") // nothing that is started from here is to have it
	oneTime := strings.ToLower(rand.Text())
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	window := &pane{out: os.Stdout}
	go func() {
		window.listen(os.Stdin)
		stop()
	}()
	return server.Program{
		Settings: s.Settings, Version: version, Self: self, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Token: server.HashToken(token), OneTime: oneTime, Window: window,
		Ready: func(a net.Addr, _ *engine.Engine) {
			_, port, _ := net.SplitHostPort(a.String()) // it is one
			n, _ := strconv.Atoi(port)
			if err := window.say(Hello{n, oneTime}); err != nil {
				fmt.Fprintln(os.Stderr, "tell the window that the engine is ready:", err)
				stop()
			}
		},
		Stopping: stop,
	}.Run(ctx)
}
