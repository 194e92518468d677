package server

import (
	"context"
	"math"
	"os/exec"
	"slices"
	"time"

	"coder1/engine"
	"coder1/engine/governor"
	"coder1/engine/pool"
)

// Health is what a monitor needs to know. Sizes are MB.
type Health struct {
	Status string `json:"status" enum:"healthy,warning,critical"`
	Memory struct {
		Used       int64  `json:"used"`
		Limit      int64  `json:"limit" doc:"The budget, MEMORY_LIMIT_MB"`
		Percentage int64  `json:"percentage"`
		Source     string `json:"source" doc:"Where the number comes from"`
		HardLimit  int64  `json:"hardLimit" doc:"What must never be used"`
		Enforced   bool   `json:"enforced" doc:"The system kills beyond it; otherwise the governor alone keeps to it"`
	} `json:"memory"`
	Sessions struct {
		Active int `json:"active" doc:"With their context in memory"`
		Queued int `json:"queued" doc:"With a prompt that waits"`
		Max    int `json:"max"`
	} `json:"sessions"`
	Processes struct {
		Active int `json:"active" doc:"In a turn"`
		Pool   int `json:"pool" doc:"Alive"`
		Queue  int `json:"queue" doc:"Prompts that wait"`
	} `json:"processes"`
	Tier    string  `json:"tier" enum:"premium,standard,essential"`
	Uptime  float64 `json:"uptime" doc:"Seconds"`
	Version string  `json:"version"`
	Alerts  []Alert `json:"alerts"`
}

// Alert is something that a person should know of.
type Alert struct {
	Name     string    `json:"name"`
	Severity string    `json:"severity" enum:"warning,critical"`
	Since    time.Time `json:"since"`
	Message  string    `json:"message"`
}

type healthOutput struct {
	Status int
	Body   Health
}

func (s *Server) health(context.Context, *struct{}) (*healthOutput, error) {
	st := s.engine.Health()
	h := Health{Status: "healthy", Tier: st.Tier.String(), Uptime: math.Round(st.Uptime.Seconds()), Version: st.Version, Alerts: alertsOf(st)}
	limit := st.Settings.MemoryLimitMB
	h.Memory.Used, h.Memory.Limit, h.Memory.Source = st.Used/governor.MB, limit, st.Source
	h.Memory.Percentage, h.Memory.HardLimit, h.Memory.Enforced = st.Used*100/(limit*governor.MB), st.HardLimit/governor.MB, st.Enforced
	h.Sessions.Active, h.Sessions.Max = st.Contexts, st.Settings.MaxActiveSessions
	waiting := map[string]bool{}
	for _, q := range st.Queue {
		waiting[q.Session] = true
	}
	h.Sessions.Queued = len(waiting)
	h.Processes.Active, h.Processes.Pool, h.Processes.Queue = st.Running, len(st.Processes), len(st.Queue)
	for _, a := range st.Alerts {
		if h.Status != "critical" {
			h.Status = string(a.Severity)
		}
	}
	out := &healthOutput{Status: 200, Body: h}
	if s.stopping.Load() {
		out.Status = 503
	}
	return out, nil
}

func alertsOf(st engine.Status) []Alert {
	alerts := make([]Alert, len(st.Alerts))
	for i, a := range st.Alerts {
		alerts[i] = Alert{Name: a.Name, Severity: string(a.Severity), Since: ago(st.Now - a.Since), Message: a.Message}
	}
	return alerts
}

func ago(d time.Duration) time.Time { return time.Now().Add(-d).UTC().Truncate(time.Millisecond) }

// Status is the dashboard's data. Sizes are bytes.
type Status struct {
	Memory    Memory           `json:"memory"`
	Tier      Tier             `json:"tier"`
	Slots     Slots            `json:"slots"`
	Processes []AgentProcess   `json:"processes"`
	Queue     []QueueEntry     `json:"queue"`
	Alerts    []Alert          `json:"alerts"`
	Decisions []DecisionRecord `json:"decisions" doc:"The latest, oldest first"`
	Wait      WaitEstimate     `json:"wait"`
	Recorder  Recorder         `json:"recorder"`
	UptimeMS  int64            `json:"uptimeMs"`
	Version   string           `json:"version"`
	Window    *int64           `json:"windowBytes,omitempty" doc:"What the desktop program's window uses, with the processes that draw the page: no part of what is used"`
}

