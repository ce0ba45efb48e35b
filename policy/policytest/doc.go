// Package policytest tests implementations of [policy.Policy] and
// [policy.Schedule] against what their contracts ask for. It needs no testing
// library: both tests return an error that names every rule that was broken, in
// words, with the first view that showed it.
//
//	if err := policytest.TestPolicy(mended{}); err != nil {
//		t.Fatal(err)
//	}
//
// The views are random, but always the same ones. Run it with the race detector
// too: some of the calls are concurrent.
//
// # The world
//
// Each rule is tried on 96 views, twelve of each size: 0, 1, 2, 3, 7, 20, 60 and 200 units.
// In them are
//
//   - mail from ann@example and bob@example, a third of all entries; one of the two is
//     also the From of each turn and result, which a real agent's own address would be;
//   - the model's turns, each with up to three results of the tools read_file, run,
//     mail_find, context_pull and context_drop, some of which show other messages;
//   - units of 1 to 2,000 tokens; most results can become a stub of 1 to 40 tokens, and some
//     are stubs already;
//   - ages up to 99 calls, up to 7 uses, priorities from -2 to 2; one unit in seven is
//     marked, one in ten was pulled, one in twelve is fixed;
//   - budgets of 30 to 119 percent of what the units take, so that most views are over
//     theirs; a cache that reads for a tenth of the price, and is cold in a fifth of them.
//
// Nowhere in it are questions, answers, notes and events, pinned units, excerpts
// ([policy.Unit] Short), views that ask for what is dead only (OnlyDead), other senders and
// other tools. A policy that goes by a sender or a tool has to be given one of these, or
// its own rule is never asked.
//
// A policy that yields nothing of all that lives passes vacuously: [TestPolicy] says so
// with [ErrVacuous]. A schedule can't: one that never frees what is over breaks a rule.
package policytest
