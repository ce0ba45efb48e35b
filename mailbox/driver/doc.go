// Package driver is what a store of mailboxes is made of: the records that it keeps
// and the few operations on them. Implementers write a [Driver]; everybody else works
// with a [github.com/quire-dev/quire/mailbox.Store], which is made of one by
// mailbox.New, and sees of this package only the few records that mailbox has under its
// own name, unless he puts something between the two with Store.Wrap.
//
// The rules of mail (who gets what, what is refused, what is done twice, who may do
// what, how a search is ranked, how one waits) are written once, above the driver. A
// driver reads, writes in a transaction, and says that something changed. The package
// mailbox/drivertest holds one to all of it.
//
// Errors wrap those of package mailbox where one of them fits: ErrClosed, ErrBusy,
// ErrUnavailable, ErrFull, ErrReadOnly, ErrCorrupt, ErrNewerFormat, ErrReplaced and
// ErrOutcomeUnknown are a driver's to report.
package driver
