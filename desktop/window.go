package main

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"

	"coder1/cloud/child"
	"coder1/cloud/server"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/menu"
	"github.com/wailsapp/wails/v2/pkg/menu/keys"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/runtime"
)

//go:embed splash
var splash embed.FS

//go:embed icon.png
var icon []byte

// window is the one window. ctx is Wails' and is set before anything else happens in it, by begin.
type window struct {
	ctx    context.Context
	state  *state
	keeper *keeper
	begin  sync.Once

	picking sync.Mutex // held while a picker is open

	mu        sync.Mutex
	stay      bool     // the start page was asked for: it does not go on by itself
	folders   []string // that wait until the engine runs
	problem   string   // for the start page to say
	recording []byte   // that is shown, as a page
	shows     string   // its name
	inSight   bool     // it is what the window shows
	isNew     bool     // it waits for the start page to lead to it
}

// show opens the window, with a path unless it is "", and returns when it was closed and the engine is gone.
func show(data, path string, further net.Listener) error {
	s, err := openState(data)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program's own path: %w", err)
	}
	w := &window{state: s}
	w.keeper = newKeeper(engineProgram(self), s, w.tell, func(what child.Wish) { go w.pick(what.Pick) })
	assets, err := fs.Sub(splash, "splash")
	if err != nil {
		return err
	}
	now := s.get()
	startState := options.Normal
	if now.Maximal {
		startState = options.Maximised
	}
	err = wails.Run(&options.App{
		Title: "Coder1", Width: now.Width, Height: now.Height, MinWidth: 600, MinHeight: 400, WindowStartState: startState,
		BackgroundColour:         options.NewRGB(16, 24, 26),
		AssetServer:              &assetserver.Options{Assets: assets, Handler: w},
		Menu:                     w.menu(),
		Bind:                     []any{&App{w}},
		Linux:                    &linux.Options{Icon: icon, ProgramName: "coder1-desktop", WebviewGpuPolicy: linux.WebviewGpuPolicyOnDemand},
		EnableDefaultContextMenu: true,
		// What is said to a window before it stands there can keep it from being shown (seen with Wails 2.9.2
		// on GTK), so all begins with its first page.
		OnDomReady: func(ctx context.Context) {
			w.begin.Do(func() {
				w.ctx = ctx
				go w.keeper.run()
				go answer(further, w.called)
				go w.accompany(ctx)
				if path != "" {
					go w.open(path)
				}
			})
		},
		OnBeforeClose: func(context.Context) bool { w.remember(); return false },
		OnShutdown:    func(context.Context) { w.keeper.close() },
	})
	if err != nil {
		return fmt.Errorf("open the window: %w", err)
	}
	return nil
}

// tell passes on how far the engine is: to the start page, which goes on to the engine's own when it can.
func (w *window) tell(p progress) {
	runtime.EventsEmit(w.ctx, "engine", p)
	switch p.Phase {
	case running:
		w.revisit(p.address)
		if p.Again != "" {
			notify("The engine was started again", p.Again)
			go func() {
				if place := w.openWaiting(p.address); place != "" {
					w.show(p.address, place)
				}
			}()
		}
	case failed:
		w.panel() // the start page says what is wrong
	}
}

// enter shows the local engine.
func (w *window) enter() {
	w.setStay(false)
	if p := w.keeper.now(); p.Phase == running {
		w.show(p.address, w.openWaiting(p.address))
	}
}

// show leads the window to the engine's page, and to a place in it unless that is "".
func (w *window) show(a address, place string) {
	w.setStay(false)
	w.leave()
	runtime.WindowExecJS(w.ctx, fmt.Sprintf(`(() => {
		const here = window.location, place = %[3]s;
		if (here.origin !== %[1]s) here.replace(%[1]s + "/#login=" + %[2]s + (place && "&to=" + encodeURIComponent(place)));
		else if (place) here.hash = place;
	})()`, quoted(a.URL), quoted(a.Login), quoted(place)))
}

