package engine

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"coder1/engine/git"
	"coder1/engine/governor"
	"coder1/engine/memory"
	"coder1/engine/process"
)

// attribution says whose memory is whose: the server's, each agent's, each command's that an agent runs, each
// terminal's, and what belongs to no process.
type attribution struct {
	// Constant.
	tree *memory.Tree              // used by the sampler only
	self int                       // PID of the server
	name func(owner string) string // of a command or a terminal, for people

	// Of the sampler.
	owned map[string]*Owned // by owner, reused
	blame blame

	mu     sync.Mutex
	agents map[int]agentRoot // process -> its agent
	owners []Owned           // as of the last measurement
}

type agentRoot struct {
	pid  int
	kind string
}

func (a *attribution) open(s *process.Supervisor, name func(string) string) {
	a.self, a.name, a.owned = os.Getpid(), name, map[string]*Owned{}
	if s.Branding() {
		a.tree = memory.NewOwnedTree(a.self, s.OwnerByBrand)
	} else {
		a.tree = memory.NewOwnedTree(a.self, s.OwnerOf)
	}
}

func (a *attribution) add(process int, p *process.Process, kind string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.agents == nil {
		a.agents = map[int]agentRoot{}
	}
	a.agents[process] = agentRoot{p.PID(), kind}
}

func (a *attribution) forget(process int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.agents, process)
}

// picture returns the owners as last measured, and the PIDs of the agent processes.
func (a *attribution) picture() (owners []Owned, pids map[int]int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pids = map[int]int{}
	for id, agent := range a.agents {
		pids[id] = agent.pid
	}
	return a.owners, pids
}

// measure attributes a reading.
func (a *attribution) measure(r *memory.Reading) ([]governor.Group, error) {
	all, err := a.tree.Scan()
	if err != nil {
		return nil, err
	}
	clear(a.owned)
	shared := int64(0) // memory that processes share, as far as one is looked at closely
	for i := range all {
		p := &all[i]
		if r.Shmem > lookCloser {
			a.tree.SplitShared(p)
			shared += p.Shmem
		}
		o := a.of(p.Owner)
		o.Bytes += p.Anon + p.Shmem
	}
	if r.Shmem <= lookCloser {
		a.blame = blame{}
	} else {
		a.blame.look(all, r.Shmem-min(r.Shmem, shared))
		for owner, bytes := range a.blame.owes {
			if o := a.owned[owner]; o != nil {
				o.Bytes += bytes
			}
		}
	}
	owners := a.assemble(r)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owners = owners
	return groups(owners), nil
}

// lookCloser is the shared memory from which it matters who made it.
const lookCloser = 16 * governor.MB

// of finds the account of an owner's processes, which is opened when there is none.
func (a *attribution) of(owner string) *Owned {
	if owner == "" {
		owner = serverOwner
	}
	o := a.owned[owner]
	if o == nil {
		o = &Owned{Owner: owner, Kind: "server", Label: "Coder1 itself"}
		a.owned[owner] = o
	}
	return o
}

const serverOwner = "server"

// assemble lists the owners: the server, the agents with their commands, the terminals, what belongs to no
// process, and what is left of the memory in use.
func (a *attribution) assemble(r *memory.Reading) []Owned {
	owners := make([]Owned, 0, len(a.owned)+2)
	rest := r.Needed()
	for _, o := range a.owned {
		a.describe(o)
		owners = append(owners, *o)
		rest -= o.Bytes
	}
	slices.SortFunc(owners, func(a, b Owned) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Process, b.Process), cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.Owner, b.Owner))
	})
	if unowned := min(r.Shmem, rest); unowned > governor.MB {
		owners = append(owners, Owned{Owner: "shared", Kind: "other", Label: "Files kept in memory", Bytes: unowned})
		rest -= unowned
	}
	if rest > 0 {
		owners = append(owners, Owned{Owner: "cache", Kind: "cache", Label: "Programs in memory, shared", Bytes: rest})
	}
	return owners
}

// rank puts the server first, and terminals behind the agents with their commands.
func rank(o Owned) int {
	switch o.Kind {
	case "server":
		return 0
	case "terminal":
		return 2
	}
	return 1
}

// describe fills in what an owner's name says.
func (a *attribution) describe(o *Owned) {
	if o.Owner == serverOwner {
		return
	}
	if strings.HasPrefix(o.Owner, searchOwner) {
		o.Kind, o.Label = "other", "A search in files (rg)"
		return
	}
	if strings.HasPrefix(o.Owner, "terminal/") {
		o.Kind, o.Label = "terminal", cmp.Or(a.name(o.Owner), "a terminal that is being closed")
		return
	}
	_, _ = fmt.Sscanf(o.Owner, "process/%d", &o.Process)
	if strings.Contains(o.Owner, "/command/") || strings.HasPrefix(o.Owner, git.OwnerPrefix) {
		o.Kind, o.Label = "tool", cmp.Or(a.name(o.Owner), "a command")
		return
	}
	o.Kind, o.Label = "process", a.kindOf(o.Process)
}

func (a *attribution) kindOf(process int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return cmp.Or(a.agents[process].kind, "an agent")
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
		case "terminal":
			gs = append(gs, governor.Group{ID: o.Owner, Kind: governor.KindTerminal, Name: o.Label, Bytes: o.Bytes})
		}
	}
	return gs
}

// blame knows who filled files in memory, which belong to no process: of what is added, whoever wrote most
// meanwhile.
type blame struct {
	unowned int64            // as of the last look
	wrote   map[int]int64    // PID -> bytes written as of the last look
	owes    map[string]int64 // owner -> bytes
}

func (b *blame) look(all []memory.Process, unowned int64) {
	if b.wrote == nil {
		b.wrote, b.owes = map[int]int64{}, map[string]int64{}
	}
	added := map[string]int64{}
	wrote := map[int]int64{}
	for _, p := range all {
		if p.Owner == "" {
			continue
		}
		wrote[p.PID] = memory.Written(p.PID)
		added[p.Owner] += wrote[p.PID] - b.wrote[p.PID]
	}
	grown := unowned - b.unowned
	b.wrote, b.unowned = wrote, unowned
	most := ""
	for owner, n := range added {
		if n > added[most] || n == added[most] && owner > most {
			most = owner
		}
	}
	if grown > 0 && added[most] > 0 {
		b.owes[most] += grown
	}
	for owner, bytes := range b.owes {
		if _, alive := added[owner]; !alive {
			delete(b.owes, owner)
			continue
		}
		b.owes[owner] = min(bytes, unowned) // what was removed is owed no more
	}
}
