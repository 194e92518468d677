package memory

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

func init() {
	if os.Getenv(rolePuppet) != "" {
		runtime.LockOSThread() // the main goroutine stays on the first thread, see "leaderless"
	}
}

// playPuppet takes orders from the standard input until it ends, and answers each with one line.
func playPuppet(role string) {
	if role == "leaderless" {
		go func() {
			obeyAll()
			os.Exit(0)
		}()
		_, _, _ = syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0) // ends the first thread only
	}
	obeyAll()
}

func obeyAll() {
	p := &played{}
	if len(os.Args) > 1 {
		fmt.Println() // a sign of life
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		answer, err := p.obey(strings.Fields(lines.Text()))
		if err != nil {
			answer = "error: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		}
		fmt.Println(answer)
	}
}

// played is what a puppet holds.
type played struct {
	maps  [][]byte
	files []*os.File
	jail  *Jail
	child *exec.Cmd
	in    *os.File
	out   *bufio.Reader
}

func (p *played) obey(order []string) (string, error) {
	word := func(i int) string {
		if i < len(order) {
			return order[i]
		}
		return ""
	}
	n, _ := strconv.Atoi(word(1))
	switch word(0) {
	case "anon": // MB
		return "ok", p.anon(n)
	case "free":
		for _, m := range p.maps {
			_ = syscall.Munmap(m)
		}
		p.maps = nil
		return "ok", nil
	case "open", "map": // a path
		return "ok", p.use(word(1), word(0) == "map")
	case "jail": // MB
		var err error
		if p.jail, err = EnterJail(int64(n) * mb); err != nil {
			return "", err
		}
		return p.jail.Describe(), nil
	case "unjail":
		return "ok", p.jail.Close()
	case "restart": // MB
		_, err := newJailer().restartInScope(int64(n) * mb)
		return "", err
	case "marked":
		return fmt.Sprint(inScope()), nil
	case "groups":
		text, err := os.ReadFile("/proc/self/cgroup")
		return strings.ReplaceAll(string(text), "\n", " "), err
	case "meter":
		return describeMeter()
	case "child": // an order for a child of this puppet
		return p.tell(order[1:])
	case "wait": // for the child
		err := p.child.Wait()
		return fmt.Sprint(err), nil
	}
	return "", fmt.Errorf("no such order: %q", order)
}

// anon takes memory outside Go's heap, so that the race detector does not double it.
func (p *played) anon(n int) error {
	m, err := syscall.Mmap(-1, 0, n*mb, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return err
	}
	for i := 0; i < len(m); i += os.Getpagesize() {
		m[i] = 1
	}
	p.maps = append(p.maps, m)
	return nil
}

func (p *played) use(path string, mapped bool) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil || !mapped {
		p.files = append(p.files, f)
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	for i := 0; i < len(m); i += os.Getpagesize() {
		m[i]++
	}
	p.maps = append(p.maps, m)
	return nil
}

// tell passes an order on to a child, which is started when there is none.
func (p *played) tell(order []string) (string, error) {
	if p.child == nil {
		p.child = exec.Command(os.Args[0])
		p.child.Stderr = os.Stderr
		inR, inW, err := os.Pipe()
		if err != nil {
			return "", err
		}
		p.child.Stdin, p.in = inR, inW
		out, err := p.child.StdoutPipe()
		if err != nil {
			return "", err
		}
		p.out = bufio.NewReader(out)
		if err := p.child.Start(); err != nil {
			return "", err
		}
		inR.Close()
	}
	if _, err := fmt.Fprintln(p.in, strings.Join(order, " ")); err != nil {
		return "", err
	}
	answer, err := p.out.ReadString('\n')
	if err != nil {
		return "", errors.New("the child is gone")
	}
	return strings.TrimSuffix(answer, "\n"), nil
}

func describeMeter() (string, error) {
	m, err := Open(Options{})
	if err != nil {
		return "", err
	}
	defer m.Close()
	var r Reading
	if err := m.Read(&r); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s limit %d used %d anon %d", m.Source(), m.Limit()/mb, r.Used/mb, r.Anon/mb), nil
}
