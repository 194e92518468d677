package engine

import (
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"coder1/engine/governor"
)

// Settings are all that can be set, by environment variable or flag. The tags are read by the command
// line of the program that embeds them; names and defaults are a contract with the users.
type Settings struct {
	MemoryLimitMB        int64 `env:"MEMORY_LIMIT_MB" default:"400" help:"Budget in MB that percentages are of."`
	MemoryWarningMB      int64 `name:"memory-warning-threshold" env:"MEMORY_WARNING_THRESHOLD" default:"300" help:"Normal clean-up begins at so many MB."`
	MemoryPanicMB        int64 `name:"memory-panic-threshold" env:"MEMORY_PANIC_THRESHOLD" default:"380" help:"Panic clean-up begins at so many MB, and nothing new starts."`
	MaxConcurrentAgents  int   `env:"MAX_CONCURRENT_AGENTS" default:"2" help:"Turns that run at once."`
	MaxClaudeProcesses   int   `env:"MAX_CLAUDE_PROCESSES" default:"2" help:"Live agent processes."`
	ProcessIdleTimeoutMS int64 `name:"process-idle-timeout" env:"PROCESS_IDLE_TIMEOUT" default:"120000" help:"An agent process idle for so many ms is given back."`
	PermissionTimeoutMS  int64 `name:"permission-timeout" env:"PERMISSION_TIMEOUT" default:"600000" help:"What an agent asks a person for is denied when nobody has answered for so many ms. 0: it waits for ever."`
	HardLimitMB          int64 `name:"hard-limit" env:"HARD_LIMIT_MB" default:"0" help:"Keep the server and all it runs below so many MB, by a limit of the system's where it lets us set one. 0: the limit there is."`
	ProcessPool          bool  `name:"process-pool-enabled" env:"PROCESS_POOL_ENABLED" default:"true" negatable:"" help:"Share processes between sessions. Off: a process per session and no admission, for comparison."`

	SessionPersistence  string `env:"SESSION_PERSISTENCE" default:"disk" enum:"disk,memory" help:"Where sessions are kept: disk, or memory (for comparison; lost at exit)."`
	MaxActiveSessions   int    `env:"MAX_ACTIVE_SESSIONS" default:"3" help:"Sessions whose active context is in RAM."`
	SessionCleanupMS    int64  `name:"session-cleanup-interval" env:"SESSION_CLEANUP_INTERVAL" default:"60000" help:"Every so many ms contexts beyond that are dropped, long tool output of sessions not used for a week is shortened, and SESSION_RETENTION_DAYS is looked after."`
	RetentionDays       int    `name:"session-retention-days" env:"SESSION_RETENTION_DAYS" default:"0" help:"Sessions not used for so many days are deleted, unless they are pinned. 0: never."`
	GracefulDegradation bool   `name:"enable-graceful-degradation" env:"ENABLE_GRACEFUL_DEGRADATION" default:"true" negatable:"" help:"Offer less as memory fills (tiers). Off: the premium tier always."`
	QueueManagement     bool   `name:"enable-queue-management" env:"ENABLE_QUEUE_MANAGEMENT" default:"true" negatable:"" help:"Let prompts wait for their turn. Off: what cannot start at once is refused."`
	MemoryMonitoring    bool   `name:"enable-memory-monitoring" env:"ENABLE_MEMORY_MONITORING" default:"true" negatable:"" help:"Measure memory. Off: only slots are counted."`
	AggressiveCleanup   bool   `name:"enable-aggressive-cleanup" env:"ENABLE_AGGRESSIVE_CLEANUP" default:"true" negatable:"" help:"Panic clean-up. Off: normal clean-up only."`

	Shell       string `env:"CODER1_SHELL" help:"Shell of terminals: $SHELL when not set, else bash, else sh."`
	NodeOptions string `env:"NODE_OPTIONS" default:"--max-old-space-size=400" help:"Passed to Node-based children."`
	GoMemLimit  string `name:"gomemlimit" env:"GOMEMLIMIT" help:"Soft memory limit of the server itself, as Go reads it: 16 % of the budget, 64MiB of the usual one."`
	Port        int    `env:"PORT" default:"10000" help:"Port of the server."`
	Host        string `env:"HOST" help:"Address of the server: 127.0.0.1, or 0.0.0.0 when RENDER is set."`
	Token       string `name:"token" env:"CODER1_TOKEN" help:"The owner's token, 16 characters or more. Made and printed at the first start when not set."`
	Data        string `name:"data" env:"CODER1_DATA" type:"path" help:"Folder for all that must last: the user's data folder, or /var/data on Render."`
	ClaudeBin   string `env:"CLAUDE_BIN" default:"claude" help:"The Claude Code command."`
	OpenFolders bool   `env:"OPEN_FOLDERS" default:"false" negatable:"" help:"Let any folder of this machine be opened as a workspace in place. Only where nobody else can reach the server; the desktop program sets it."`
}

// Complete fills in what depends on where the program runs.
func (s *Settings) Complete() error {
	render := os.Getenv("RENDER") != ""
	if s.Host == "" {
		s.Host = "127.0.0.1"
		if render {
			s.Host = "0.0.0.0"
		}
	}
	if s.GoMemLimit == "" {
		s.GoMemLimit = fmt.Sprintf("%dMiB", s.MemoryLimitMB*16/100)
	}
	if s.Data == "" && render {
		s.Data = "/var/data"
	}
	if s.Data == "" {
		dir, err := userDataDir()
		if err != nil {
			return fmt.Errorf("CODER1_DATA is not set and the user's data folder is unknown: %w", err)
		}
		s.Data = filepath.Join(dir, "coder1")
	}
	return nil
}

