package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"coder1/engine"
	"coder1/engine/terminal"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"
)

// Bounds of a terminal's connection.
const (
	frameSize  = 64 << 10         // the most output in a frame
	inputSize  = 4 << 10          // input is passed on in pieces of so much: a terminal takes no more at once
	maxInput   = 16 << 20         // in a frame
	maxControl = 256              // bytes of a text frame
	pingEvery  = 15 * time.Second // also keeps proxies from closing a silent connection
	pongWithin = 30 * time.Second
	// Output that keeps coming is sent in frames of at least fullFrame, or every burstPause: what little a program
	// says at a time is read here many times a millisecond, and each frame costs both sides far more than its bytes.
	fullFrame  = 32 << 10
	burstPause = time.Millisecond
)

// statusSlow closes the connection of a viewer that stood still while others waited.
const statusSlow websocket.StatusCode = 4001

// Buffers that connections use while they have something in hand.
var (
	frames = sync.Pool{New: func() any { return new([frameSize]byte) }}
	inputs = sync.Pool{New: func() any { return new([inputSize]byte) }}
)

// terminalSocket connects a viewer to a terminal: binary frames are bytes, text frames are JSON.
func (s *Server) terminalSocket(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		writeProblem(w, newProblem(http.StatusServiceUnavailable, engine.ErrClosed.Error()))
		return
	}
	s.streams.Add(1)
	defer s.streams.Done()
	socket := &terminalSocket{over: make(chan struct{})}
	view, err := s.attach(r, socket)
	if err != nil {
		var p *Problem
		errors.As(s.problem("GET /api/terminals/{id}/ws", err), &p)
		writeProblem(w, p)
		return
	}
	defer view.Close()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{OnPongReceived: func(context.Context, []byte) { socket.alive() }})
	if err != nil { // another origin, or no WebSocket: it has been answered
		return
	}
	conn.SetReadLimit(maxInput)
	socket.serve(conn)
}

// attach finds the terminal and begins to look at it.
func (s *Server) attach(r *http.Request, socket *terminalSocket) (*terminal.Viewer, error) {
	from := int64(terminal.Oldest)
	if text := r.URL.Query().Get("offset"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, newProblem(http.StatusUnprocessableEntity, "offset: must be the number of bytes that are there already, 0 or more")
		}
		from = n
	}
	t, err := s.engine.Terminal(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	socket.sending.Lock() // until it has begun
	socket.view, err = t.Attach(from, socket.express)
	return socket.view, err
}

// terminalSocket is a viewer's connection. It has one goroutine that listens, and one that sends.
type terminalSocket struct {
	view   *terminal.Viewer
	conn   *websocket.Conn
	heard  atomic.Int64 // when the client last gave a sign of life, in ns
	typing atomic.Bool  // its input waits for the program
	pulse  *time.Timer
	over   chan struct{} // closed when nobody listens any more

	sending sync.Mutex // held by whoever sends output
	last    time.Time  // when output was last sent; guarded by sending
}

func (s *terminalSocket) alive() { s.heard.Store(time.Now().UnixNano()) }

// serve returns when the connection is gone.
func (s *terminalSocket) serve(conn *websocket.Conn) {
	s.conn = conn
	s.alive()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		s.send()
	}()
	s.pulse = time.AfterFunc(time.Hour, s.ping)
	s.pulse.Reset(pingEvery)
	s.listen()
	close(s.over)
	s.pulse.Stop()
	s.view.Close()
	_ = conn.CloseNow()
	<-sent
}

// ping asks for a sign of life, and lets go of a client that has given none. One whose input waits for the
// program is not heard meanwhile.
func (s *terminalSocket) ping() {
	if silent := time.Since(time.Unix(0, s.heard.Load())); silent > pongWithin && !s.typing.Load() {
		_ = s.conn.CloseNow()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), pingEvery)
	defer cancel()
	_ = s.conn.Ping(ctx) // a pong is heard whenever it comes
	select {
	case <-s.over:
	default:
		s.pulse.Reset(pingEvery)
	}
}

