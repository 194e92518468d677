package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"coder1/engine"
	"coder1/engine/session"
	"coder1/engine/workspace"

	"github.com/coder/websocket"
)

// Bounds of a live connection.
const (
	maxFollowed   = 64               // sessions
	writePatience = 10 * time.Second // a client that takes nothing in for so long is let go
	statusPause   = 250 * time.Millisecond
	listPause     = time.Second
	signOfLife    = 15 * time.Second // the longest silence
)

// stream is a live connection: the present first, then what changes. The client is told what is so, not
// each step on the way: however slow it is, it costs one frame of memory and misses nothing that is stored.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		writeProblem(w, newProblem(http.StatusServiceUnavailable, engine.ErrClosed.Error()))
		return
	}
	s.streams.Add(1)
	defer s.streams.Done()
	conn, err := websocket.Accept(w, r, nil) // refuses other origins, and has answered when it fails
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	c := &client{Server: s, conn: conn, ctx: ctx, watch: s.engine.Watch(), files: s.engine.WatchFiles(), orders: make(chan ClientFrame), followed: map[string]*engine.Cursor{}}
	defer c.watch.Close()
	defer c.files.Close()
	go c.listen(cancel)
	if err := c.serve(); errors.Is(err, errBye) {
		_ = conn.Close(websocket.StatusGoingAway, "the server is restarting")
	}
}

// client is one live connection. All but listen runs in one goroutine.
type client struct {
	*Server
	conn     *websocket.Conn
	ctx      context.Context
	watch    *engine.Watcher
	files    *workspace.Watcher
	orders   chan ClientFrame
	followed map[string]*engine.Cursor // session -> how far it was sent
	lists    [3][sha256.Size]byte      // of the sessions, workspaces and terminals last sent
	listed   time.Time                 // when they were last looked at
	behind   bool                      // they have to be looked at again
}

var errBye = errors.New("bye")

// listen takes in what the client wants, until it is gone.
func (c *client) listen(gone context.CancelFunc) {
	defer gone()
	for {
		_, raw, err := c.conn.Read(c.ctx)
		if err != nil {
			return
		}
		var f ClientFrame
		if err := json.Unmarshal(raw, &f); err != nil {
			f = ClientFrame{Type: "unreadable"}
		}
		select {
		case c.orders <- f:
		case <-c.ctx.Done():
			return
		}
	}
}

// serve sends until the client or the engine is gone.
func (c *client) serve() error {
	alive := time.NewTicker(signOfLife)
	defer alive.Stop()
	var pause <-chan time.Time // until the next status may be sent
	stale := false             // a status is due
	for {
		var changed []string
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case f := <-c.orders:
			if err := c.obey(f); err != nil {
				return err
			}
		case _, open := <-c.watch.C:
			if !open {
				return errors.Join(errBye, c.send(byeFrame{Type: "bye", Reason: "The server is restarting."}))
			}
			var general bool
			changed, general = c.watch.Take()
			stale = stale || general
		case <-c.files.C:
			if err := c.sendChanges(); err != nil {
				return err
			}
		case <-alive.C:
			stale = true
		case <-pause:
			pause = nil
		}
		for _, id := range changed {
			if err := c.forward(id); err != nil {
				return err
			}
		}
		if stale && pause == nil {
			if err := c.sendState(); err != nil {
				return err
			}
			stale, pause = c.behind, time.After(statusPause)
		}
	}
}

func (c *client) obey(f ClientFrame) error {
	switch f.Type {
	case "subscribe":
		if len(c.followed) >= maxFollowed && c.followed[f.Session] == nil {
			return c.send(errorFrame{Type: "error", Session: f.Session, Detail: fmt.Sprintf("one connection follows %d sessions at most", maxFollowed)})
		}
		c.followed[f.Session] = &engine.Cursor{Seq: max(0, f.After)}
		c.watch.Follow(f.Session)
		return nil
	case "unsubscribe":
		c.unfollow(f.Session)
		return nil
	case "watch":
		if err := c.files.Follow(f.Workspace); err != nil {
			return c.send(errorFrame{Type: "error", Workspace: f.Workspace, Detail: c.detail(err)})
		}
		return nil
	case "unwatch":
		c.files.Unfollow(f.Workspace)
		return nil
	default:
		return c.send(errorFrame{Type: "error", Detail: `a frame is {"type":"subscribe","session","after"}, {"type":"unsubscribe","session"}, {"type":"watch","workspace"} or {"type":"unwatch","workspace"}`})
	}
}

