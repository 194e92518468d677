//go:build !darwin

package main

const isMac = false
