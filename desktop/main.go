// Coder1 for the desktop: a window, and the engine as a child of it under the limits of the cloud.
//
// The window's process holds the toolkit and the browser (some 200 MB) and must not count against the
// engine's budget. So this program starts itself once more as the engine: the same server as in the cloud,
// on loopback, with a token of its own, inside a hard limit where the system gives one. The page is loaded
// from there and speaks to it as in the cloud. A start page (splash) is shown until it can be.
//
//	main.go      which of its parts the program is to be
//	engine.go    the engine child
//	keeper.go    starts the engine child, starts it again when it dies, ends it
//	window.go    the window, its menu, its title
//	app.go       what the start page can ask for
//	instance.go  one window for each data folder
//	plans.go     the limits that can be chosen
//	notice.go    tells a person who looks elsewhere that he is needed
//	state.go     what is remembered from one start to the next
package main

import (
	"fmt"
	"os"

	"coder1/engine"
	"coder1/engine/agent"
	"coder1/engine/process"
)

// version is set by the build.
var version = "dev"

// engineCommand is the argument with which this program is the engine.
const engineCommand = "engine"

func main() {
	if process.GuardMain() {
		return
	}
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == agent.DemoCommand:
		os.Exit(agent.DemoMain(os.Args[2:], os.Stdin, os.Stdout))
	case len(os.Args) > 1 && os.Args[1] == engineCommand:
		err = engineMain()
	case len(os.Args) > 1 && (os.Args[1] == "--help" || os.Args[1] == "-h"):
		fmt.Println("Usage: coder1-desktop\n\nOpens the window. Settings are those of `coder1 serve`, from the environment.")
	case len(os.Args) > 1 && os.Args[1] == "--version":
		fmt.Println(version)
	default:
		err = windowMain()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "coder1-desktop:", err)
		os.Exit(1)
	}
}

// windowMain shows the window, or brings the one there is to the front.
func windowMain() error {
	data, err := dataFolder()
	if err != nil {
		return err
	}
	first, err := becomeFirst(data)
	if err != nil {
		return err
	}
	if first == nil {
		return callFirst(data)
	}
	defer func() { _ = first.Close() }()
	return show(data, first)
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
