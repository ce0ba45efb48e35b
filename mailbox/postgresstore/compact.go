package postgresstore

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// lowTable came with format 3: the low marks of mailboxes that were compacted.
const lowTable = `
CREATE TABLE low (box BIGINT PRIMARY KEY, modseq BIGINT NOT NULL);
`

// Compact implements [mailbox.Compacter].
func (s *Store) Compact(ctx context.Context, addr quire.Address, before quire.State) (low quire.State, err error) {
	if err = s.begin(ctx, addr); err == nil {
		_, err = s.update(ctx, true, func(w *writer) error { // twice forgotten is forgotten
			if err := w.lock([]quire.Address{addr.Base()}); err != nil {
				return err
			}
			low, err = mailbox.ApplyCompact(w, w.epoch, addr.Base(), before)
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
	_, err = none(r.row("SELECT modseq FROM low WHERE box = ?", box).Scan(&low))
	return low, err
}

// Low implements [mailbox.CompactTx].
func (w *writer) Low(box quire.Address) (uint64, error) {
	b, err := w.box(box)
	if err != nil {
		return 0, err
	}
	return w.low(b.id)
}

// Forget implements [mailbox.CompactTx].
func (w *writer) Forget(box quire.Address, low uint64) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	if err := w.exec("DELETE FROM gone WHERE box = ? AND modseq <= ?", b.id, sqlquery.Num(low)); err != nil {
		return err
	}
	return w.exec("INSERT INTO low (box, modseq) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET modseq = excluded.modseq", b.id, sqlquery.Num(low))
}

var _ mailbox.Compacter = (*Store)(nil)
