package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/coder/websocket"
	"github.com/gen2brain/beeep"
)

// notify shows a notification of the system's. Where there is nobody to show it, nothing is lost: it is in
// the page as well.
func notify(title, text string) {
	if err := beeep.Notify(title, text, icon); err != nil {
		fmt.Fprintln(os.Stderr, "a notification could not be shown:", err)
	}
}

// listen follows the engine's live stream, and tells a person that he is needed, until the context ends.
func listen(ctx context.Context, a address, tell func(title, text string)) error {
	conn, resp, err := websocket.Dial(ctx, a.URL+"/api/stream", &websocket.DialOptions{HTTPHeader: a.header()})
	if err != nil {
		return fmt.Errorf("follow the engine: %w", err)
	}
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(8 << 20) // the list of all sessions is one frame
	var seen needs
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var f frame
		if err := json.Unmarshal(raw, &f); err != nil {
			return fmt.Errorf("understand the engine: %w", err)
		}
		for _, n := range seen.look(f) {
			tell(n.title, n.text)
		}
	}
}

func (a address) header() http.Header {
	return http.Header{"Authorization": {"Bearer " + a.token}}
}

// frame is what of the stream's frames is looked at.
type frame struct {
	Type     string `json:"type"`
	Sessions []struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		State string `json:"state"`
	} `json:"sessions"`
	Status struct {
		Alerts []struct {
			Name     string `json:"name"`
			Severity string `json:"severity"`
			Message  string `json:"message"`
		} `json:"alerts"`
	} `json:"status"`
}

type need struct{ title, text string }

// needs remembers what a person was told of already.
type needs struct {
	states map[string]string // of sessions
	alerts map[string]bool
}

// look says what has come up: a question, an answer that is finished, an alert.
func (n *needs) look(f frame) []need {
	var told []need
	switch f.Type {
	case "sessions":
		states := map[string]string{}
		for _, s := range f.Sessions {
			title := s.Title
			if title == "" {
				title = "A session"
			}
			before, known := n.states[s.ID]
			states[s.ID] = s.State
			switch {
			case s.State == "waiting" && before != "waiting":
				told = append(told, need{title, "The agent asks for your permission."})
			case known && s.State == "idle" && (before == "running" || before == "waiting"):
				told = append(told, need{title, "The agent has finished."})
			}
		}
		n.states = states
	case "status":
		alerts := map[string]bool{}
		for _, a := range f.Status.Alerts {
			alerts[a.Name] = true
			if !n.alerts[a.Name] && a.Severity == "critical" {
				told = append(told, need{"Coder1", a.Message})
			}
		}
		n.alerts = alerts
	}
	return told
}
