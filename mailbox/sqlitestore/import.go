package sqlitestore

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/rank"
)

// Import implements [mailbox.Importer].
func (s *Store) Import(ctx context.Context, addr quire.Address, im mailbox.Import) (done mailbox.Imports, err error) {
	if err = s.begin(ctx, addr); err == nil {
		err = s.update(ctx, func(tx *writer) error {
			done, err = s.o.Rules.ApplyImport(tx, tx.epoch, addr.Base(), im)
			return err
		})
	}
	if err != nil {
		return mailbox.Imports{}, fail(ctx, "import", addr, err)
	}
	return done, nil
}

// Refill implements [mailbox.ImportTx].
func (w *writer) Refill(a *mailbox.Accepted) error {
	var id int64
	if err := w.row("SELECT id FROM message WHERE mid = ?", string(a.ID)).Scan(&id); err != nil {
		return err
	}
	doc := rank.Analyze(a.Text)
	w.fresh[a.ID] = freshMessage{id, doc.Terms()}
	if err := w.exec("UPDATE message SET snippet = ?, head = ?, parts = ?, words = ?, freq = ? WHERE id = ? AND head IS NULL", a.Snippet, sealed(ofHead(&a.Stored), a.Head), sealed(string(a.ID), a.Parts), doc.Length, doc.Repeats(), id); err != nil {
		return err
	}
	return w.putContent(id, a)
}

var _ mailbox.Importer = (*Store)(nil)
