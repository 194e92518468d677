package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"coder1/engine/memory"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// How often the title is looked at, and the window is weighed: a look into each of its processes, some
// milliseconds.
const (
	titleEvery  = 2 * time.Second
	weighedEach = 5 // times of that
)

// accompany keeps the title up to date and tells of what needs a person, for as long as the window is open.
func (w *window) accompany(ctx context.Context) {
	go w.listen(ctx)
	scales := memory.NewTree(os.Getpid())
	defer func() { _ = scales.Close() }()
	shown, own := "", int64(0)
	for i := 0; ; i++ {
		state := "the engine is not running"
		if p := w.keeper.now(); p.Phase == running {
			if i%weighedEach == 0 || own == 0 {
				own = weigh(scales, w.keeper.pid())
				w.keeper.weigh(own)
			}
			if s, err := p.state(ctx); err == nil {
				state = s
			}
			state += fmt.Sprintf(" · window: %d MB (not counted)", own>>20)
		}
		title := "Coder1 – " + w.named() + state
		if title != shown {
			shown = title
			runtime.WindowSetTitle(ctx, title)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(titleEvery):
		}
	}
}

// weigh is what this program's processes use, in bytes, without those of the engine: the window, and the
// browser's that draw the page in it. On macOS the browser's are the system's own, and are not found.
func weigh(scales *memory.Tree, engine int) (bytes int64) {
	all, err := scales.Scan()
	if err != nil {
		return 0
	}
	parents := map[int]int{}
	for _, p := range all {
		parents[p.PID] = p.Parent
	}
	for _, p := range all {
		ours := true
		for up := p.PID; ours && up != 0; up = parents[up] {
			ours = up != engine
		}
		if ours {
			bytes += share(p)
		}
	}
	return bytes
}

// state says how the engine is, in a line.
func (a address) state(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.URL+"/api/health", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var h struct {
		Memory struct {
			Used, HardLimit int64
			Enforced        bool
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&h); err != nil {
		return "", err
	}
	held := "held by the governor alone"
	if h.Memory.Enforced {
		held = "held by the system"
	}
	return fmt.Sprintf("%d of %d MB, %s", h.Memory.Used, h.Memory.HardLimit, held), nil
}
