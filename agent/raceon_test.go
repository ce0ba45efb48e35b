//go:build race

package agent

// raced: with the race detector a test takes ten times as long.
const raced = true
