package process

import (
	"cmp"
	"errors"
	"os"
	"slices"
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
//
// In a terminal parents come first, each given shellPatience to stand still: a shell that still runs would see
// its job stopped, and go on without it.
func freeze(claims claim, terminal bool) error {
	asked, began := map[identity]bool{}, time.Now()
	for round := range freezeRounds {
		tree, err := members(claims)
		if err != nil {
			return err
		}
		walking := map[int]bool{} // those that do not stand still yet
		for _, e := range tree {
			walking[e.pid] = !e.stopped() && !e.headless()
		}
		wait := terminal && time.Since(began) < shellPatience
		running := 0
		for _, e := range tree {
			// One that sleeps in the kernel and was asked stops on its way out: it may be waiting for a
			// child that is stopped already (vfork).
			if e.stopped() || (e.state == 'D' || e.headless()) && asked[e.identity] {
				continue
			}
			if wait && walking[e.parent] {
				running++
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

// shellPatience is half of the time in which the governor counts on a freeze to take effect. A shell that sleeps
// stands still within a millisecond where there is CPU to be had; where there is none, its job may end up in the
// background. Tests are more patient.
var shellPatience = 40 * time.Millisecond

const freezeRounds = 50

// thaw lets all that is claimed go on, children before their parents: a shell that looked first would find the
// job in its foreground stopped, and put it into the background.
func thaw(claims claim) error {
	tree, err := members(claims)
	slices.SortStableFunc(tree, func(a, b entry) int { return cmp.Or(cmp.Compare(b.start, a.start), cmp.Compare(b.pid, a.pid)) })
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
		_ = freeze(claims, false) // what does not stop is killed all the same
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
