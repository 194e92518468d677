package server

import (
	"context"
	"errors"
)

// Window is the desktop program's window, as far as the page in it needs more than a browser has.
type Window interface {
	// Pick shows the system's own picker, and opens what is picked in it: a folder, or a recording.
	Pick(what Picked) error
	// Memory is what the window uses, in bytes, with the processes that draw the page in it; 0 while that is
	// not known. It is no part of what the engine uses.
	Memory() int64
}

// Picked is what can be picked.
type Picked string

// The things that can be picked.
const (
	PickFolder    Picked = "folder"
	PickRecording Picked = "recording"
)

var errNoWindow = errors.New("there is no window of the desktop program around this page")

type pickInput struct {
	Body struct {
		What Picked `json:"what" enum:"folder,recording"`
	}
}

// pick answers at once: what becomes of it is seen in the window.
func (s *Server) pick(_ context.Context, in *pickInput) (*struct{}, error) {
	if s.window == nil {
		return nil, errNoWindow
	}
	return nil, s.window.Pick(in.Body.What)
}

// windowBytes is what the window uses; nil without one, or while that is not known.
func (s *Server) windowBytes() *int64 {
	if s.window == nil {
		return nil
	}
	if n := s.window.Memory(); n > 0 {
		return &n
	}
	return nil
}
