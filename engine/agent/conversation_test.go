package agent

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// Agents that do what no real one does on request.

// introduce says that the agent is ready.
func introduce() {
	fmt.Println(`{"type":"control_response","response":{"subtype":"success","request_id":"coder1-1","response":{}}}`)
}

func init() {
	roles["babbler"] = func() { // says strange things, and goes in the middle of a line
		introduce()
		fmt.Println("a line for people")
		fmt.Println(`{"type":"new","data":"` + strings.Repeat("x", maxLine) + `"}`)
		fmt.Println()
		fmt.Print(`{"type":"last, without an end"}`)
	}
	roles["mute"] = func() { // closes its output and lives on
		introduce()
		os.Stdout.Close()
		time.Sleep(deadMan)
	}
	roles["deaf"] = func() { // never reads
		introduce()
		time.Sleep(deadMan)
	}
	roles["stubborn"] = func() { // does not forget
		introduce()
		in := bufio.NewReader(os.Stdin)
		for {
			line, err := in.ReadString('\n')
			if strings.Contains(line, "/clear") {
				fmt.Println(`{"type":"result","is_error":true,"errors":["no"]}`)
			}
			if err != nil {
				return
			}
		}
	}
}

func TestStrangeLinesAreKept(t *testing.T) {
	c := newHouse(t, odd(t, "babbler")).launch("")
	events := c.drain()
	if len(events) != 4 {
		t.Fatalf("said %d things: %.500v", len(events), events)
	}
	if _, ok := events[0].(Ready); !ok {
		t.Errorf("said first %+v", events[0])
	}
	for i, want := range []string{"a line for people", "too large to be kept", "last, without an end"} {
		o, ok := events[i+1].(Other)
		if !ok || !strings.Contains(string(o.Raw), want) || len(o.Raw) > 2*excerpt {
			t.Errorf("said %.300s, want something of %q", show(t, events[i+1]), want)
		}
	}
}

func TestMuteAgentIsEnded(t *testing.T) {
	c := newHouse(t, odd(t, "mute")).launch("")
	if events := c.drain(); len(events) != 1 {
		t.Errorf("said %+v", events)
	}
	if !c.Process().Exit().Asked {
		t.Errorf("it was not asked to go and %s", c.Process().Exit().Text)
	}
}

func TestDeafAgentHoldsNobodyUp(t *testing.T) {
	c := newHouse(t, odd(t, "deaf")).start("")
	c.say(strings.Repeat("x", 1<<20)) // fills the pipe
	var err error
	for range 10_000 {
		if err = c.Interrupt(); err != nil {
			break
		}
	}
	if !errors.Is(err, errDeaf) {
		t.Errorf("what it does not take in is: %v", err)
	}
	c.Process().Kill()
	c.drain() // the writer did not hold it up either
}

func TestAgentThatCannotForgetIsEnded(t *testing.T) {
	c := newHouse(t, odd(t, "stubborn")).start("")
	c.must(c.Reset())
	if events := c.drain(); len(events) != 0 {
		t.Errorf("after a reset that failed: %+v", events)
	}
	if !c.Process().Exit().Asked {
		t.Errorf("it was not asked to go and %s", c.Process().Exit().Text)
	}
}

func TestNotStarted(t *testing.T) {
	h := newHouse(t, Claude("/no/such/claude", nil))
	if _, err := h.kind.Start(context.Background(), h.options("")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a program: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	h.kind = odd(t, "deaf")
	if _, err := h.kind.Start(ctx, h.options("")); !errors.Is(err, context.Canceled) {
		t.Errorf("too late: %v", err)
	}
	if n := len(h.supervisor.Processes()); n != 0 {
		t.Errorf("%d processes", n)
	}
}

// TestAskedFromEverywhere is for the race detector: anybody may call anything while another reads.
func TestAskedFromEverywhere(t *testing.T) {
	h := newHouse(t, tongues["demo"].kind(t))
	a, err := h.kind.Start(context.Background(), h.options(""))
	if err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for _, call := range []func() error{
		func() error { return a.Prompt("history") },
		a.Interrupt,
		a.Reset,
		func() error { return a.Decide("nothing", Decision{}) },
	} {
		callers.Go(func() {
			for range 100 {
				_ = call() // most are refused
			}
		})
	}
	read := make(chan int)
	go func() {
		n := 0
		for range a.Events() {
			n++
		}
		read <- n
	}()
	callers.Wait()
	for end := time.Now().Add(deadMan); a.Prompt("history") != nil; time.Sleep(time.Millisecond) { // what is under way ends
		if time.Now().After(end) {
			t.Fatal("it takes no prompt any more")
		}
	}
	_ = a.Process().Stdin().Close()
	<-a.Process().Done()
	if n := <-read; n == 0 {
		t.Error("nothing was heard")
	}
}
