// Package drivertest tests what keeps a store's mail against what its contract says,
// with all the rules of mail above it. Call [Run] in a test with a function that opens
// an empty store:
//
//	drivertest.Run(t, func(t *testing.T, o *mailbox.Options) *mailbox.Store {
//		d, err := mydriver.Open(t.Context(), t.TempDir())
//		if err != nil {
//			t.Fatal(err)
//		}
//		return mailbox.New(d, o)
//	})
//
// The name of each subtest is the rule that it holds the store to. Each case opens a
// store of its own and closes it.
package drivertest
