package governor

import (
	"fmt"
	"slices"
	"time"

	"coder1/engine/pool"
	"coder1/engine/tier"
)

// Level is how hard memory presses.
type Level int

// The levels, each reached at its threshold and left only after a margin and a hold time.
const (
	LevelNormal Level = iota
	LevelWarning
	LevelPanic
	LevelEmergency // the hard limit is near: something is frozen, or being killed
)

var levelNames = [...]string{"normal", "warning", "panic", "emergency"}

func (l Level) String() string { return levelNames[l] }

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *Level) UnmarshalText(name []byte) error {
	i := slices.Index(levelNames[:], string(name))
	if i < 0 {
		return fmt.Errorf("%q is no level; they are %q", name, levelNames)
	}
	*l = Level(i)
	return nil
}

// ladder remembers when something was last given back.
type ladder struct {
	reclaimed time.Duration // when reclaimers last ran
	barren    bool          // they brought nothing worth repeating, at this level
	cleaned   time.Duration // when cleanUp last ran
}

// Pauses let an action take effect before it is repeated.
const (
	warningPause = 10 * time.Second
	panicPause   = time.Second
)

func (s *State) level() Level {
	if s.emergency.active {
		return LevelEmergency
	}
	return Level(s.pressed.Band())
}

func (s *State) tier() Tier {
	if s.cfg.NoDegradation {
		return tier.Premium
	}
	return tier.ForBand(s.offered.Band())
}

func (s *State) setLevel() {
	before, tierBefore := s.level(), s.tier()
	if s.pressed.Update(s.now, s.memory.used) {
		s.decide(SetLevel{Level: s.level(), Reason: s.levelReason()})
	}
	s.offered.Update(s.now, s.memory.used)
	if s.tier() != tierBefore {
		s.announceTier(s.levelReason())
	}
	if s.level() > before {
		s.ladder.reclaimed, s.ladder.barren = 0, false
	}
}

// announceTier tells of the tier that there is from now on.
func (s *State) announceTier(reason string) {
	t := s.tier()
	s.decide(SetTier{Tier: t, Reason: reason})
	s.decide(TrimBuffers{Lines: t.ScrollbackLines(), Reason: "the " + t.String() + " tier keeps so many lines"})
}

func (s *State) levelReason() string {
	used := s.memory.used / MB
	switch s.level() {
	case LevelEmergency:
		return fmt.Sprintf("%d MB in use, and the hard limit is %d MB", used, s.cfg.Hard/MB)
	case LevelPanic:
		return s.thresholdReason("panic", s.cfg.Panic)
	case LevelWarning:
		return s.thresholdReason("warning", s.cfg.Warning)
	default:
		return fmt.Sprintf("%d MB in use, below the warning threshold of %d MB", used, s.cfg.Warning/MB)
	}
}

// thresholdReason is why there is a level that begins at a threshold, which is left only some time after memory
// has fallen.
func (s *State) thresholdReason(name string, threshold int64) string {
	if s.memory.used < threshold {
		return fmt.Sprintf("%d MB in use, and until a moment ago the %s threshold of %d MB or more", s.memory.used/MB, name, threshold/MB)
	}
	return fmt.Sprintf("%d MB in use, at or above the %s threshold of %d MB", s.memory.used/MB, name, threshold/MB)
}

// reclaim gives back what can be had without hurting a running turn. It runs on entering a level and
// again after a pause for as long as the level lasts.
func (s *State) reclaim() {
	l := s.level()
	if l == LevelNormal || (l >= LevelPanic && s.cfg.NoAggression) || s.memory.falling() || s.memory.used < s.cfg.Warning {
		return
	}
	pause := warningPause
	if l >= LevelPanic {
		pause = panicPause
	}
	if s.ladder.reclaimed != 0 && s.now-s.ladder.reclaimed < pause {
		return
	}
	s.ladder.reclaimed = max(s.now, 1)
	if l >= LevelPanic {
		s.panicCleanUp()
		return
	}
	s.giveBackIdle()
	if !s.ladder.barren {
		s.decide(DropContexts{Keep: s.cfg.MaxSessions, Reason: "memory is filling up"})
		s.decide(ReleaseMemory{Reason: "memory is filling up"})
	}
}

// leastReclaim is what a reclaimer must bring to be asked again before memory presses harder.
const leastReclaim = MB

func (s *State) panicCleanUp() {
	for _, q := range s.pool.All() {
		if q.State == pool.Idle {
			s.evict(q, fmt.Sprintf("idle, and memory is at %d of %d MB", s.memory.used/MB, s.cfg.Budget/MB))
		}
	}
	if s.ladder.barren {
		return
	}
	s.decide(TrimBuffers{Lines: 0, Reason: "memory is nearly full; the past of terminals is kept on disk only"})
	s.decide(DropContexts{Keep: 0, Reason: "memory is nearly full"})
	s.decide(CompactSessions{Reason: "memory is nearly full"})
	s.decide(ReleaseMemory{Reason: "memory is nearly full"})
}

// giveBackIdle ends processes that have been idle for long: IDLE_TIMEOUT, or a quarter of it once
// memory has reached the warning threshold, so that a conversation that goes on stays warm.
func (s *State) giveBackIdle() {
	if s.cfg.Unpooled {
		return
	}
	timeout := s.cfg.IdleTimeout
	if s.level() >= LevelWarning {
		timeout /= 4
	}
	for _, q := range s.pool.All() {
		if q.State == pool.Idle && s.now-q.Since >= timeout {
			s.evict(q, "idle for "+Words(s.now-q.Since))
		}
	}
}

// cleanUp is the housekeeping of every SESSION_CLEANUP_INTERVAL.
func (s *State) cleanUp() {
	if s.now-s.ladder.cleaned < s.cfg.Cleanup {
		return
	}
	s.ladder.cleaned = s.now
	s.decide(DropContexts{Keep: s.cfg.MaxSessions, Reason: "regular clean-up"})
	s.decide(CompactSessions{Reason: "regular clean-up"})
}
