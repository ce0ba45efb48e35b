// Package oldstore says what a store holds that an earlier program wrote, so that tests
// can tell whether this program reads it as it was, and goes on with it.
//
// The files 2783c1f.* in testdata of mailbox/sqlitestore, mailbox/postgresstore and
// mailbox/archive were written by commit 2783c1f with testdata/make.go.txt. What they
// hold was told by that program too, with [Told.Tell], which was compiled into it.
package oldstore
