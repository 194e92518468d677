// Coder1 for the desktop: a window, and the engine as a child of it under the limits of the cloud.
//
// The window's process holds the toolkit and the browser (some 200 MB) and must not count against the
// engine's budget. So this program starts the engine as a child: the same server as in the cloud, on loopback, with a token of its own, inside a hard limit where the system gives one. The page is loaded
// from there and speaks to it as in the cloud. A start page (splash) is shown until it can be.
//
//	main.go      which of its parts the program is to be
//	engine.go    which program is the engine child
//	keeper.go    starts the engine child, starts it again when it dies, ends it
//	window.go    the window, its menu
//	title.go     the window's title, and what the window itself weighs
//	app.go       what the start page can ask for
//	open.go      opens folders and recordings, by picker, argument or double click
//	recording.go shows a flight recording in the window
//	instance.go  one window for each data folder
//	plans.go     the limits that can be chosen
//	notice.go    tells a person who looks elsewhere that he is needed
//	state.go     what is remembered from one start to the next
package main

import (
	"fmt"
	"os"

	"coder1/cloud/child"
	"coder1/engine"
	"coder1/engine/agent"
	"coder1/engine/process"
)

// version is set by the build.
var version = "dev"

func main() {
	if process.GuardMain() {
		return
	}
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == agent.DemoCommand:
		os.Exit(agent.DemoMain(os.Args[2:], os.Stdin, os.Stdout))
	case len(os.Args) > 1 && os.Args[1] == child.Command:
		err = child.Main(version, sibling())
	case len(os.Args) > 1 && (os.Args[1] == "--help" || os.Args[1] == "-h"):
		fmt.Println(usage)
	case len(os.Args) > 1 && os.Args[1] == "--version":
		fmt.Println(version)
	default:
		err = windowMain(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "coder1-desktop:", err)
		os.Exit(1)
	}
}

const usage = `Usage: coder1-desktop [PATH]

Opens the window, or brings the one that is open to the front. A PATH that is a folder is opened in it as a
workspace, where it lies; one that is a file is shown as a flight recording (its name ends with .trace.zst).
Settings are those of coder1 serve, from the environment.`

// windowMain shows the window, or brings the one there is to the front.
func windowMain(args []string) error {
	path, err := argument(args)
	if err != nil {
		return err
	}
	data, err := dataFolder()
	if err != nil {
		return err
	}
	first, err := becomeFirst(data)
	if err != nil {
		return err
	}
	if first == nil {
		return callFirst(data, path)
	}
	defer func() { _ = first.Close() }()
	return show(data, path, first)
}

// dataFolder is where everything is kept, as the server has it.
func dataFolder() (string, error) {
	s := engine.Settings{Data: os.Getenv("CODER1_DATA"), GoMemLimit: "off", Host: "127.0.0.1"}
	if err := s.Complete(); err != nil {
		return "", err
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder (CODER1_DATA): %w", err)
	}
	return s.Data, nil
}
