//go:build linux

package process

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
	if os.Getenv(roleHeadless) != "" {
		headless()
	}
	if os.Getenv(roleProtected) != "" {
		protect()
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

// roleHeadless makes the test binary a program whose first thread ends while another goes on.
const roleHeadless = "CODER1_TEST_HEADLESS"

func init() { runtime.LockOSThread() } // main runs on the first thread

func headless() {
	go func() { _ = unix.Nanosleep(&unix.Timespec{Sec: 300}, nil) }()
	time.Sleep(10 * time.Millisecond)
	fmt.Println(os.Getpid())
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0)
}

// roleProtected makes the test binary a server that protects itself, with the engine's ID that it names. It
// prints what it achieved, and a line for itself, its guard, and a program that it started: the lowest and
// the highest niceness of a thread, and the OOM score.
const roleProtected = "CODER1_TEST_PROTECTED"

func protect() {
	fmt.Println(Protect())
	s, err := NewSupervisor(Options{ID: os.Getenv(roleProtected)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer s.Close()
	p, err := s.Start(Spec{Path: "/bin/sleep", Args: []string{"300"}, Env: Environ(), Owner: "process/1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, pid := range []int{os.Getpid(), guardPID(s), p.PID()} {
		low, high := nicenessOf(pid)
		score, _ := os.ReadFile(fmt.Sprint("/proc/", pid, "/oom_score_adj"))
		fmt.Print(low, " ", high, " ", string(score))
	}
}

func nicenessOf(pid int) (low, high int) {
	threads, _ := os.ReadDir(fmt.Sprint("/proc/", pid, "/task"))
	low, high = 100, -100
	for _, thread := range threads {
		id, _ := strconv.Atoi(thread.Name())
		if n, err := unix.Getpriority(unix.PRIO_PROCESS, id); err == nil {
			low, high = min(low, 20-n), max(high, 20-n)
		}
	}
	return low, high
}
