// Command bench measures what composing prompts costs, beside other ways to do
// it, and how long it takes, beside other libraries:
//
//	go run ./bench cost -data DIR     what prompts cost, and what they keep
//	go run ./bench speed              time and memory of one more prompt
//	go run ./bench counts -data DIR   how far off counts are, before and after learning
//	go run ./bench gaps -data DIR     what the lives of cache marks cost an agent that waits
//
// Each has -help. DIR holds recorded runs of agents; the synthetic traces need
// none. The tests of this module hold a third figure, quire's plan beside
// langchaingo's buffer:
//
//	go test -bench . -run '^$' github.com/quire-dev/quire/bench/internal/speed
//
// The figures of one machine are in docs/benchmarks.md.
package main
