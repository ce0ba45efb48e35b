package sqlitestore

import (
	"context"
	"database/sql"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// lowTable came with format 5: the low marks of mailboxes that were compacted. It is
// no column of table box, where each would be read behind an agent's state.
const lowTable = `
CREATE TABLE low (box INTEGER PRIMARY KEY, modseq INTEGER NOT NULL);
`

// Compact implements [mailbox.Compacter].
func (s *Store) Compact(ctx context.Context, addr quire.Address, before quire.State) (low quire.State, err error) {
	if err = s.begin(ctx, addr); err == nil {
		err = s.update(ctx, func(tx *writer) error {
			low, err = mailbox.ApplyCompact(tx, tx.epoch, addr.Base(), before)
			return err
		})
	}
	if err != nil {
		return "", fail(ctx, "compact", addr, err)
	}
	return low, nil
}

// low reads the low mark of a mailbox by its row number.
func (r *reader) low(box int64) (low uint64, err error) {
	err = r.row("SELECT modseq FROM low WHERE box = ?", box).Scan(&low)
	if err == sql.ErrNoRows {
		err = nil
	}
	return low, err
}

// Low implements [mailbox.CompactTx].
func (w *writer) Low(box quire.Address) (uint64, error) {
	id, err := w.box(box)
	if err != nil || id == 0 {
		return 0, err
	}
	return w.low(id)
}

// Forget implements [mailbox.CompactTx].
func (w *writer) Forget(box quire.Address, low uint64) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	if err := w.exec("DELETE FROM gone WHERE box = ? AND modseq <= ?", id, sqlquery.Num(low)); err != nil {
		return err
	}
	return w.exec("INSERT INTO low (box, modseq) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET modseq = excluded.modseq", id, sqlquery.Num(low))
}

var _ mailbox.Compacter = (*Store)(nil)
