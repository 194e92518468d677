package agent

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"coder1/engine/process"
)

// program is a kind of agent whose program speaks stream-json on its standard input and output.
type program struct {
	name  string
	path  string
	args  []string // of the program, before those of the protocol
	files fileNames
	env   func() []string // what it gets beside the allow-listed part of our own environment
}

// oomScore makes the kernel prefer an agent to the server when memory is out.
const oomScore = 500

// agentNice lets the server have the CPU first: it must be able to act when an agent does not.
const agentNice = 5

func (p *program) Name() string { return p.name }

func (p *program) Start(ctx context.Context, o Options) (Agent, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	conversation := o.Resume
	if conversation == "" {
		conversation = newID()
	}
	proc, err := o.Supervisor.Start(p.spec(o, conversation))
	if err != nil {
		return nil, fmt.Errorf("start the agent: %w", err)
	}
	return converse(proc, conversation, o.Resume != ""), nil
}

func (p *program) spec(o Options, conversation string) process.Spec {
	which := "--session-id"
	if o.Resume != "" {
		which = "--resume"
	}
	env := append(slices.Clone(p.env()), "CLAUDE_CONFIG_DIR="+o.ConfigDir)
	if o.TempDir != "" {
		env = append(env, "TMPDIR="+o.TempDir)
	}
	return process.Spec{
		Path: p.path,
		Args: slices.Concat(p.args, []string{"-p", "--verbose",
			"--input-format", "stream-json", "--output-format", "stream-json", "--include-partial-messages",
			"--permission-prompt-tool", "stdio", which, conversation}),
		Dir:   o.Dir,
		Env:   process.Environ(env...),
		Owner: o.Owner, OOMScoreAdj: oomScore, Nice: agentNice,
	}
}

// newID is a random UUID, which is what the protocol wants a conversation's ID to be.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
