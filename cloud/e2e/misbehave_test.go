package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The programs that misbehave: this test program, started by an agent's command as
// "misbehave SHAPE [ARGS]". Each stops by itself in the end, so that nothing runs wild when all else fails.

// most is where a misbehaving program gives up, in MB: far beyond the limit under test.
const most = 1500

// shapes are the ways of misbehaving. The argument is a number whose meaning is the shape's own.
var shapes = map[string]func(n int){
	"fast":     func(int) { grow(0) },
	"leak":     grow, // n MB a second
	"tree":     tree, // n processes that grow
	"daemon":   daemon,
	"stubborn": stubborn,
	"mapfile":  mapFile, // n MB
	"tmpfs":    fillTmpfs,
	"shm":      shareMemory,
	"cache":    fillCache, // n MB
	"burst":    burst,     // n MB, again and again
	"short":    manyShort, // n processes, 200 a second
	"honest":   honest,    // n MB, for a second
}

func misbehave(args []string) {
	n := 0
	if len(args) > 1 {
		n, _ = strconv.Atoi(args[1])
	}
	shapes[args[0]](n)
	fmt.Println("ended by itself")
}

var held [][]byte

// take takes memory for real.
func take(mb int) {
	for range mb {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		held = append(held, b)
	}
}

// grow takes memory at a pace, or as fast as the system gives it.
func grow(mbPerSecond int) {
	for range most {
		take(1)
		if mbPerSecond > 0 {
			time.Sleep(time.Second / time.Duration(mbPerSecond))
		}
	}
}

func self(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", append([]string{"misbehave"}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd
}

func tree(n int) {
	var all []*exec.Cmd
	for range n {
		cmd := self("leak", "60")
		if cmd.Start() == nil {
			all = append(all, cmd)
		}
	}
	for _, cmd := range all {
		_ = cmd.Wait()
	}
}

// daemon leaves its group, its session, its parent and its environment behind, and grows.
func daemon(stage int) {
	switch stage {
	case 0, 1:
		cmd := self("daemon", strconv.Itoa(stage+1))
		cmd.Env = []string{"X=y"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Stdout, cmd.Stderr = nil, nil
		_ = cmd.Start()
		if stage == 0 {
			time.Sleep(2 * time.Second) // what the command was for
		}
	default:
		grow(400)
	}
}

func stubborn(int) {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	grow(150)
}

func mapFile(mb int) {
	f, err := os.Create("mapped")
	if err != nil {
		return
	}
	defer os.Remove("mapped")
	defer f.Close()
	_ = f.Truncate(int64(mb) << 20)
	data, err := unix.Mmap(int(f.Fd()), 0, mb<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return
	}
	for i := 0; i < len(data); i += 4096 {
		data[i] = 1
	}
}

func fillTmpfs(int) {
	chunk := make([]byte, 1<<20)
	for i := range most {
		if i%50 == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		name := filepath.Join("/dev/shm", fmt.Sprintf("coder1-test-%d-%d", os.Getpid(), i/20))
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return
		}
		_, _ = f.Write(chunk)
		f.Close()
	}
}

func shareMemory(int) {
	data, err := unix.Mmap(-1, 0, most<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANON)
	if err != nil {
		return
	}
	for i := 0; i < len(data); i += 4096 {
		data[i] = 1
		if i%(8<<20) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func fillCache(mb int) {
	defer os.Remove("filler")
	f, err := os.Create("filler")
	if err != nil {
		return
	}
	chunk := make([]byte, 1<<20)
	for range mb {
		_, _ = f.Write(chunk)
	}
	f.Close()
	for range 2 { // what is read twice counts as active
		if f, err = os.Open("filler"); err != nil {
			return
		}
		for {
			if n, _ := f.Read(chunk); n == 0 {
				break
			}
		}
		f.Close()
	}
}

func burst(mb int) {
	for range 5 {
		data, err := unix.Mmap(-1, 0, mb<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return
		}
		for i := 0; i < len(data); i += 4096 {
			data[i] = 1
		}
		_ = unix.Munmap(data)
		time.Sleep(50 * time.Millisecond)
	}
}

// manyShort starts processes at a pace that does not wait for them; each takes 2 MB and ends.
func manyShort(n int) {
	var all sync.WaitGroup
	defer all.Wait()
	tick := time.NewTicker(time.Second / 200)
	defer tick.Stop()
	for range n {
		<-tick.C
		all.Go(func() {
			_ = exec.Command("dd", "if=/dev/zero", "of=/dev/null", "bs=2M", "count=1", "status=none").Run()
		})
	}
}

func honest(mb int) {
	take(mb)
	time.Sleep(time.Second)
	slices.Reverse(held) // so that it is held until here
}
