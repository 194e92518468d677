package engine

import (
	"strings"

	"coder1/engine/governor"
	"coder1/engine/memory"
)

// enterJail sets the hard limit that was asked for, where the system lets us.
func (e *Engine) enterJail() {
	if e.settings.HardLimitMB == 0 {
		return
	}
	jail, err := memory.EnterJail(e.settings.HardLimitMB * governor.MB)
	if err != nil {
		e.log.Warn("the system does not let us set a hard limit; the governor keeps to it alone", "hard_limit_mb", e.settings.HardLimitMB, "reason", err)
		return
	}
	e.jail = jail
	e.log.Info("hard limit set", "detail", jail.Describe())
}

// findLimit decides what must never be exceeded: the system's limit where it has one for us, or the one
// that was asked for. Where there is neither, it stands to the budget as Render's 512 MB to the plan's 400,
// so that a laptop behaves as the cloud does.
func (e *Engine) findLimit() {
	e.hardLimit = e.meter.Limit()
	e.contained = strings.HasPrefix(e.meter.Source(), "cgroup")
	e.alone = e.contained && e.jail == nil && memory.Alone()
	if !e.contained && e.settings.HardLimitMB == 0 {
		e.hardLimit = min(e.hardLimit, e.settings.MemoryLimitMB*governor.MB*512/400)
	}
	if panic := e.settings.MemoryPanicMB * governor.MB; e.hardLimit <= panic {
		e.log.Warn("MEMORY_PANIC_THRESHOLD is not below the hard limit: the server cannot keep within it",
			"panic_mb", e.settings.MemoryPanicMB, "hard_limit_mb", e.hardLimit/governor.MB)
	}
}

// holder says who holds the hard limit.
func (e *Engine) holder() string {
	switch {
	case e.contained:
		return "the system (" + e.meter.Source() + ")"
	case e.jail != nil:
		return "the system (" + e.jail.Describe() + ")"
	}
	return "the governor alone: the system sets no limit here"
}