// sendChanges sends what changed in the workspaces that are watched.
func (c *client) sendChanges() error {
	for _, one := range c.files.Take() {
		f := filesFrame{Type: "files", Workspace: one.Workspace, Resync: one.Resync, Changes: make([]WatchedChange, len(one.Changes))}
		for i, change := range one.Changes {
			f.Changes[i] = WatchedChange(change)
		}
		if err := c.send(f); err != nil {
			return err
		}
	}
	return nil
}

// detail is what the client is told of an error.
func (c *client) detail(err error) string {
	var p *Problem
	errors.As(c.problem("stream", err), &p)
	return p.Detail
}

func (c *client) unfollow(id string) {
	delete(c.followed, id)
	c.watch.Unfollow(id)
}

// forward sends what the client has not seen of a session.
func (c *client) forward(id string) error {
	cursor := c.followed[id]
	if cursor == nil {
		return nil
	}
	for {
		u, err := c.engine.Next(id, cursor)
		if err != nil {
			return c.giveUp(id, err)
		}
		if len(u.Events) > 0 {
			if err := c.send(eventsFrame{Type: "events", Session: id, Events: wrap(u.Events)}); err != nil {
				return err
			}
		}
		if u.Delta != nil {
			if err := c.send(deltaFrame{Type: "delta", Session: id, Delta: *u.Delta}); err != nil {
				return err
			}
		}
		if !u.More && len(u.Events) == 0 {
			return nil
		}
	}
}

func (c *client) giveUp(id string, err error) error {
	c.unfollow(id)
	return c.send(errorFrame{Type: "error", Session: id, Detail: c.detail(err)})
}

func wrap(events []session.Event) []Event {
	list := make([]Event, len(events))
	for i, e := range events {
		list[i] = Event{e}
	}
	return list
}

// sendState sends the status, and the lists if they changed.
func (c *client) sendState() error {
	if err := c.send(statusFrame{Type: "status", Status: c.picture()}); err != nil {
		return err
	}
	if c.behind = time.Since(c.listed) < listPause; c.behind {
		return nil // every sample of memory comes this way
	}
	c.listed = time.Now()
	workspaces, err := c.workspaces()
	if err != nil {
		return err
	}
	if err := c.sendList(0, workspacesFrame{Type: "workspaces", Workspaces: workspaces}); err != nil {
		return err
	}
	sessions, total, err := c.engine.Current()
	if err != nil {
		return err
	}
	if err := c.sendList(1, sessionsFrame{Type: "sessions", Sessions: sessionsOf(sessions), Total: total}); err != nil {
		return err
	}
	return c.sendTerminals()
}

// sendTerminals sends the terminals, unless all that has changed is how much they have said.
func (c *client) sendTerminals() error {
	frame := terminalsFrame{Type: "terminals", Terminals: c.terminals()}
	quiet := terminalsFrame{Terminals: slices.Clone(frame.Terminals)}
	for i := range quiet.Terminals {
		quiet.Terminals[i].Offset, quiet.Terminals[i].First = 0, 0
	}
	raw, err := json.Marshal(quiet)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(raw); sum != c.lists[2] {
		c.lists[2] = sum
		return c.send(frame)
	}
	return nil
}

func (c *client) sendList(which int, frame any) error {
	raw, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(raw); sum != c.lists[which] {
		c.lists[which] = sum
		return c.write(raw)
	}
	return nil
}

func (c *client) send(frame any) error {
	raw, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	return c.write(raw)
}

func (c *client) write(raw []byte) error {
	ctx, cancel := context.WithTimeout(c.ctx, writePatience)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, raw)
}
