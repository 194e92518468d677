package engine

import (
	"slices"
	"sync"

	"coder1/engine/agent"
)

// offers remembers which commands agents have of their own, as they last told. What an agent offers in a
// workspace is known from its first process there on.
type offers struct {
	mu  sync.Mutex
	all map[place][]agent.SlashCommand
}

// place is an agent in a workspace.
type place struct{ agent, workspace string }

// maxOffers bounds the places that are remembered.
const maxOffers = 32

func (o *offers) note(p place, told agent.Offers) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil || len(o.all) >= maxOffers {
		o.all = map[place][]agent.SlashCommand{}
	}
	o.all[p] = told.Commands
}

// SlashCommands lists the commands that a session's agent has of its own; none before it was started once.
func (e *Engine) SlashCommands(id string) ([]agent.SlashCommand, error) {
	meta, err := e.store.Get(id)
	if err != nil {
		return nil, err
	}
	e.offers.mu.Lock()
	defer e.offers.mu.Unlock()
	return slices.Clone(e.offers.all[place{meta.Agent, meta.Workspace}]), nil
}