// Memory is how much is used, by whom, and what the thresholds are.
type Memory struct {
	UsedBytes      int64         `json:"usedBytes"`
	BudgetBytes    int64         `json:"budgetBytes"`
	WarningBytes   int64         `json:"warningBytes"`
	PanicBytes     int64         `json:"panicBytes"`
	HardLimitBytes int64         `json:"hardLimitBytes"`
	Enforced       bool          `json:"enforced" doc:"The system kills beyond the hard limit; otherwise the governor alone keeps to it"`
	Source         string        `json:"source"`
	Level          string        `json:"level" enum:"normal,warning,panic,emergency"`
	Owners         []MemoryOwner `json:"owners"`
}

// MemoryOwner is memory and whose it is.
type MemoryOwner struct {
	Owner   string `json:"owner"`
	Kind    string `json:"kind" enum:"server,process,tool,terminal,cache,other"`
	Label   string `json:"label" doc:"For people"`
	Session string `json:"session,omitempty"`
	Bytes   int64  `json:"bytes"`
	Frozen  bool   `json:"frozen,omitempty" doc:"It stands still until there is room"`

	Parts []MemoryPart `json:"parts,omitempty" doc:"Of the server: what its memory is for"`
}

// MemoryPart is what some of an owner's memory is for.
type MemoryPart struct {
	Label string `json:"label"`
	Bytes int64  `json:"bytes"`
}

// Tier is what there is at the present level of memory use.
type Tier struct {
	Name            string   `json:"name" enum:"premium,standard,essential"`
	MaxAgents       int      `json:"maxAgents"`
	Features        []string `json:"features"`
	ScrollbackLines int      `json:"scrollbackLines"`
}

// Slots are what may run at once.
type Slots struct {
	Running      int `json:"running" doc:"Turns"`
	Max          int `json:"max"`
	Processes    int `json:"processes"`
	MaxProcesses int `json:"maxProcesses"`
}

// AgentProcess is a live agent.
type AgentProcess struct {
	ID        int    `json:"id" doc:"As decisions and turns name it"`
	PID       int    `json:"pid" doc:"As the system names it; 0 until it was started"`
	Agent     string `json:"agent"`
	Session   string `json:"session" doc:"Whose conversation it holds"`
	Workspace string `json:"workspace"`
	State     string `json:"state" enum:"starting,running,idle,stopping"`
	Bytes     int64  `json:"bytes"`
	IdleMS    int64  `json:"idleMs"`
	Turns     int    `json:"turns"`
}

// QueueEntry is a prompt that waits.
type QueueEntry struct {
	PromptID             string `json:"promptId"`
	Session              string `json:"session"`
	Position             int    `json:"position"`
	EstimatedWait        string `json:"estimatedWait"`
	EstimatedWaitSeconds int    `json:"estimatedWaitSeconds"`
	Message              string `json:"message"`
	Reason               string `json:"reason"`
	Text                 string `json:"text" doc:"Its beginning"`
}

// DecisionRecord is something the governor did, and why.
type DecisionRecord struct {
	ID       int64     `json:"id"`
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"`
	Session  string    `json:"session,omitempty"`
	PromptID string    `json:"promptId,omitempty"`
	Process  int       `json:"process,omitempty"`
	Reason   string    `json:"reason"`
}

// WaitEstimate says how good wait estimates have been.
type WaitEstimate struct {
	TurnMS  int64 `json:"turnMs" doc:"Usual length of a turn"`
	ErrorMS int64 `json:"errorMs" doc:"How far estimates were off, smoothed"`
	Count   int   `json:"count" doc:"Estimates that were compared with what came of them"`
}

type statusOutput struct{ Body Status }

func (s *Server) status(context.Context, *struct{}) (*statusOutput, error) {
	return &statusOutput{s.picture()}, nil
}