// listen takes in what the client says until it is gone.
func (s *terminalSocket) listen() {
	for {
		kind, r, err := s.conn.Reader(context.Background())
		if err != nil {
			return
		}
		s.alive()
		if kind == websocket.MessageBinary {
			err = s.input(r)
		} else {
			err = s.control(r)
		}
		if err != nil {
			_ = s.conn.Close(websocket.StatusPolicyViolation, err.Error())
			return
		}
	}
}

// input passes on what is typed, as fast as the program takes it. After the program's end it is dropped.
func (s *terminalSocket) input(r io.Reader) error {
	b := inputs.Get().(*[inputSize]byte)
	defer inputs.Put(b)
	for {
		n, err := r.Read(b[:])
		if n > 0 {
			s.typing.Store(true)
			_, _ = s.view.Write(b[:n])
			s.typing.Store(false)
			s.alive()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *terminalSocket) control(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, maxControl+1))
	if err != nil {
		return err
	}
	c, err := parseControl(raw)
	if err != nil {
		return err
	}
	if c.Type == "ack" {
		s.view.Ack(c.Bytes)
		return nil
	}
	_ = s.view.Resize(terminal.Size{Cols: c.Cols, Rows: c.Rows}) // it is valid; a program that has ended needs none
	return nil
}

// terminalControl is a text frame of a client's.
type terminalControl struct {
	Type  string `json:"type"`
	Cols  int    `json:"cols"`
	Rows  int    `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// parseControl reads a text frame. What is wrong with it is said in at most 123 bytes, which is what fits into
// the frame that closes a connection.
func parseControl(raw []byte) (c terminalControl, err error) {
	switch {
	case len(raw) > maxControl:
		return c, errors.New("a text frame has at most 256 bytes; input goes into binary frames")
	case json.Unmarshal(raw, &c) != nil:
		return c, errControl
	case c.Type == "ack" && c.Bytes >= 0:
		return c, nil
	case c.Type == "ack":
		return c, errors.New("bytes must be how many more were drawn, 0 or more")
	case c.Type == "resize" && !(terminal.Size{Cols: c.Cols, Rows: c.Rows}).Valid():
		return c, terminal.ErrSize
	case c.Type == "resize":
		return c, nil
	}
	return c, errControl
}

var errControl = errors.New(`a text frame is {"type":"resize","cols","rows"} or {"type":"ack","bytes"}`)

// send tells the client what there is until that is all.
func (s *terminalSocket) send() {
	start := s.view.Start()
	err := s.tell(terminalStartFrame{Type: "start", Offset: start.Offset, Cols: start.Size.Cols, Rows: start.Size.Rows, Lost: start.Lost})
	s.sending.Unlock()
	for err == nil {
		<-s.view.C()
		err = s.sendAll()
	}
	var end *endOfTerminal
	if errors.As(err, &end) {
		_ = s.conn.Close(end.status, end.reason)
		return
	}
	_ = s.conn.CloseNow()
}

// sendAll sends all that there is. Only meanwhile is there a buffer for it.
func (s *terminalSocket) sendAll() error {
	s.sending.Lock()
	defer s.sending.Unlock()
	buf := frames.Get().(*[frameSize]byte)
	defer frames.Put(buf)
	for {
		e, more := s.view.Next(buf[:])
		if !more {
			return nil
		}
		before := s.last
		if err := s.tellEvent(e, buf[:e.N]); err != nil {
			return err
		}
		if e.Kind == terminal.Output && e.N < fullFrame && s.last.Sub(before) < burstPause {
			time.Sleep(burstPause)
		}
	}
}

// express sends what the program has just said, from where it was read.
func (s *terminalSocket) express() bool {
	if !s.sending.TryLock() {
		return false
	}
	defer s.sending.Unlock()
	buf := inputs.Get().(*[inputSize]byte)
	defer inputs.Put(buf)
	e, more := s.view.Next(buf[:])
	return more && s.tellEvent(e, buf[:e.N]) == nil && e.Kind == terminal.Output && e.N < inputSize
}

// tellEvent sends an event, and the output that comes with it.
func (s *terminalSocket) tellEvent(e terminal.Event, output []byte) error {
	switch e.Kind {
	case terminal.Output:
		s.last = time.Now()
		return s.conn.Write(context.Background(), websocket.MessageBinary, output)
	case terminal.Resized:
		return s.tell(terminalResizeFrame{Type: "resize", Cols: e.Size.Cols, Rows: e.Size.Rows})
	case terminal.Noticed:
		return s.tell(terminalNoticeFrame{Type: "notice", Text: e.Text})
	case terminal.Exited:
		err := s.tell(terminalExitFrame{Type: "exit", Code: e.Exit.Code, Signal: e.Exit.Signal, Reason: e.Exit.Reason})
		return errors.Join(err, &endOfTerminal{websocket.StatusNormalClosure, "the program has ended"})
	default:
		return endOf(e.Err)
	}
}

// endOfTerminal says with which status a connection is closed, and why.
type endOfTerminal struct {
	status websocket.StatusCode
	reason string
}

func (e *endOfTerminal) Error() string { return e.reason }

func endOf(why error) error {
	switch {
	case errors.Is(why, terminal.ErrSlow):
		return &endOfTerminal{statusSlow, why.Error()}
	case errors.Is(why, terminal.ErrDeleted):
		return &endOfTerminal{websocket.StatusNormalClosure, why.Error()}
	case errors.Is(why, terminal.ErrClosed):
		return &endOfTerminal{websocket.StatusGoingAway, "the server is restarting"}
	default: // the client left, or the past could not be read
		return why
	}
}

func (s *terminalSocket) tell(frame any) error {
	raw, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	return s.conn.Write(context.Background(), websocket.MessageText, raw)
}

// What the server sends on a terminal's connection as text.
type (
	terminalStartFrame struct {
		Type   string `json:"type"`
		Offset int64  `json:"offset" doc:"Of the first byte that follows"`
		Cols   int    `json:"cols"`
		Rows   int    `json:"rows"`
		Lost   int64  `json:"lost" doc:"Bytes between what was asked for and offset, which are not kept any more"`
	}
	terminalResizeFrame struct {
		Type string `json:"type"`
		Cols int    `json:"cols"`
		Rows int    `json:"rows"`
	}
	terminalNoticeFrame struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	terminalExitFrame struct {
		Type   string `json:"type"`
		Code   int    `json:"code" doc:"−1 when a signal ended the program"`
		Signal string `json:"signal,omitempty"`
		Reason string `json:"reason,omitempty"`
	}
	terminalAckFrame struct {
		Type  string `json:"type"`
		Bytes int64  `json:"bytes" doc:"How many more were drawn since the last such frame"`
	}
)

var terminalServerFrames = []variant{
	{"TerminalStartFrame", "start", terminalStartFrame{}},
	{"TerminalResizeFrame", "resize", terminalResizeFrame{}},
	{"TerminalNoticeFrame", "notice", terminalNoticeFrame{}},
	{"TerminalExitFrame", "exit", terminalExitFrame{}},
}

var terminalClientFrames = []variant{
	{"TerminalResizeFrame", "resize", terminalResizeFrame{}},
	{"TerminalAckFrame", "ack", terminalAckFrame{}},
}

// describeTerminals describes a terminal's WebSocket, which OpenAPI has no words for.
func describeTerminals(api huma.API) {
	doc := api.OpenAPI()
	r := doc.Components.Schemas
	union(r, "TerminalClientFrame", "What a client sends on a terminal's connection as text frames. Its binary frames are input.", terminalClientFrames, nil)
	union(r, "TerminalServerFrame", "What the server sends on a terminal's connection as text frames. Its binary frames are output.", terminalServerFrames, nil)
	least := 0.0
	doc.AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/api/terminals/{id}/ws", OperationID: "terminal", Summary: "Look at a terminal (WebSocket)",
		Description: fmt.Sprintf("A TerminalStartFrame comes first, then output in binary frames that end where runes do. At most %d bytes "+
			"are sent beyond what TerminalAckFrames say was drawn. Close code %d means that the client stood still while others waited: "+
			"it may come back with its offset.", terminal.Window, statusSlow),
		Parameters: []*huma.Param{
			{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}},
			{Name: "offset", In: "query", Description: "Bytes that are there already; left out for as many lines as are kept",
				Schema: &huma.Schema{Type: "integer", Format: "int64", Minimum: &least}},
		},
		Responses: map[string]*huma.Response{"101": {Description: "The connection is a WebSocket now"}},
	})
}
