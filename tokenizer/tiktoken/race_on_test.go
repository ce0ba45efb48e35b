//go:build race

package tiktoken_test

// raceEnabled scales the comparison down: the oracle is ten times slower when
// each of its memory accesses is watched.
const raceEnabled = true