// quoted is a text as JavaScript has it.
func quoted(text string) string {
	q, _ := json.Marshal(text) // a string always can be
	return string(q)
}

// visit leads the window to an address.
func (w *window) visit(address string) {
	w.leave()
	runtime.WindowExecJS(w.ctx, "window.location.replace("+quoted(address)+")")
}

// revisit logs the engine's page in again after the engine was started anew, and leaves what is open in it
// open. The start page sees to itself, and a page from elsewhere is left alone.
func (w *window) revisit(a address) {
	runtime.WindowExecJS(w.ctx, fmt.Sprintf(`(() => {
		const here = window.location;
		if (window.coder1Start || here.hostname !== "127.0.0.1") return;
		if (here.origin !== %[1]s) { here.replace(%[1]s + "/#login=" + %[2]s); return; }
		fetch("/api/login", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({token: %[2]s})})
			.then(() => window.dispatchEvent(new Event("online")));
	})()`, quoted(a.URL), quoted(a.Login)))
}

// remember keeps the window's size for the next start.
func (w *window) remember() {
	maximal := runtime.WindowIsMaximised(w.ctx)
	width, height := runtime.WindowGetSize(w.ctx)
	err := w.state.change(func(k *kept) {
		k.Maximal = maximal
		if !maximal {
			k.Width, k.Height = width, height
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// called is a further start of the program: it comes to the front, with a path unless it is "".
func (w *window) called(path string) {
	runtime.WindowUnminimise(w.ctx)
	runtime.WindowShow(w.ctx)
	if path != "" {
		go w.open(path)
	}
}

func (w *window) menu() *menu.Menu {
	m := menu.NewMenu()
	if appMenu := menu.AppMenu(); isMac && appMenu != nil {
		m.Append(appMenu)
	}
	file := m.AddSubmenu("File")
	file.AddText("Open folder…", keys.CmdOrCtrl("o"), func(*menu.CallbackData) { go w.pick(server.PickFolder) })
	file.AddText("Open recording…", keys.Combo("o", keys.CmdOrCtrlKey, keys.ShiftKey), func(*menu.CallbackData) { go w.pick(server.PickRecording) })
	file.AddSeparator()
	file.AddText("Quit", keys.CmdOrCtrl("q"), func(*menu.CallbackData) { runtime.Quit(w.ctx) })
	if isMac {
		m.Append(menu.EditMenu())
	}
	eng := m.AddSubmenu("Engine")
	eng.AddText("Local engine", keys.Combo("l", keys.CmdOrCtrlKey, keys.ShiftKey), func(*menu.CallbackData) { w.enter() })
	eng.AddText("Limits, log, connect elsewhere…", keys.CmdOrCtrl(","), func(*menu.CallbackData) { w.panel() })
	eng.AddText("Restart engine", nil, func(*menu.CallbackData) { w.keeper.restart() })
	view := m.AddSubmenu("View")
	view.AddText("Reload", keys.CmdOrCtrl("r"), func(*menu.CallbackData) { runtime.WindowExecJS(w.ctx, "window.location.reload()") })
	view.AddText("Full screen", keys.Key("f11"), func(*menu.CallbackData) {
		if runtime.WindowIsFullscreen(w.ctx) {
			runtime.WindowUnfullscreen(w.ctx)
		} else {
			runtime.WindowFullscreen(w.ctx)
		}
	})
	return m
}

func (w *window) setStay(stay bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stay = stay
}

// panel shows the start page as the place to change limits and look at the log.
func (w *window) panel() {
	w.setStay(true)
	runtime.WindowReloadApp(w.ctx)
}

// listen follows whichever engine runs.
func (w *window) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if p := w.keeper.now(); p.Phase == running {
			_ = listen(ctx, p.address, notify) // ends with the engine, or with us
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}
