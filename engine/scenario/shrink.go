package scenario

import (
	"bytes"
	"slices"

	"coder1/engine/trace"
)

// Shrunk is the smallest run that still breaks a rule: parts were taken out of a script for as long as it did.
type Shrunk struct {
	Rule   string
	Seed   uint64
	Of     int // prompts that there were
	Script *Script
	Result *Result
	Tries  int
	record []byte
}

// maxTries bounds how long is shrunk.
const maxTries = 3000

// part is something that can be taken out of a script.
type part struct {
	list    partKind
	index   int
	command int // of a prompt
}

type partKind int

const (
	partPrompt partKind = iota
	partCommand
	partCrash
	partNoMeter
	partDiskFull
	partSlowBoot
)

// Shrink takes out of the run of a seed whatever is not needed to break a rule that it breaks.
func (s *Scenario) Shrink(seed uint64, rule string, o Options) (*Shrunk, error) {
	whole := s.Script(seed)
	small := &Shrunk{Rule: rule, Seed: seed, Of: len(whole.Prompts), Script: whole}
	var failed error
	o.Record = nil
	breaks := func(parts []part) bool {
		small.Tries++
		r, err := s.Play(whole.only(parts), o)
		if err != nil {
			failed = err
			return false
		}
		return slices.Contains(r.rules(), rule)
	}
	parts := fewest(whole.parts(), func(parts []part) bool { return failed == nil && small.Tries < maxTries && breaks(parts) })
	if failed != nil {
		return nil, failed
	}
	small.Script = whole.only(parts)
	var out bytes.Buffer
	o.Record = &out
	r, err := s.Play(small.Script, o)
	small.Result, small.record = r, out.Bytes()
	return small, err
}

// fewest leaves parts out, in ever smaller groups, for as long as what is left does.
func fewest(parts []part, does func([]part) bool) []part {
	for size := (len(parts) + 1) / 2; size > 0; {
		before := len(parts)
		for at := 0; at < len(parts); {
			rest := slices.Concat(parts[:at], parts[min(at+size, len(parts)):])
			if does(rest) {
				parts = rest
			} else {
				at += size
			}
		}
		if size > 1 {
			size = (size + 1) / 2
		} else if len(parts) == before {
			break
		}
	}
	return parts
}

// parts lists all that can be taken out. The commands of a prompt follow it, so that they go together.
func (s *Script) parts() []part {
	var all []part
	for i := range s.Prompts {
		all = append(all, part{list: partPrompt, index: i})
		for j := range s.Prompts[i].Turn.Commands {
			all = append(all, part{list: partCommand, index: i, command: j})
		}
	}
	for i := range s.Crashes {
		all = append(all, part{list: partCrash, index: i})
	}
	for i := range s.NoMeter {
		all = append(all, part{list: partNoMeter, index: i})
	}
	for i := range s.DiskFull {
		all = append(all, part{list: partDiskFull, index: i})
	}
	if s.slowBoot.Max > 0 {
		all = append(all, part{list: partSlowBoot})
	}
	return all
}

// only is the script with these parts and no others.
func (s *Script) only(parts []part) *Script {
	has := map[part]bool{}
	for _, p := range parts {
		has[p] = true
	}
	less := &Script{Seed: s.Seed, Length: s.Length}
	for i, p := range s.Prompts {
		if !has[part{list: partPrompt, index: i}] {
			continue
		}
		var commands []trace.Command
		for j, c := range p.Turn.Commands {
			if has[part{list: partCommand, index: i, command: j}] {
				commands = append(commands, c)
			}
		}
		p.Turn.Commands = commands
		less.Prompts = append(less.Prompts, p)
	}
	less.Crashes = those(s.Crashes, partCrash, has)
	less.NoMeter = those(s.NoMeter, partNoMeter, has)
	less.DiskFull = those(s.DiskFull, partDiskFull, has)
	if has[part{list: partSlowBoot}] {
		less.slowBoot = s.slowBoot
	}
	return less
}

func those[T any](all []T, kind partKind, has map[part]bool) []T {
	var some []T
	for i, one := range all {
		if has[part{list: kind, index: i}] {
			some = append(some, one)
		}
	}
	return some
}
