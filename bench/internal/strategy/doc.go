// Package strategy composes the calls of a life in different ways, and says what
// each way costs and keeps. The prompts of all of them are made of the same
// messages with the same token counts, are billed by the same ledger, and what is
// missing from them comes back by the same pulls.
//
// The strategies that are composed run through quire's composer: those of the
// default run, a grid of watermarks to compare with, and some that know the future.
// The others are simple composers of this package.
package strategy
