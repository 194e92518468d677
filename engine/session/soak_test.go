package session

import "os"

// soak picks how often something random is done: in the tests, or in make soak.
func soak(tests, soak int) int {
	if os.Getenv("CODER1_SOAK_RUNS") != "" {
		return soak
	}
	return tests
}
