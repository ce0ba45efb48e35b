// Package archive writes mailboxes to files and reads them: as JSON Lines, which lose
// nothing, and as mbox, which every mail program reads.
//
// [Export] and [Import] work message by message, so that a mailbox of any size passes
// through a little memory. Importing again what was imported changes nothing, so that
// an import that broke off is begun anew.
//
// What is imported is a claim of whoever made the file: it gets
// [quire.TrustExternal], whoever it says it is from. A [Restore] says that it was this
// mailbox, and keeps numbers, flags, trust and an agent's state.
//
// Not in a file are the ids of commits, by which they are repeated, leases of
// addresses, streams, and what was destroyed. For a copy with all of that see the
// store's own backup, of which an export can be made too: it is of one moment, while
// an export of a store in use is of several.
package archive
