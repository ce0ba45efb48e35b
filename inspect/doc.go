// Package inspect is a handler, in the manner of net/http/pprof, that shows the agents of a
// store in a browser: what each of them does and waits for, what stands in its context and
// why, every call that it made, what left, what the provider's cache kept, what it cost, and
// all mail.
//
//	pages, err := inspect.New(store, nil)
//	if err != nil {
//		return err
//	}
//	mux.Handle("/debug/quire/", pages)
//
// The pages only read, unless Options.Allow says who may answer questions and send dead
// letters again. They need no JavaScript; with it they follow what happens. Nothing comes
// from elsewhere, and what mail and models say is text, whatever it says.
//
// Whoever reaches the handler can read all that the store lets it read: serve it on a
// loopback address, or behind the log-in of your own service, with a store by
// [github.com/quire-dev/quire/mailbox.Store.As] where people may see some mailboxes only.
//
// Of a receipt much is known and not all: the text of a notice is not kept, so the page says
// what waits now; and a call counts for the thread of the mail that entered last before it.
package inspect
