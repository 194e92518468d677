package live

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/coder/websocket"
)

// visit looks on as an open page does, until the server or the run ends. The desktop's window is a visitor itself:
// what one costs the server is so the same everywhere.
func (s *server) visit(ctx context.Context) error {
	conn, resp, err := websocket.Dial(ctx, s.url+"/api/stream", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + s.token}}})
	if err != nil {
		return fmt.Errorf("look on as a visitor: %w", err)
	}
	if resp.Body != nil {
		_ = resp.Body.Close()
	}
	conn.SetReadLimit(1 << 20)
	go func() {
		defer func() { _ = conn.CloseNow() }()
		for {
			_, frame, err := conn.Reader(ctx)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, frame)
		}
	}()
	return nil
}
