package process

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The wrapper and the supervisor exchange messages, a packet each: a word and what belongs to it.
const (
	socketKind = "unixpacket"
	maxMessage = 4 << 10
	maxRequest = 512 // a name is the longest that the wrapper has to say

	// The wrapper says:
	wordRun  = "run"  // HELPER NAME: may I run this?
	wordRoot = "root" // PID: it is ready to start
	wordEnd  = "end"  // STOPPED: it has ended, after it was asked to or by itself

	// The supervisor answers:
	wordGo    = "go"    // ORDER OWNER, then nothing: do
	wordPlain = "plain" // run it yourself: this is none of ours
	wordNo    = "no"    // CODE TEXT: say that and exit
	wordBye   = "bye"   // exit as the command did
)

// Exit codes of a wrapper whose command did not run, or not to its end.
const (
	codeRefused = 126
	codeKilled  = 137
)

// client is a wrapper, seen from here.
type client struct {
	conn   *net.UnixConn
	pid    int             // as the kernel knows it
	runner string          // the owner that it runs something for
	said   chan string     // its messages; closed when it is gone
	gone   context.Context // ends when it is
	end    context.CancelFunc
}

func newClient(conn *net.UnixConn) *client {
	k := &client{conn: conn, pid: peerOf(conn), said: make(chan string, 1)}
	k.gone, k.end = context.WithCancel(context.Background())
	return k
}

// listen reads messages until the wrapper is gone, or says more than was asked.
func (k *client) listen() {
	defer close(k.said)
	defer k.end()
	b := make([]byte, maxRequest)
	for {
		n, err := k.conn.Read(b)
		if n == 0 || err != nil {
			return
		}
		select {
		case k.said <- string(b[:n]):
		default:
			return
		}
	}
}

// hear waits for a message that begins with a word, and returns the rest of it.
func (k *client) hear(word string) (rest string, ok bool) {
	message := <-k.said
	got, rest, _ := strings.Cut(message, " ")
	return rest, got == word
}

// say does not wait: a wrapper that does not listen is given up.
func (k *client) say(word, rest string) {
	_ = k.conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = k.conn.Write([]byte(word + " " + rest)) // one that is gone is noticed by listen
}

// refuse makes the wrapper print a text and exit.
func (k *client) refuse(code int, text string) {
	text = strings.ToValidUTF8(text[:min(len(text), maxMessage/2)], "")
	k.say(wordNo, fmt.Sprint(code, " ", text))
}

// condemn makes the wrapper exit as the wrapper of a command that was killed, with the verdict in one line.
func (k *client) condemn(verdict string) {
	k.refuse(codeKilled, strings.Join(strings.Fields(verdict), " "))
}

// bye lets the wrapper exit, and waits until it is gone.
func (k *client) bye() {
	k.say(wordBye, "")
	<-k.gone.Done()
}

func (k *client) close() { _ = k.conn.Close() }

// peerOf is the process that has connected, 0 when that cannot be said.
func peerOf(conn *net.UnixConn) (pid int) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if peer, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(peer.Pid)
		}
	})
	return pid
}
