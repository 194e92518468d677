package agenttest

import (
	"fmt"
	"net/http"
)

// Calls is the number of answers given so far.
func (a *API) Calls() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mu.calls
}

// Waiting is the number of answers that are being held.
func (a *API) Waiting() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mu.waiting
}

// Release lets every answer that is being held go on.
func (a *API) Release() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mu.release != nil {
		close(a.mu.release)
		a.mu.release = nil
	}
}

func (a *API) nextID() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.calls++
	return fmt.Sprintf("msg_%06d", a.mu.calls)
}

// hold waits for Release, and reports false when the client hung up first.
func (a *API) hold(r *http.Request) bool {
	defer a.addWaiting(-1)
	select {
	case <-a.addWaiting(1):
		return true
	case <-r.Context().Done():
		return false
	}
}

func (a *API) addWaiting(n int) (release <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mu.waiting += n
	if a.mu.release == nil {
		a.mu.release = make(chan struct{})
	}
	return a.mu.release
}
