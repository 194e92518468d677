// Coder1 is the server: the page, the API and the engine in one program. The same program started with
// other arguments is the guard of its processes, the launcher of agents, the demo agent, and the engine behind
// the window of the desktop program.
package main

import (
	"errors"
	"fmt"
	"os"

	"coder1/cloud/child"
	"coder1/cloud/server"
	"coder1/engine"
	"coder1/engine/agent"
	"coder1/engine/process"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "dev"

// settings are the engine's, filled in once the command line has been read and kong has called Validate.
type settings struct{ engine.Settings }

// AfterApply is called by kong.
func (s *settings) AfterApply() error { return s.Complete() }

type serveCommand struct {
	settings `embed:""`
}

type configCommand struct {
	settings `embed:""`
}

type openapiCommand struct{}

// Run prints the API's description.
func (openapiCommand) Run() error {
	raw, err := server.OpenAPI()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(raw)
	return err
}

type commands struct {
	Serve    serveCommand     `cmd:"" default:"withargs" help:"Run the server (the default)."`
	Config   configCommand    `cmd:"" help:"Show every setting, its value and where that comes from."`
	Trace    traceCommand     `cmd:"" help:"Look at flight recordings."`
	Replay   replayCommand    `cmd:"" help:"Have this build decide again what a flight recording holds, or try other settings."`
	Scenario scenarioCommand  `cmd:"" help:"Play scripted loads, simulated or for real, and see whether the server survives them."`
	Parity   parityCommand    `cmd:"" help:"Play scenarios simulated and for real, and see whether the same is decided."`
	Backup   backupCommand    `cmd:"" help:"Write sessions, prompts in line and agents' transcripts into a file; a server that runs goes on."`
	Restore  restoreCommand   `cmd:"" help:"Add what a backup has and is not here, to a server that runs or to the data folder."`
	OpenAPI  openapiCommand   `cmd:"" name:"openapi" help:"Print the API's description (OpenAPI 3.1)."`
	Version  kong.VersionFlag `help:"Print the version."`
}

func main() {
	if process.GuardMain() {
		return
	}
	if len(os.Args) > 1 && os.Args[1] == child.Command {
		if err := child.Main(version, ""); err != nil {
			fail(err)
		}
		return
	}
	if len(os.Args) > 1 && os.Args[1] == agent.DemoCommand {
		os.Exit(agent.DemoMain(os.Args[2:], os.Stdin, os.Stdout))
	}
	var cli commands
	parser := kong.Must(&cli, kong.Name("coder1"), kong.Vars{"version": version},
		kong.Description("A cloud IDE for AI coding agents that lives inside 512 MB."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	ctx, err := parser.Parse(os.Args[1:])
	if err != nil {
		fail(err)
	}
	if err := ctx.Run(); err != nil {
		fail(err)
	}
}

// fail says what is wrong, a line each, and ends the program.
func fail(err error) {
	fmt.Fprintln(os.Stderr, "coder1:", err)
	var usage *kong.ParseError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintln(os.Stderr, "`coder1 --help` lists the commands, `coder1 serve --help` the settings.")
	}
	status := exitError{status: 1}
	errors.As(err, &status)
	os.Exit(status.status)
}
