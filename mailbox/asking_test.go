package mailbox_test

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// asking notes which methods of a store are called.
type asking struct {
	*mailbox.Store
	names []string
}

func (s *asking) note(name string) *mailbox.Store {
	s.names = append(s.names, name)
	return s.Mem
}

func (s *asking) Commit(ctx context.Context, c mailbox.Commit) (mailbox.Committed, error) {
	return s.note("Commit").Commit(ctx, c)
}

func (s *asking) Snapshot(ctx context.Context, a quire.Address) (mailbox.Snapshot, error) {
	return s.note("Snapshot").Snapshot(ctx, a)
}

func (s *asking) Status(ctx context.Context, a quire.Address) (mailbox.Status, error) {
	return s.note("Status").Status(ctx, a)
}

func (s *asking) Query(ctx context.Context, a quire.Address, q mailbox.Query) (mailbox.Page, error) {
	return s.note("Query").Query(ctx, a, q)
}

func (s *asking) Get(ctx context.Context, a quire.Address, g mailbox.Get) ([]quire.Item, error) {
	return s.note("Get").Get(ctx, a, g)
}

func (s *asking) Content(ctx context.Context, a quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	return s.note("Content").Content(ctx, a, d, from, to)
}

func (s *asking) Changes(ctx context.Context, a quire.Address, since quire.State, max int) (mailbox.Changes, error) {
	return s.note("Changes").Changes(ctx, a, since, max)
}

func (s *asking) Receipts(ctx context.Context, a quire.Address, from, to uint64) ([]mailbox.Receipt, error) {
	return s.note("Receipts").Receipts(ctx, a, from, to)
}

func (s *asking) Wait(ctx context.Context, a quire.Address, w mailbox.Wait) (mailbox.Woken, error) {
	return s.note("Wait").Wait(ctx, a, w)
}

func (s *asking) Expunge(ctx context.Context, a quire.Address, uids []quire.UID) (quire.State, error) {
	return s.note("Expunge").Expunge(ctx, a, uids)
}

func (s *asking) Compact(ctx context.Context, a quire.Address, before quire.State) (quire.State, error) {
	return s.note("Compact").Compact(ctx, a, before)
}

func (s *asking) Import(ctx context.Context, a quire.Address, im mailbox.Import) (mailbox.Imports, error) {
	return s.note("Import").Import(ctx, a, im)
}

func (s *asking) OpenStream(ctx context.Context, a quire.Address, o mailbox.StreamOpen) (mailbox.StreamAttempt, error) {
	return s.note("OpenStream").OpenStream(ctx, a, o)
}

func (s *asking) AppendStream(ctx context.Context, a quire.Address, p mailbox.StreamAppend) error {
	return s.note("AppendStream").AppendStream(ctx, a, p)
}

func (s *asking) EndStream(ctx context.Context, a quire.Address, c mailbox.StreamClose) error {
	return s.note("EndStream").EndStream(ctx, a, c)
}

func (s *asking) ReadStream(ctx context.Context, a quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	return s.note("ReadStream").ReadStream(ctx, a, r)
}

func (s *asking) Close() error {
	return s.note("Close").Close()
}

// WaitStream does not wait.
func (s *asking) WaitStream(ctx context.Context, a quire.Address, r mailbox.StreamRead) (mailbox.StreamPage, error) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return s.note("WaitStream").WaitStream(ctx, a, r)
}
