package sqlitestore

import (
	"database/sql"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/internal/uidlist"
)

func (w *writer) Held(box quire.Address) (holds []quire.UID, through quire.UID, err error) {
	var from int64
	var b []byte
	err = w.row("SELECT through, holds FROM box WHERE addr = ?", string(box)).Scan(&from, &b)
	if err == sql.ErrNoRows {
		err = nil
	}
	if err != nil {
		return nil, 0, err
	}
	if holds, err = uidlist.Decode(b); err != nil {
		err = fmt.Errorf("%w: %w", mailbox.ErrCorrupt, err)
	}
	return holds, quire.UID(from), err
}

func (w *writer) PutState(box quire.Address, s *mailbox.AgentState) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec("UPDATE box SET through = ?, seen = ?, holds = ?, state = ? WHERE id = ?",
		sqlquery.Num(s.Through), string(s.Seen), uidlist.Encode(s.Holds), s.State, id)
}

func (w *writer) PutReceipt(box quire.Address, r *mailbox.Receipt) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO receipt (box, call, time, full, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (box, call) DO UPDATE SET time = excluded.time, full = excluded.full, data = excluded.data",
		id, sqlquery.Num(r.Call), r.Time.UnixMicro(), r.Full, r.Data)
}

func (w *writer) PutJournal(box quire.Address, e *mailbox.JournalEntry) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO journal (box, step, call, call_id, tool, args, status, is_error, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (box, step, call) DO UPDATE SET call_id = excluded.call_id, tool = excluded.tool, args = excluded.args, status = excluded.status, is_error = excluded.is_error, result = excluded.result",
		id, []byte(e.Step), e.Call, []byte(e.CallID), []byte(e.Tool), []byte(e.Args), string(e.Status), e.IsError, e.Result)
}

func (w *writer) DropJournal(box quire.Address, step string) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec("DELETE FROM journal WHERE box = ? AND step = ?", id, []byte(step))
}

func (w *writer) Destroy(box quire.Address, p *mailbox.Placed, modseq uint64) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	var row, msg int64
	if err := w.row("SELECT id, msg FROM delivery WHERE box = ? AND uid = ?", id, sqlquery.Num(p.UID)).Scan(&row, &msg); err != nil {
		return err
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM search WHERE rowid = ?", []any{row}},
		{"DELETE FROM delivery WHERE id = ?", []any{row}},
		{"INSERT INTO gone (box, modseq, uid) VALUES (?, ?, ?)", []any{id, sqlquery.Num(modseq), sqlquery.Num(p.UID)}},
	} {
		if err := w.exec(step.query, step.args...); err != nil {
			return err
		}
	}
	var left int
	if err := w.row("SELECT count(*) FROM delivery WHERE msg = ?", msg).Scan(&left); err != nil || left > 0 {
		return err
	}
	return w.empty(msg)
}

// empty removes a message's content; its id, sender and digest stay.
func (w *writer) empty(msg int64) error {
	for _, query := range []string{
		"UPDATE message SET head = NULL, parts = NULL, freq = NULL, snippet = '' WHERE id = ?",
		"DELETE FROM chunk WHERE blob IN (SELECT b.id FROM refers r JOIN blob b ON b.digest = r.digest WHERE r.msg = ?1 AND NOT EXISTS (SELECT 1 FROM refers o WHERE o.digest = r.digest AND o.msg <> ?1))",
		"DELETE FROM blob WHERE digest IN (SELECT r.digest FROM refers r WHERE r.msg = ?1 AND NOT EXISTS (SELECT 1 FROM refers o WHERE o.digest = r.digest AND o.msg <> ?1))",
		"DELETE FROM refers WHERE msg = ?",
	} {
		if err := w.exec(query, msg); err != nil {
			return err
		}
	}
	return nil
}
