package session

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashDir names the store that a child of TestKill writes to.
const crashDir = "SESSION_TEST_CRASH_DIR"

// TestMain makes this program the writer that TestKill kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeForEver(dir)
	}
	os.Exit(m.Run())
}

// writeForEver appends to four sessions at once and prints every event that was acknowledged.
func writeForEver(dir string) {
	s, err := Open(Options{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("ready")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			id := fmt.Sprint("s", i)
			if _, err := s.Get(id); err != nil {
				if _, err := s.Create(Meta{ID: id}); err != nil {
					fmt.Println("error", err)
				}
			}
			for n := 0; ; n++ {
				text := fmt.Sprint(n)
				if n%20 == 19 { // in parts
					text = strings.Repeat(text, maxValue)
				}
				events, err := s.Write(id, Change{Events: []Event{say(text)}})
				if err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Printf("%s %d %08x.\n", id, events[0].Seq, crc32.ChecksumIEEE(events[0].Data))
			}
		})
	}
	wg.Wait()
}

// A writer is killed at random moments: whatever it said was written is there, once and in order.
func TestKill(t *testing.T) {
	rounds := soak(20, 500)
	dir := t.TempDir()
	acknowledged := map[string]map[int64]string{} // session -> seq -> checksum of its data
	for range rounds {
		readUntilKilled(t, dir, acknowledged)
		checkAcknowledged(t, dir, acknowledged)
	}
	total := 0
	for _, seqs := range acknowledged {
		total += len(seqs)
	}
	if total < rounds {
		t.Errorf("only %d events were acknowledged in %d rounds", total, rounds)
	}
}

func readUntilKilled(t *testing.T, dir string, acknowledged map[string]map[int64]string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the writer said %q", lines.Text())
	}
	kill := time.AfterFunc(time.Duration(rand.IntN(100))*time.Millisecond, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	for lines.Scan() {
		var id, data string
		var seq int64
		if n, _ := fmt.Sscan(lines.Text(), &id, &seq, &data); n == 3 && strings.HasSuffix(data, ".") {
			if acknowledged[id] == nil {
				acknowledged[id] = map[int64]string{}
			}
			acknowledged[id][seq] = data
		} else if id == "error" {
			t.Fatal(lines.Text())
		}
	}
	_ = cmd.Wait() // it was killed
}

func checkAcknowledged(t *testing.T, dir string, acknowledged map[string]map[int64]string) {
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	defer s.Close()
	if s.Loss() != nil {
		t.Fatalf("a crash is taken for damage: %+v", s.Loss())
	}
	for id, seqs := range acknowledged {
		last := int64(0)
		err := s.Stream(t.Context(), id, 0, func(e Event) error {
			if e.Seq != last+1 {
				return fmt.Errorf("event %d follows %d", e.Seq, last)
			}
			last = e.Seq
			if got := fmt.Sprintf("%08x.", crc32.ChecksumIEEE(e.Data)); seqs[e.Seq] != "" && seqs[e.Seq] != got {
				return fmt.Errorf("event %d is %s, acknowledged as %s", e.Seq, got, seqs[e.Seq])
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		for seq := range seqs {
			if seq > last {
				t.Fatalf("%s: event %d was acknowledged and is lost; there are %d", id, seq, last)
			}
		}
	}
}
