package scenario

import "time"

// Weight is what an agent takes of a machine.
type Weight struct {
	Private int64         // bytes of each process, once it is ready
	Boot    time.Duration // until it is ready
	Clear   time.Duration // until it is cleared for another session
	Leave   time.Duration // until it is gone after it was asked to go
	Resume  int64         // bytes for each byte of a conversation that it takes in again
}

// Weights are the agents' as measured. Claude Code 2.1.328 has 101 to 107 MB of its own after three turns, takes
// 0.54 s to start, 0.05 s to be cleared, 0.1 to 0.35 s to leave, and 5 bytes for each of a transcript. The demo agent has 3 MB of its own.
// Programs' files do not count: the system drops them before anything else.
func Weights(agent string) Weight {
	if agent == "demo" {
		return Weight{Private: 4 << 20, Boot: 60 * time.Millisecond, Clear: 5 * time.Millisecond, Leave: 40 * time.Millisecond, Resume: 1}
	}
	return Weight{Private: 105 << 20, Boot: 540 * time.Millisecond, Clear: 50 * time.Millisecond, Leave: 200 * time.Millisecond, Resume: 5}
}

// What running a command takes beside what the command uses, as measured live.
const (
	wrapperWeighs = 3 << 20 // engine/process's wrapper, which is its agent's
	shellWeighs   = 1 << 20
)
