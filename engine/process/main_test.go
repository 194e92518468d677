//go:build linux

package process

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestMain lets the test binary be the guard, or a server that a test kills.
func TestMain(m *testing.M) {
	if GuardMain() {
		return
	}
	if os.Getenv(roleServer) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// roleServer makes the test binary a server: with the engine's ID that it names, it runs what its arguments
// say, passes on the first line of each one's output, and goes on until it is killed.
const roleServer = "CODER1_TEST_SERVER"

func serve() {
	time.AfterFunc(2*time.Minute, func() { os.Exit(1) }) // if the test forgets us
	s, err := NewSupervisor(Options{ID: os.Getenv(roleServer)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := s.ServeCommands(&desk{}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i, script := range os.Args[1:] {
		p, err := s.Start(Spec{Path: "/bin/sh", Args: []string{"-c", script}, Env: Environ(s.CommandEnv()...), Owner: fmt.Sprint("process/", i)})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(p.PID(), firstLine(p))
	}
	fmt.Println(guardPID(s), "guard")
	select {}
}
