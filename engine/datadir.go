package engine

import (
	"os"
	"path/filepath"
	"runtime"
)

// userDataDir is where a program keeps what its user wants to last: XDG_DATA_HOME, Application Support
// or LocalAppData.
func userDataDir() (string, error) {
	switch runtime.GOOS {
	case "windows", "darwin":
		if dir := os.Getenv("LOCALAPPDATA"); dir != "" {
			return dir, nil
		}
		return os.UserConfigDir()
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "share"), err
}
