// Messagesapi serves the imitation of the Messages API that is described at agenttest.API on loopback, for
// tests that are not written in Go. It prints its address, and ends when its standard input does.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"coder1/engine/agent/agenttest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	pace := flag.Duration("pace", 50*time.Millisecond, "time between two words of a slow answer")
	flag.Parse()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	server := http.Server{Handler: &agenttest.API{Pace: *pace}, ReadHeaderTimeout: time.Minute}
	log.Fatal(server.Serve(l))
}
