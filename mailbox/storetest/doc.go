// Package storetest tests implementations of mailbox.Store against what its
// contract says. Call [Run] in a test with a function that opens an empty store:
//
//	storetest.Run(t, func(t *testing.T) mailbox.Store {
//		s, err := mystore.Open(t.Context(), t.TempDir())
//		if err != nil {
//			t.Fatal(err)
//		}
//		return s
//	})
//
// The name of each subtest is the rule that it holds the store to. Each case
// opens a store of its own and closes it. What only some stores can do is tested
// where a store has the methods: mailbox.Waiter, mailbox.Expunger,
// mailbox.Compacter, mailbox.Importer, and
// NewEpoch(context.Context) error, which begins a new epoch.
//
// Run expects a store with the zero mailbox.Rules. [RunRules] opens stores with
// others: call it too, with a function that passes them on.
package storetest