// Validate reports every setting that cannot be, each with what would be right.
func (s *Settings) Validate() error {
	var bad []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			bad = append(bad, fmt.Errorf(format, args...))
		}
	}
	check(s.MemoryLimitMB >= 64, "MEMORY_LIMIT_MB is %d; it must be 64 or more", s.MemoryLimitMB)
	check(s.MemoryPanicMB <= s.MemoryLimitMB, "MEMORY_PANIC_THRESHOLD is %d; it must not be above MEMORY_LIMIT_MB (%d)", s.MemoryPanicMB, s.MemoryLimitMB)
	check(s.MemoryWarningMB < s.MemoryPanicMB, "MEMORY_WARNING_THRESHOLD is %d; it must be below MEMORY_PANIC_THRESHOLD (%d)", s.MemoryWarningMB, s.MemoryPanicMB)
	check(s.MemoryWarningMB > 0, "MEMORY_WARNING_THRESHOLD is %d; it must be above 0", s.MemoryWarningMB)
	check(s.HardLimitMB == 0 || s.HardLimitMB > s.MemoryPanicMB, "HARD_LIMIT_MB is %d; it must be above MEMORY_PANIC_THRESHOLD (%d), or 0", s.HardLimitMB, s.MemoryPanicMB)
	check(s.MaxConcurrentAgents >= 1, "MAX_CONCURRENT_AGENTS is %d; it must be 1 or more", s.MaxConcurrentAgents)
	check(s.MaxClaudeProcesses >= 1, "MAX_CLAUDE_PROCESSES is %d; it must be 1 or more", s.MaxClaudeProcesses)
	check(s.ProcessIdleTimeoutMS >= 1000, "PROCESS_IDLE_TIMEOUT is %d ms; it must be 1000 or more", s.ProcessIdleTimeoutMS)
	check(s.PermissionTimeoutMS == 0 || s.PermissionTimeoutMS >= 1000, "PERMISSION_TIMEOUT is %d ms; it must be 1000 or more, or 0", s.PermissionTimeoutMS)
	check(s.MaxActiveSessions >= 0, "MAX_ACTIVE_SESSIONS is %d; it must be 0 or more", s.MaxActiveSessions)
	check(s.SessionCleanupMS >= 1000, "SESSION_CLEANUP_INTERVAL is %d ms; it must be 1000 or more", s.SessionCleanupMS)
	check(s.RetentionDays >= 0 && s.RetentionDays <= 36500, "SESSION_RETENTION_DAYS is %d; it must be between 0 (keep for ever) and 36500", s.RetentionDays)
	check(s.SessionPersistence == "disk" || s.SessionPersistence == "memory", "SESSION_PERSISTENCE is %q; it must be disk or memory", s.SessionPersistence)
	check(s.Port >= 0 && s.Port < 1<<16, "PORT is %d; it must be between 0 (any free one) and 65535", s.Port)
	check(!s.OpenFolders || s.alone(), "OPEN_FOLDERS is true; it must be false where others can reach the server: HOST is %s, and would have to be 127.0.0.1", s.Host)
	_, err := s.ServerMemory()
	check(err == nil, "%w", err)
	check(s.Token == "" || len(s.Token) >= 16, "CODER1_TOKEN has %d characters; it must have 16 or more", len(s.Token))
	return errors.Join(bad...)
}

// alone reports that only programs of this machine can reach the server.
func (s *Settings) alone() bool {
	ip := net.ParseIP(s.Host)
	return os.Getenv("RENDER") == "" && (s.Host == "localhost" || s.Host == "" || ip != nil && ip.IsLoopback())
}

// ServerMemory is GOMEMLIMIT in bytes, math.MaxInt64 for none.
func (s *Settings) ServerMemory() (int64, error) {
	switch s.GoMemLimit {
	case "off":
		return math.MaxInt64, nil
	case "": // not completed yet
		return s.MemoryLimitMB * governor.MB * 16 / 100, nil
	}
	digits := strings.TrimRight(s.GoMemLimit, "BKMGTi")
	units := map[string]int64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
	unit, known := units[s.GoMemLimit[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n <= 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("GOMEMLIMIT is %q; it must be a number with B, KiB, MiB, GiB or TiB, or off", s.GoMemLimit)
	}
	return n * unit, nil
}

func (s *Settings) permissionTimeout() time.Duration {
	return time.Duration(s.PermissionTimeoutMS) * time.Millisecond
}

// GovernorConfig is what the governor must know of them, where the hard limit is so many bytes.
func (s *Settings) GovernorConfig(hardLimit int64) governor.Config {
	return governor.Config{
		Budget: s.MemoryLimitMB * governor.MB, Warning: s.MemoryWarningMB * governor.MB,
		Panic: s.MemoryPanicMB * governor.MB, Hard: hardLimit,
		MaxAgents: s.MaxConcurrentAgents, MaxProcesses: s.MaxClaudeProcesses, MaxSessions: s.MaxActiveSessions,
		IdleTimeout: time.Duration(s.ProcessIdleTimeoutMS) * time.Millisecond,
		Cleanup:     time.Duration(s.SessionCleanupMS) * time.Millisecond,
		Unpooled:    !s.ProcessPool, NoQueue: !s.QueueManagement,
		NoDegradation: !s.GracefulDegradation, NoAggression: !s.AggressiveCleanup,
		Costs: governor.FirstCosts(),
	}
}
