package agent

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// useCommand is the demo agent's argument with which it uses memory as a command of a Work does.
const useCommand = "use"

func demoWork(ctx context.Context, d *demo, rest string) error {
	w, err := ParseWork(workCommand + " " + rest)
	if err != nil {
		return d.say(ctx, "That is no work that I could do: "+err.Error(), 0)
	}
	if err := d.say(ctx, fmt.Sprintf("At work for %v.", w.Length), 0); err != nil {
		return err
	}
	job := &job{Work: w, demo: d, ctx: ctx, ended: make(chan finished, maxWorkCommands), open: map[int]bool{}}
	if err := job.run(); err != nil {
		return err
	}
	return d.say(ctx, "Done.", 0)
}

// job is a Work that is being done.
type job struct {
	Work
	*demo
	ctx   context.Context
	ended chan finished
	open  map[int]bool // commands that run
	begun int          // so many were begun
	ids   []string     // of their tool calls
}

// finished is what came of a command.
type finished struct {
	index  int
	output string
	err    error
}

// run lets the turn get older, which it does no further than to the end of a command that has one.
func (j *job) run() error {
	var watch stopwatch
	watch.start()
	defer watch.stop()
	for {
		age := watch.read(j.limit())
		j.held.grow(j.Grows.At(age))
		for j.begun < len(j.Commands) && j.Commands[j.begun].After <= age {
			if err := j.begin(j.begun); err != nil {
				return err
			}
		}
		if age >= j.Length && j.begun == len(j.Commands) && len(j.open) == 0 {
			j.held.keep(j.Grows.At(age))
			return nil
		}
		select {
		case <-watch.ticker.C:
		case f := <-j.ended:
			j.tell(f)
		case <-j.ctx.Done():
			for len(j.open) > 0 {
				j.tell(<-j.ended)
			}
			return j.ctx.Err()
		}
	}
}

// limit is the age that the turn does not pass before its commands have ended.
func (j *job) limit() time.Duration {
	limit := maxWork
	for i := range j.open {
		if c := &j.Commands[i]; c.Length > 0 {
			limit = min(limit, c.After+c.Length)
		}
	}
	return limit
}

// begin begins the next command.
func (j *job) begin(i int) error {
	c := j.Commands[i]
	script, err := useScript(c)
	if err != nil {
		return err
	}
	id := j.nextID("tool")
	j.message("assistant", j.nextID("message"), toolCall{Type: "tool_use", ID: id, Name: "Take", Input: map[string]any{"command": c.Name}})
	j.begun++
	j.ids, j.open[i] = append(j.ids, id), true
	go func() {
		output, err := shell(j.ctx, script)
		j.ended <- finished{i, output, err}
	}()
	return nil
}

// tell says what came of a command.
func (j *job) tell(f finished) {
	delete(j.open, f.index)
	err := f.err
	if j.ctx.Err() != nil {
		err = errInterrupted
	}
	j.message("user", "", toolAnswer{Type: "tool_result", ID: j.ids[f.index], Content: outcome(f.output, err), IsError: err != nil})
}

// useScript is a shell command that uses memory: this program, in a process of its own.
func useScript(c WorkCommand) (string, error) {
	return selfScript(fmt.Sprintf("%s '%v' %v", useCommand, c.Uses, c.Length), c.Name)
}

// useMain uses memory, for real, until the length is over; with a length of 0 until it is stopped.
func useMain(usage, length string, stdout io.Writer) int {
	u, err1 := parseUsage(usage)
	end, err2 := parseAge(length)
	if err1 != nil || err2 != nil {
		return 2
	}
	if end == 0 {
		end = maxWork
	}
	var mine held
	mine.begin()
	var watch stopwatch
	watch.start()
	defer watch.stop()
	most := int64(0)
	for {
		age := watch.read(maxWork)
		mine.resize(u.At(age))
		if most = max(most, u.At(age)); age >= end {
			_, _ = fmt.Fprintf(stdout, "Used up to %d MB.\n", most>>20)
			return 0
		}
		<-watch.ticker.C
	}
}

// quoted is a text as a shell takes it for one word.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
