package sqlitestore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// writer is a [driver.Write], and the [sqldriver.WriteConn] of what it shares with
// others.
type writer struct {
	*reader
	sqldriver.Writer
	indexed bool // what the transaction adds goes to the index at once
}

func newWriter(ctx context.Context, tx session) *writer {
	w := &writer{reader: newReader(ctx, tx)}
	w.Writer = sqldriver.Writer{Conn: w, Reader: &w.reader.Reader}
	return w
}

// Lock implements [driver.Write]: only one transaction writes to a file at a time.
func (w *writer) Lock(...quire.Address) error { return nil }

// Exec implements [sqldriver.WriteConn].
func (w *writer) Exec(query string, args ...any) error {
	if strings.HasPrefix(query, "DELETE ") { // of many rows, maybe
		defer w.long()()
	}
	_, err := w.exec(query, args...)
	return err
}

func (w *writer) exec(query string, args ...any) (sql.Result, error) {
	if err := w.ready(); err != nil {
		return nil, err
	}
	return w.tx.ExecContext(w.during, query, args...)
}

// Insert implements [sqldriver.WriteConn].
func (w *writer) Insert(query string, args ...any) (int64, error) {
	res, err := w.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// Made implements [sqldriver.WriteConn].
func (w *writer) Made(addr quire.Address) (int64, error) {
	id, err := w.ID(addr)
	if err != nil || id != 0 {
		return id, err
	}
	if id, err = w.Insert("INSERT INTO box (addr) VALUES (?)", string(addr)); err == nil {
		w.know(addr, id)
	}
	return id, err
}

// PutBlob implements [sqldriver.WriteConn].
func (w *writer) PutBlob(d quire.Digest, size int) (id int64, made bool, err error) {
	if err = w.Row("SELECT id FROM blob WHERE digest = ?", d[:]).Scan(&id); err != sql.ErrNoRows {
		return id, false, err
	}
	id, err = w.Insert("INSERT INTO blob (digest, size) VALUES (?, ?)", d[:], size)
	return id, true, err
}

// held is an agent's state that is written with the counters of its mailbox, which most
// often come next: they are one row, and the state is the largest thing in it.
type held struct {
	addr  quire.Address
	state *driver.AgentState
	write func() error // alone
}

// PutAgent implements [driver.Write].
func (w *writer) PutAgent(addr quire.Address, s *driver.AgentState) error {
	if err := w.ready(); err != nil {
		return err
	}
	w.held = &held{addr, s, func() error { return w.Writer.PutAgent(addr, s) }}
	return nil
}

// PutBox implements [driver.Write].
func (w *writer) PutBox(addr quire.Address, b driver.Box) error {
	if h := w.held; h != nil && h.addr == addr && b.Agent {
		w.held = nil
		return w.PutBoxAgent(addr, b, h.state)
	}
	return w.Writer.PutBox(addr, b)
}

// PutDelivery implements [driver.Write].
func (w *writer) PutDelivery(addr quire.Address, d *driver.Delivery) error {
	box, err := w.Made(addr)
	if err != nil {
		return err
	}
	msg, fresh := w.Fresh[d.Message]
	if !fresh || d.Created != d.Modseq { // else it is new
		args, err := sqldriver.UpdateArgs(box, d)
		if err != nil {
			return err
		}
		res, err := w.exec(sqldriver.UpdateDelivery, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
	}
	args, err := w.Writer.Reader.InsertArgs(box, msg.ID, d)
	if err != nil {
		return err
	}
	id, err := w.Insert(sqldriver.InsertDelivery, args...)
	if err != nil {
		return err
	}
	return w.index(id, terms(box, msg.Terms))
}

// Destroy implements [driver.Write].
func (w *writer) Destroy(addr quire.Address, d *driver.Delivery, modseq uint64) error {
	box, err := w.Made(addr)
	if err != nil {
		return err
	}
	var row, msg int64
	if err := w.Row("SELECT id, msg FROM delivery WHERE box = ? AND uid = ?", box, sqldriver.Num(d.UID)).Scan(&row, &msg); err != nil {
		return err
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM search WHERE rowid = ?", []any{row}},
		{"DELETE FROM tail WHERE id = ?", []any{row}},
		{"DELETE FROM delivery WHERE id = ?", []any{row}},
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
	if w.addr == addr {
		w.addr, w.box = "", 0
	}
	delete(w.boxes, addr)
	return err
}

// Erase implements [driver.Write].
func (w *writer) Erase(m *driver.Message) error {
	msg, err := w.Writer.Erase(m)
	if err != nil || msg == 0 {
		return err
	}
	for _, query := range []string{
		"DELETE FROM search WHERE rowid IN (SELECT id FROM delivery WHERE msg = ?)",
		"DELETE FROM tail WHERE id IN (SELECT id FROM delivery WHERE msg = ?)",
	} {
		if err := w.Exec(query, msg); err != nil {
			return err
		}
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

// dropBlobs removes what only this message refers to.
func (w *writer) dropBlobs(msg int64) error {
	for _, query := range []string{
		"DELETE FROM chunk WHERE blob IN (SELECT b.id FROM refers r JOIN blob b ON b.digest = r.digest WHERE r.msg = ?1 AND NOT EXISTS (SELECT 1 FROM refers o WHERE o.digest = r.digest AND o.msg <> ?1))",
		"DELETE FROM blob WHERE digest IN (SELECT r.digest FROM refers r WHERE r.msg = ?1 AND NOT EXISTS (SELECT 1 FROM refers o WHERE o.digest = r.digest AND o.msg <> ?1))",
		"DELETE FROM refers WHERE msg = ?",
	} {
		if err := w.Exec(query, msg); err != nil {
			return err
		}
	}
	return nil
}
