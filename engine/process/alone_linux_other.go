//go:build linux && !amd64 && !arm64

package process

// There is no filter for this machine.
const (
	aloneArch    = 0
	foreignCalls = 1 << 30
)

var forkCalls []uint32
