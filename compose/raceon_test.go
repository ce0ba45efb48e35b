//go:build race

package compose_test

// raced: with the race detector a test takes ten times as long.
const raced = true
