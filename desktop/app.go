package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"coder1/cloud/server"
)

// App is what the start page can ask for. Its exported methods are bound to the page by Wails.
type App struct {
	window *window
}

// Start is what the start page shows.
type Start struct {
	progress
	Plan    plan   `json:"plan"`
	Plans   []plan `json:"plans"`
	Remote  string `json:"remote"`
	Version string `json:"version"`
	Least   int    `json:"leastMB"`
	Stay    bool   `json:"stay"` // it was asked for, and does not go on by itself

	Problem   string `json:"problem"`   // to be shown; "" for none
	Recording string `json:"recording"` // name of a recording to go on to, "" for none
}

// Now says how far the engine is, and what can be chosen.
func (a *App) Now() Start {
	s := a.window.state.get()
	a.window.mu.Lock()
	stay := a.window.stay
	a.window.mu.Unlock()
	problem, recording := a.window.news()
	return Start{Problem: problem, Recording: recording, progress: a.window.keeper.now(), Plan: s.Plan, Plans: plans, Remote: s.Remote, Version: version, Least: leastMemory, Stay: stay}
}

// Choose starts the engine anew with a limit in MB.
func (a *App) Choose(name string, mb int) error {
	p, err := custom(mb)
	if err != nil {
		return err
	}
	for _, known := range plans {
		if known.Name == name && known.Memory == mb {
			p = known
		}
	}
	if err := a.window.state.change(func(s *kept) { s.Plan = p }); err != nil {
		return err
	}
	a.window.setStay(false)
	a.window.keeper.restart()
	return nil
}

// Restart starts the engine anew as it was, or once more after it has failed.
func (a *App) Restart() {
	a.window.setStay(false)
	a.window.keeper.restart()
}

// Logs are the last lines of the engine's log.
func (a *App) Logs() string { return a.window.keeper.logs() }

// Enter shows the local engine in the window, once it can be reached, unless a recording is about to be shown.
func (a *App) Enter() {
	a.window.mu.Lock()
	other := a.window.isNew
	a.window.mu.Unlock()
	if !other {
		a.window.enter()
	}
}

// OpenFolder shows the system's own picker.
func (a *App) OpenFolder() { a.window.pick(server.PickFolder) }

// OpenRecording shows the system's own picker.
func (a *App) OpenRecording() { a.window.pick(server.PickRecording) }

// Connect shows a Coder1 elsewhere in the window. Its token is not kept: the page there keeps its cookie.
func (a *App) Connect(address, token string) error {
	u, err := remote(address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.window.ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath("/api/me").String(), nil)
	if err != nil {
		return fmt.Errorf("the address cannot be asked: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s cannot be reached: %w", u, err)
	}
	_ = resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized:
		return errors.New("the token is not accepted there: it is the CODER1_TOKEN of that instance")
	default:
		return fmt.Errorf("%s is no Coder1: it answered %s", u, resp.Status)
	}
	if err := a.window.state.change(func(s *kept) { s.Remote = u.String() }); err != nil {
		return err
	}
	a.window.visit(u.String() + "/#login=" + url.QueryEscape(strings.TrimSpace(token)))
	return nil
}

// remote reads the address of a Coder1 elsewhere. Its token must not travel in the clear, except to this
// machine.
func remote(address string) (*url.URL, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is no address: it is like https://coder1-x7f2.onrender.com", address)
	}
	local := u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost"
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return nil, errors.New("the address must begin with https://: the token must not be sent in the clear")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}
