package postgresstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// writer is a [driver.Write], and the [sqldriver.WriteConn] of what it shares with
// others. Whatever mailbox it touches, it has locked first, but for writers of streams:
// attempts begin one by one, under the lock of the mailbox, and chunks leave that to the
// mail. Who writes to a stream locks its attempts, and whoever begins another one has to
// lock them too.
type writer struct {
	*reader
	sqldriver.Writer
	updates updates
}

func newWriter(ctx context.Context, tx *pipeline, streams bool) *writer {
	w := &writer{reader: newReader(ctx, tx)}
	w.Writer = sqldriver.Writer{Conn: w, Reader: &w.reader.Reader}
	if w.locksAttempts = streams; !streams {
		w.lock = w.Lock
	}
	return w
}

// Lock locks mailboxes until the transaction ends, and makes unknown ones; it does so
// with what is asked next. All
// writers lock in the order of addresses, so that none waits in a circle.
func (w *writer) Lock(boxes ...quire.Address) error {
	list := make([]string, len(boxes))
	for i, b := range boxes {
		list[i] = string(b)
	}
	if err := w.Exec("INSERT INTO box (addr) SELECT a FROM unnest(?::text[]) a WHERE NOT EXISTS (SELECT 1 FROM box WHERE addr = a) ORDER BY a COLLATE \"C\" ON CONFLICT DO NOTHING", list); err != nil {
		return err
	}
	w.locking = true
	return w.tx.later(w.ctx, func(rows pgx.Rows) error {
		w.locking = false
		return eachRow(w.keep)(rows)
	}, numbered(selectBox+"WHERE addr = ANY (?) ORDER BY addr FOR UPDATE"), list)
}

// keep keeps a row of selectBox.
func (w *writer) keep(row sqldriver.Row) error {
	var addr quire.Address
	var b keptBox
	err := w.scanBox(row, &b, &addr)
	w.boxes[addr] = &b
	return err
}

// Exec implements [sqldriver.WriteConn]. An error may come with a later call.
func (w *writer) Exec(query string, args ...any) error {
	return w.tx.exec(w.ctx, numbered(query), args...)
}

// Insert implements [sqldriver.WriteConn].
func (w *writer) Insert(query string, args ...any) (id int64, err error) {
	err = w.Row(query+" RETURNING id", args...).Scan(&id)
	return id, err
}

// Made implements [sqldriver.WriteConn]. What is locked is there, and so is a mailbox
// with an attempt of a stream.
func (w *writer) Made(addr quire.Address) (int64, error) { return w.ID(addr) }

// PutBlob implements [sqldriver.WriteConn]. A row that is there is locked, so that
// nobody who expunges the last message with it removes it meanwhile.
func (w *writer) PutBlob(d quire.Digest, size int) (id int64, made bool, err error) {
	err = w.Row("INSERT INTO blob (digest, size) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET size = excluded.size RETURNING id, xmax = 0", d[:], size).Scan(&id, &made)
	return id, made, err
}

// PutBox implements [driver.Write].
func (w *writer) PutBox(addr quire.Address, b driver.Box) error {
	kept, err := w.box(addr)
	if err != nil || kept.Box == b {
		return err
	}
	kept.Box = b
	return w.Writer.PutBox(addr, b)
}

// Compact implements [driver.Write].
func (w *writer) Compact(addr quire.Address, low uint64) error {
	kept, err := w.box(addr)
	if err != nil {
		return err
	}
	kept.Low = low
	return w.Writer.Compact(addr, low)
}

