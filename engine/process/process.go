// Package process starts, freezes and kills the programs the engine runs, each as the root of a tree
// that can be measured and ended as one, and makes sure that none of them outlives the engine.
package process
