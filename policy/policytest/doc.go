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
package policytest
