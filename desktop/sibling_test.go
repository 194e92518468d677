package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestTheSiblingIsOfTheSameVersion(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the sibling here is a shell script")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(self), "coder1")
	t.Cleanup(func() { _ = os.Remove(path) })
	for _, c := range []struct{ script, want string }{
		{"", ""},
		{"#!/bin/sh\necho " + version + "\n", path},
		{"#!/bin/sh\necho another\n", ""},
		{"#!/bin/sh\nexit 1\n", ""},
	} {
		if c.script != "" {
			if err := os.WriteFile(path+".new", []byte(c.script), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		}
		if got := sibling(); got != c.want {
			t.Errorf("beside %q it is %q, want %q", c.script, got, c.want)
		}
	}
}
