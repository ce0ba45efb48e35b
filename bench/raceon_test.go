//go:build race

package main

// raced: with the race detector a test takes ten times as long.
const raced = true
