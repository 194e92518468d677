package process

// identity names one process for ever: a pid may be given to another process, the two together not.
type identity struct {
	pid   int
	start uint64 // clock ticks from boot to its start; 0 where the system does not tell
}
