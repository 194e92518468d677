package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	floodLines = 4 << 10
	floodLine  = 1 << 10
)

func init() {
	roles["flood"] = func() { // says 4 MB, and on its standard error how far it came until nobody listened
		introduce()
		const form = `{"type":"stream_event","event":{"type":"content_block_delta","delta":{"text":"%s"}}}` + "\n"
		line := fmt.Sprintf(form, strings.Repeat("x", floodLine-len(form)+2))
		stalled := false
		for i := range floodLines {
			writable := []unix.PollFd{{Fd: 1, Events: unix.POLLOUT}}
			if n, _ := unix.Poll(writable, 1000); n == 0 && !stalled {
				stalled = true
				fmt.Fprintf(os.Stderr, "stalled %d\n", i)
			}
			fmt.Print(line)
		}
		fmt.Fprintf(os.Stderr, "never stalled\n")
	}
}

func TestReaderThatStopsReadingStopsTheAgent(t *testing.T) {
	c := newHouse(t, odd(t, "flood")).start("")
	await[Delta](c)
	eventually(t, "the flood stands still", func() bool { return strings.HasSuffix(c.Process().Stderr(), "\n") })
	var lines int
	if _, err := fmt.Sscanf(c.Process().Stderr(), "stalled %d", &lines); err != nil {
		t.Fatalf("the agent said all it had to say to nobody: %s", c.Process().Stderr())
	}
	// The pipe holds 64 KB, the line reader another 64, and a few lines are on their way.
	if held := lines * floodLine; held > 192<<10 {
		t.Errorf("%d bytes are held for a reader that does not read", held)
	}
	if heard := 1 + len(all[Delta](c.drain())); heard != floodLines {
		t.Errorf("heard %d lines of %d after all", heard, floodLines)
	}
}
