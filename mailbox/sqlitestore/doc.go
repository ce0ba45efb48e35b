// Package sqlitestore keeps mailboxes in one SQLite file, without cgo.
//
//	store, err := sqlitestore.Open(ctx, "mail.db", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// Many goroutines and many processes on one machine may use the file at once;
// one of them writes at a time. Don't put it on a network file system: SQLite's
// write-ahead log does not work there.
//
// # What is durable
//
// A commit that returned has been synced to the disk. With [Options.Normal] it
// survives the end of the process at once, but a power cut may take back the
// last commits; the file stays whole.
//
// # Copies
//
// Copy a live store with [Store.Backup], never by copying its file. A backup
// begins a new epoch when it is first opened, so that clients notice that they
// know more than the store. Open any other copy with [OpenRestored].
//
// # Format
//
// The file says which format it has. An older one is brought up to date when it
// is opened, step by step; a newer one is refused with
// [mailbox.ErrNewerFormat].
package sqlitestore
