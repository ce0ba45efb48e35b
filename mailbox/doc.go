// Package mailbox is the persistent, email-like message system that an agent
// lives on.
//
// An address has a mailbox: its own turns, its tools' results and the mail of
// people and other agents, each a delivery with a number that is never given
// again. Messages never change once they are stored; flags say what became of a
// delivery. Nothing leaves by itself.
//
//   - [Box] is what users hold: it sends as one address, finds, reads, replies,
//     asks and answers.
//   - [Store] is what implementers write, and what package agent works with. All
//     writing is one [Commit], applied whole or not at all, durable when it returns,
//     and answered the same when it is repeated under its id. [NewMem] is a store in
//     memory, package sqlitestore one in a file, package storetest the contract as
//     tests.
//   - A [quire.State] names a moment of one mailbox. Changes since it are exact, or
//     [ErrCannotCalculateChanges]; never a guess.
//   - [Streams] is optional too: what is being said, kept while it is said, for readers
//     that come and go ([Follow]). The stores of this repository have it.
//   - [Waiter] is optional: it blocks until something matches. [Box.Wait] asks a store
//     that has none again and again.
//
// Errors are [*Error] round a sentinel of this package. Stores are safe for
// concurrent use.
package mailbox
