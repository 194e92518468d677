package engine

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"coder1/engine/governor"
	"coder1/engine/memory"
	"coder1/engine/process"
)

// attribution says whose memory is whose: the server's, each agent's, each command's that an agent runs.
type attribution struct {
	self    int                          // PID of the server
	tree    *memory.Tree                 // used by the sampler only
	ownerOf func(pid int) (string, bool) // of a process that lost its parents

	mu     sync.Mutex
	roots  map[int]int // PID of an agent -> its process
	owners []Owned     // as of the last measurement
}

func (a *attribution) add(process int, p *process.Process) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.roots == nil {
		a.roots = map[int]int{}
	}
	a.roots[p.PID()] = process
}

func (a *attribution) forget(process int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for pid, p := range a.roots {
		if p == process {
			delete(a.roots, pid)
		}
	}
}

// picture returns the owners as last measured, and the PIDs of the agent processes.
func (a *attribution) picture() (owners []Owned, pids map[int]int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pids = map[int]int{}
	for pid, p := range a.roots {
		pids[p] = pid
	}
	return a.owners, pids
}

// measure attributes a reading: every process goes to the agent it descends from, or to the server, and
// what no process owns is page cache.
func (a *attribution) measure(r memory.Reading) ([]governor.Group, error) {
	all, err := a.tree.Scan()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	server := Owned{Owner: "server", Kind: "server", Label: "Coder1 itself"}
	agents, tools := map[int]*Owned{}, map[int]*Owned{} // process -> its agent, its commands
	parents := map[int]int{}
	for _, p := range all {
		parents[p.PID] = p.Parent
	}
	for _, p := range all {
		id, isAgent := a.processOf(p.PID, parents)
		switch {
		case id == 0:
			server.Bytes += p.Anon
		case isAgent:
			agents[id] = &Owned{Owner: owner(id), Kind: "process", Process: id, Label: p.Name, Bytes: p.Anon}
		case tools[id] == nil:
			tools[id] = &Owned{Owner: owner(id) + "/tools", Kind: "tool", Process: id, Label: p.Name, Bytes: p.Anon}
		default:
			tools[id].Bytes += p.Anon
			tools[id].Label = p.Name // the last one started says best what is going on
		}
	}
	a.owners = assemble(r.Used, server, agents, tools)
	return groups(a.owners), nil
}

// processOf finds the agent process that a PID belongs to: it is one, or descends from one, or, when its
// parents are gone, carries the mark of one. 0 is the server itself.
func (a *attribution) processOf(pid int, parents map[int]int) (id int, isAgent bool) {
	top := pid
	for at := pid; at != 0 && at != a.self; at = parents[at] {
		if id, ok := a.roots[at]; ok {
			return id, at == pid
		}
		top = at
	}
	if top == a.self {
		return 0, false
	}
	if name, ok := a.ownerOf(top); ok {
		_, _ = fmt.Sscanf(name, "process/%d", &id)
	}
	return id, false
}

// assemble lists the owners, the server first and last what is left of the memory in use.
func assemble(used int64, server Owned, agents, tools map[int]*Owned) []Owned {
	owners := []Owned{server}
	rest := used - server.Bytes
	for _, set := range []map[int]*Owned{agents, tools} {
		for _, o := range set {
			owners = append(owners, *o)
			rest -= o.Bytes
		}
	}
	slices.SortFunc(owners[1:], func(a, b Owned) int { return cmp.Or(cmp.Compare(a.Process, b.Process), cmp.Compare(a.Owner, b.Owner)) })
	if rest > 0 {
		owners = append(owners, Owned{Owner: "cache", Kind: "cache", Label: "Programs and files in memory, shared by all", Bytes: rest})
	}
	return owners
}

// groups is what the governor needs to know of the owners.
func groups(owners []Owned) []governor.Group {
	var gs []governor.Group
	for _, o := range owners {
		switch o.Kind {
		case "process":
			gs = append(gs, governor.Group{ID: o.Owner, Kind: governor.KindAgent, Process: o.Process, Name: o.Label, Bytes: o.Bytes})
		case "tool":
			gs = append(gs, governor.Group{ID: o.Owner, Kind: governor.KindTool, Process: o.Process, Name: o.Label, Bytes: o.Bytes})
		}
	}
	return gs
}
