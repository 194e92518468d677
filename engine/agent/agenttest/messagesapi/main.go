// Messagesapi serves the imitation of the Messages API described at agenttest.API on loopback, for tests
// that are not written in Go. It prints its address, and ends when its standard input does.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"coder1/engine/agent/agenttest"
)

func main() {
	pace := flag.Duration("pace", 0, "time between two words of a slow answer (default 50ms)")
	verbose := flag.Bool("v", false, "log calls")
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	api := &agenttest.API{Pace: *pace}
	log.Fatal(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *verbose { b,_ := io.ReadAll(r.Body); log.Println(r.Method, r.URL, len(b)); os.WriteFile("/tmp/c1agent/req.json", b, 0600); r.Body = io.NopCloser(bytesReader(b)) }
		api.ServeHTTP(w, r)
	})))
}
