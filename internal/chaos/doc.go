// Package chaos runs agents in a world where everything fails, and says what came of it:
// people and agents on one store, models and tools that fail in every way, a store that
// hangs, freezes and loses its answers, processes that are killed and doubled. When all
// is well again nobody may be down, nothing unanswered or answered twice, and nobody may
// have been told what did not happen.
//
// It runs under testing/synctest: time is that of the bubble, each wait has a length of
// its own, and so a seed gives the same run again.
package chaos
