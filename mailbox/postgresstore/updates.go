package postgresstore

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// updates are deliveries of a mailbox that changed, with no statement between: one does
// for all of them.
type updates struct {
	box   int64
	args  [][]any           // of [sqldriver.UpdateDelivery]
	place map[quire.UID]int // in args
}

// updateDeliveries is [sqldriver.UpdateDelivery] for several.
const updateDeliveries = "UPDATE delivery d SET modseq = u.modseq, flags = u.flags, open = u.open, visible_at = u.visible_at, put_off = u.put_off, lease = u.lease, counts = u.counts " +
	"FROM unnest(?::bigint[], ?::bigint[], ?::integer[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bytea[], ?::bigint[]) u (modseq, flags, open, visible_at, put_off, lease, counts, uid) WHERE d.box = ? AND d.uid = u.uid"

// update changes a delivery, together with the next ones.
func (w *writer) update(box int64, d *driver.Delivery) error {
	args, err := sqldriver.UpdateArgs(box, d)
	if err != nil {
		return err
	}
	u := &w.updates
	if u.box != box || len(u.args) == mostUpdates {
		w.tx.release()
	}
	if i, again := u.place[d.UID]; again {
		u.args[i] = args
		return nil
	}
	if len(u.args) == 0 {
		*u = updates{box: box, place: map[quire.UID]int{}}
		w.tx.held = w.putUpdates
	}
	u.place[d.UID] = len(u.args)
	u.args = append(u.args, args)
	return nil
}

// mostUpdates is how many go together at most.
const mostUpdates = 1000

// putUpdates has them done with what is asked next.
func (w *writer) putUpdates() {
	list := w.updates.args
	box := w.updates.box
	w.updates = updates{}
	if len(list) == 1 {
		w.tx.queue(nil, numbered(sqldriver.UpdateDelivery), list[0]...)
		return
	}
	w.tx.queue(nil, numbered(updateDeliveries), of[int64](list, 0), of[int64](list, 1), of[int](list, 2), of[int64](list, 3), of[int64](list, 4), of[[]byte](list, 5), of[[]byte](list, 6), of[int64](list, 8), box)
}

// of is a column of rows.
func of[T any](rows [][]any, column int) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = row[column].(T)
	}
	return list
}