// PutDelivery implements [driver.Write].
func (w *writer) PutDelivery(addr quire.Address, d *driver.Delivery) error {
	box, err := w.ID(addr)
	if err != nil {
		return err
	}
	msg, fresh := w.Fresh[d.Message]
	if !fresh {
		return w.update(box, d)
	}
	args, err := w.Writer.Reader.InsertArgs(box, msg.ID, d)
	if err != nil {
		return err
	}
	if err := w.Exec(sqldriver.InsertDelivery+" ON CONFLICT (box, uid) DO UPDATE SET modseq = excluded.modseq, flags = excluded.flags, open = excluded.open, visible_at = excluded.visible_at, put_off = excluded.put_off, lease = excluded.lease, counts = excluded.counts", args...); err != nil {
		return err
	}
	return w.Exec("INSERT INTO search (box, uid, terms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", box, sqldriver.Num(d.UID), inBox(box, sqldriver.Num(d.UID), msg.Terms))
}

// Destroy implements [driver.Write].
func (w *writer) Destroy(addr quire.Address, d *driver.Delivery, modseq uint64) error {
	box, err := w.ID(addr)
	if err != nil {
		return err
	}
	// Who expunges another delivery of the message waits here, so that one of them
	// sees that it was the last.
	var msg int64
	if err := w.Row("SELECT m.id FROM message m JOIN delivery d ON d.msg = m.id WHERE d.box = ? AND d.uid = ? FOR UPDATE OF m", box, sqldriver.Num(d.UID)).Scan(&msg); err != nil {
		return err
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM search WHERE box = ? AND uid = ?", []any{box, sqldriver.Num(d.UID)}},
		{"DELETE FROM delivery WHERE box = ? AND uid = ?", []any{box, sqldriver.Num(d.UID)}},
		{sqldriver.DeleteVectors, []any{box, sqldriver.Num(d.UID)}},
		{"INSERT INTO gone (box, modseq, uid) VALUES (?, ?, ?)", []any{box, sqldriver.Num(modseq), sqldriver.Num(d.UID)}},
	} {
		if err := w.Exec(step.query, step.args...); err != nil {
			return err
		}
	}
	var left int
	if err := w.Row("SELECT count(*) FROM delivery WHERE msg = ?", msg).Scan(&left); err != nil || left > 0 {
		return err
	}
	return w.empty(msg)
}

// DropBox implements [driver.Write].
func (w *writer) DropBox(addr quire.Address) error {
	err := w.Writer.DropBox(addr)
	delete(w.boxes, addr)
	return err
}

// Erase implements [driver.Write].
func (w *writer) Erase(m *driver.Message) error {
	msg, err := w.Writer.Erase(m)
	if err != nil || msg == 0 {
		return err
	}
	if err := w.Exec("DELETE FROM search s USING delivery d WHERE d.msg = ? AND s.box = d.box AND s.uid = d.uid", msg); err != nil {
		return err
	}
	return w.dropBlobs(msg)
}

// empty removes a message's content; its id, sender and digest stay.
func (w *writer) empty(msg int64) error {
	if err := w.Exec("UPDATE message SET head = NULL, parts = NULL, freq = NULL, via = NULL, signature = NULL, snippet = '' WHERE id = ?", msg); err != nil {
		return err
	}
	return w.dropBlobs(msg)
}

// dropBlobs removes what only this message refers to. Blobs are locked before it is
// asked who else refers to them: see PutBlob.
func (w *writer) dropBlobs(msg int64) error {
	blobs, err := sqldriver.Numbers(w, "SELECT b.id FROM blob b JOIN refers r ON r.digest = b.digest WHERE r.msg = ? ORDER BY b.digest FOR UPDATE OF b", msg)
	if err != nil {
		return err
	}
	if err := w.Exec("DELETE FROM refers WHERE msg = ?", msg); err != nil {
		return err
	}
	unused, err := sqldriver.Numbers(w, "SELECT b.id FROM blob b WHERE b.id = ANY (?) AND NOT EXISTS (SELECT 1 FROM refers r WHERE r.digest = b.digest)", blobs)
	if err != nil || len(unused) == 0 {
		return err
	}
	if err := w.Exec("DELETE FROM chunk WHERE blob = ANY (?)", unused); err != nil {
		return err
	}
	return w.Exec("DELETE FROM blob WHERE id = ANY (?)", unused)
}
