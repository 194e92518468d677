package process

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// members lists the living processes that are claimed, and all that descend from them.
func members(claims claim) ([]entry, error) {
	all, err := snapshot()
	if err != nil {
		return nil, err
	}
	spared := ancestry(all)
	in := make(map[int]bool)
	for _, e := range all {
		if !spared[e.pid] && !e.kernel && claims(e) {
			in[e.pid] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, e := range all {
			if in[e.parent] && !in[e.pid] && !spared[e.pid] {
				in[e.pid], grown = true, true
			}
		}
	}
	var found []entry
	for _, e := range all {
		if in[e.pid] && !e.gone() {
			found = append(found, e)
		}
	}
	return found, nil
}

// ancestry is ourselves and our parents up to the first process: never part of a tree of ours, even when we
// were started by a program of an engine with the same ID.
func ancestry(all []entry) map[int]bool {
	parents := make(map[int]int, len(all))
	for _, e := range all {
		parents[e.pid] = e.parent
	}
	spared := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !spared[pid]; pid = parents[pid] {
		spared[pid] = true
	}
	return spared
}

// freeze stops all that is claimed, and looks again until nothing is found that runs: a process that forks
// is stopped before its newest child.
func freeze(claims claim) error {
	asked := map[identity]bool{}
	for round := range freezeRounds {
		tree, err := members(claims)
		if err != nil {
			return err
		}
		running := 0
		for _, e := range tree {
			// One that sleeps in the kernel and was asked stops on its way out: it may be waiting for a
			// child that is stopped already (vfork).
			if e.stopped() || e.state == 'D' && asked[e.identity] {
				continue
			}
			if !errors.Is(send(e.identity, unix.SIGSTOP), unix.EPERM) {
				asked[e.identity] = true
				running++
			}
		}
		if running == 0 {
			return nil
		}
		if round > 0 {
			time.Sleep(time.Millisecond) // a signal takes effect when its process next gets the CPU
		}
	}
	return errors.New("freeze: some processes do not stop, or start others faster than they can be stopped")
}

const freezeRounds = 50

// thaw lets all that is claimed go on.
func thaw(claims claim) error {
	tree, err := members(claims)
	for _, e := range tree {
		if sent := send(e.identity, unix.SIGCONT); !errors.Is(sent, errGone) {
			err = errors.Join(err, sent)
		}
	}
	return err
}

// exterminate freezes and kills all that is claimed until a look finds none, and then looks once more: a
// process that is just being replaced by exec shows no environment. Processes that we have no right to
// signal (a command run through sudo) are left alone.
func exterminate(claims claim) error {
	for empty, pause := 0, time.Millisecond; empty < 2; {
		_ = freeze(claims) // what does not stop is killed all the same
		tree, err := members(claims)
		if err != nil {
			return err
		}
		if killAll(tree) > 0 {
			empty, pause = 0, min(2*pause, 100*time.Millisecond) // dying takes time where memory is short
		} else {
			empty, pause = empty+1, time.Millisecond
		}
		time.Sleep(pause)
	}
	return nil
}

// killAll kills processes and returns how many of them we have the right to kill.
func killAll(tree []entry) (n int) {
	for _, e := range tree {
		if !errors.Is(send(e.identity, unix.SIGKILL), unix.EPERM) {
			n++
		}
	}
	return n
}
