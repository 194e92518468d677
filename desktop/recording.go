package main

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"

	"coder1/engine/governor"
	"coder1/engine/trace"

	"github.com/wailsapp/wails/v2/pkg/runtime"
)

// report draws a recording as a page that needs nothing but itself: the one that coder1 replay --html writes.
func report(path string) ([]byte, error) {
	f, err := trace.Load(path)
	if err != nil {
		return nil, err
	}
	s := trace.Summarize(f)
	if s.Lives == 0 {
		why := "it is empty"
		if len(s.Damage) > 0 {
			why = s.Damage[0].Reason
		}
		return nil, fmt.Errorf("%s is no flight recording that can be read: %s", path, why)
	}
	r := trace.NewReport(f, s)
	o, err := trace.WhatIf(f, trace.Fit(f), func(*governor.Config) {}, r.Observer())
	if err != nil {
		return nil, fmt.Errorf("%s cannot be replayed: %w", path, err)
	}
	r.Outcome = &o
	var page bytes.Buffer
	if err := r.Write(&page); err != nil {
		return nil, err
	}
	return page.Bytes(), nil
}

// openRecording shows a recording, or says on the start page why it cannot.
func (w *window) openRecording(path string) {
	page, err := report(path)
	w.mu.Lock()
	if err != nil {
		w.problem = "The recording cannot be shown. " + err.Error()
	} else {
		w.problem, w.recording, w.shows, w.isNew = "", page, filepath.Base(path), true
	}
	w.stay = err != nil
	w.mu.Unlock()
	runtime.WindowReloadApp(w.ctx)
}

// news is what the start page has to say and where it has to lead: to a recording that was not shown yet.
func (w *window) news() (problem, recording string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isNew {
		return w.problem, w.shows
	}
	w.inSight = false
	return w.problem, ""
}

// ServeHTTP serves the recording that is shown, beside the files of the start page.
func (w *window) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	page := w.recording
	is := page != nil && r.URL.Path == "/report"
	if is {
		w.inSight, w.isNew = true, false
	}
	w.mu.Unlock()
	if !is {
		http.NotFound(to, r)
		return
	}
	to.Header().Set("Content-Type", "text/html; charset=utf-8")
	to.Header().Set("Cache-Control", "no-store")
	to.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = to.Write(page)
}

// leave notes that what is shown from now on is neither a recording nor the start page.
func (w *window) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inSight, w.problem = false, ""
}

// named is the name of the recording that is in sight, before a title; "" for none.
func (w *window) named() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.inSight {
		return ""
	}
	return w.shows + " – "
}