// picture is the status as of now.
func (s *Server) picture() Status {
	st := s.engine.Status()
	cfg := st.Settings
	out := Status{
		Memory: Memory{
			UsedBytes: st.Used, BudgetBytes: cfg.MemoryLimitMB * governor.MB, WarningBytes: cfg.MemoryWarningMB * governor.MB,
			PanicBytes: cfg.MemoryPanicMB * governor.MB, HardLimitBytes: st.HardLimit, Enforced: st.Enforced, Source: st.Source,
			Level: st.Level.String(), Owners: make([]MemoryOwner, len(st.Owners)),
		},
		Tier:      Tier{Name: st.Tier.String(), MaxAgents: st.Tier.MaxAgents(), Features: st.Tier.Features(), ScrollbackLines: st.Tier.ScrollbackLines()},
		Slots:     Slots{Running: st.Running, Max: st.Slots, Processes: len(st.Processes), MaxProcesses: cfg.MaxClaudeProcesses},
		Processes: make([]AgentProcess, len(st.Processes)), Queue: make([]QueueEntry, len(st.Queue)),
		Alerts: alertsOf(st), Decisions: make([]DecisionRecord, len(st.Decisions)),
		Wait:     WaitEstimate{TurnMS: st.Turn.Milliseconds(), ErrorMS: st.WaitError.Milliseconds(), Count: st.Estimates},
		Recorder: recorderOf(st.Recorder), UptimeMS: st.Uptime.Milliseconds(), Version: st.Version,
		Window: s.windowBytes(),
	}
	holds := map[int]string{} // process -> session
	for i, p := range st.Processes {
		holds[p.ID] = p.Session
		out.Processes[i] = AgentProcess{ID: p.ID, PID: st.PIDs[p.ID], Agent: p.Agent, Session: p.Session,
			Workspace: st.Folders[p.Session], State: p.State.String(), Bytes: p.Bytes, Turns: p.Turns}
		if p.State == pool.Idle {
			out.Processes[i].IdleMS = (st.Now - p.Since).Milliseconds()
		}
	}
	for i, o := range st.Owners {
		m := MemoryOwner{Owner: o.Owner, Kind: o.Kind, Label: o.Label, Session: holds[o.Process], Bytes: o.Bytes,
			Frozen: slices.Contains(st.Frozen, o.Owner)}
		for _, p := range o.Parts {
			m.Parts = append(m.Parts, MemoryPart(p))
		}
		out.Memory.Owners[i] = m
	}
	for i, q := range st.Queue {
		out.Queue[i] = QueueEntry{PromptID: q.Prompt, Session: q.Session, Position: q.Position, EstimatedWait: governor.Words(q.Wait),
			EstimatedWaitSeconds: int(math.Ceil(q.Wait.Seconds())), Message: governor.Message(q.Position), Reason: q.Reason, Text: st.Texts[q.Prompt]}
	}
	for i, d := range st.Decisions {
		out.Decisions[i] = DecisionRecord{ID: d.ID, Time: d.Time, Kind: d.Kind, Session: d.Session, PromptID: d.Prompt, Process: d.Process, Reason: d.Reason}
	}
	return out
}

type processPath struct {
	PID int `path:"pid" minimum:"1"`
}

func (s *Server) stopProcess(_ context.Context, in *processPath) (*struct{}, error) {
	return nil, s.engine.StopProcess(in.PID)
}

// Agent is what sessions can be made with.
type Agent struct {
	Name      string `json:"name"`
	Available bool   `json:"available"`
	Detail    string `json:"detail" doc:"What is connected, or what is missing, in words"`
}

// Me is who is asking, and what there is for him.
type Me struct {
	User         string  `json:"user"`
	Agents       []Agent `json:"agents"`
	DefaultAgent string  `json:"defaultAgent"`
	Version      string  `json:"version"`
	OpenFolders  bool    `json:"openFolders" doc:"Any folder of the server's machine can be opened as a workspace"`
	Window       bool    `json:"window" doc:"The page is in the desktop program's window, which can show the system's own pickers"`
	Git          bool    `json:"git" doc:"Whether the server has git: for clones, reviews and commits"`
}

type meOutput struct{ Body Me }

func (s *Server) me(context.Context, *struct{}) (*meOutput, error) {
	me := Me{User: engine.Owner, Version: s.version, OpenFolders: s.engine.OpensFolders(), Window: s.window != nil}
	for _, a := range s.engine.Agents() {
		me.Agents = append(me.Agents, Agent(a))
	}
	me.DefaultAgent = me.Agents[0].Name
	_, err := exec.LookPath("git")
	me.Git = err == nil
	return &meOutput{me}, nil
}
