package main

import "cmp"

// engineProgram is the program to start as the engine: the server's where it lies beside this one, and else this
// one. They do the same; this one carries the window's toolkit along.
func engineProgram(self string) string { return cmp.Or(sibling(), self) }
