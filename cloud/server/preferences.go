package server

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// Preferences are what a user has set in the page. They are the page's own business: the server keeps them,
// so that every device of his has them.
type Preferences map[string]any

type preferencesBody struct{ Body Preferences }

func (s *Server) preferences(context.Context, *struct{}) (*preferencesBody, error) {
	p := &preferencesBody{Preferences{}}
	return p, s.engine.Preferences(&p.Body)
}

func (s *Server) setPreferences(_ context.Context, in *preferencesBody) (*struct{}, error) {
	return nil, s.engine.SetPreferences(in.Body)
}

// shortBody bounds what the page may keep here.
func shortBody(o *huma.Operation) { o.MaxBodyBytes = 16 << 10 }
