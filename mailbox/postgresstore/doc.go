// Package postgresstore keeps mailboxes in a PostgreSQL database, so that agents
// and people on many machines share them. It is a module of its own: who keeps
// his mail in a file does not get a driver.
//
//	store, err := postgresstore.Open(ctx, "postgres://quire@db.example/agents", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// A commit locks the mailboxes that it writes to, in the order of their addresses,
// so that commits to other mailboxes run beside it. What the server or the network
// breaks off is repeated where that is safe: reading always; writing when it had
// not been told to commit, or when the commit has an ID. Else the error is
// [mailbox.ErrUnavailable] and says so.
//
// It needs PostgreSQL 13 or later, and the right to make a schema or to make tables
// in one that is there. Words are found through an index of the server, by the terms
// and in the order of every store.
package postgresstore
