// Package mailbox is the persistent, email-like message system that an agent
// lives on.
//
// An address has a mailbox: its own turns, its tools' results and the mail of
// people and other agents, each a delivery with a number that is never given
// again. Messages never change once they are stored; flags say what became of a
// delivery. Nothing leaves by itself, unless [Store.Keep] runs.
//
//   - [Box] is what people's programs hold: it sends as one address, finds, reads,
//     replies, asks and answers. [Store.Box] gives it.
//   - [Store] is all mailboxes, and what package agent works with. All writing is one
//     [Commit], applied whole or not at all, durable when it returns, and answered the
//     same when it is repeated under its id. Packages memstore, sqlitestore and
//     postgresstore open one; a [github.com/quire-dev/quire/mailbox/driver.Driver] of one's own keeps mail elsewhere.
//   - A [quire.State] names a moment of one mailbox. Changes since it are exact, or
//     [ErrCannotCalculateChanges]; never a guess.
//   - [Store.Wait] blocks until there is something to do, and [Store.Follow] reads what
//     is being said while it is said.
//   - [Store.Forget] erases what somebody wrote, with a [Certificate]; [Store.DeleteMailbox]
//     removes a mailbox; [Store.Keep] lets go what a [Retention] does not keep.
//   - [Store.As] is a store with the rights of somebody.
//
// Errors are [*Error] round a sentinel of this package. Stores are safe for
// concurrent use.
package mailbox
