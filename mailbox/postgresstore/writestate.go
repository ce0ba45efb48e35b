package postgresstore

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/internal/uidlist"
)

func (w *writer) Held(box quire.Address) (holds []quire.UID, through quire.UID, err error) {
	var from int64
	var b []byte
	_, err = none(w.row("SELECT through, holds FROM box WHERE addr = ?", string(box)).Scan(&from, &b))
	if err != nil {
		return nil, 0, err
	}
	if holds, err = uidlist.Decode(b); err != nil {
		err = fmt.Errorf("%w: %w", mailbox.ErrCorrupt, err)
	}
	return holds, quire.UID(from), err
}

func (w *writer) PutState(box quire.Address, s *mailbox.AgentState) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	return w.exec("UPDATE box SET through = ?, seen = ?, holds = ?, state = ? WHERE id = ?",
		sqlquery.Num(s.Through), string(s.Seen), uidlist.Encode(s.Holds), s.State, b.id)
}

func (w *writer) PutReceipt(box quire.Address, r *mailbox.Receipt) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	return w.exec(`INSERT INTO receipt (box, call, time, "full", data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (box, call) DO UPDATE SET time = excluded.time, "full" = excluded."full", data = excluded.data`,
		b.id, sqlquery.Num(r.Call), r.Time.UnixMicro(), r.Full, r.Data)
}

func (w *writer) PutJournal(box quire.Address, e *mailbox.JournalEntry) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO journal (box, step, call, call_id, tool, args, status, is_error, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (box, step, call) DO UPDATE SET call_id = excluded.call_id, tool = excluded.tool, args = excluded.args, status = excluded.status, is_error = excluded.is_error, result = excluded.result",
		b.id, []byte(e.Step), e.Call, []byte(e.CallID), []byte(e.Tool), []byte(e.Args), string(e.Status), e.IsError, e.Result)
}

func (w *writer) DropJournal(box quire.Address, step string) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	return w.exec("DELETE FROM journal WHERE box = ? AND step = ?", b.id, []byte(step))
}

func (w *writer) Destroy(box quire.Address, p *mailbox.Placed, modseq uint64) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	// Who expunges another delivery of the message waits here, so that one of them
	// sees that it was the last.
	var msg int64
	if err := w.row("SELECT m.id FROM message m JOIN delivery d ON d.msg = m.id WHERE d.box = ? AND d.uid = ? FOR UPDATE OF m", b.id, sqlquery.Num(p.UID)).Scan(&msg); err != nil {
		return err
	}
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM search WHERE box = ? AND uid = ?", []any{b.id, sqlquery.Num(p.UID)}},
		{"DELETE FROM delivery WHERE box = ? AND uid = ?", []any{b.id, sqlquery.Num(p.UID)}},
		{"INSERT INTO gone (box, modseq, uid) VALUES (?, ?, ?)", []any{b.id, sqlquery.Num(modseq), sqlquery.Num(p.UID)}},
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

// empty removes a message's content; its id, sender and digest stay. Blobs are
// locked before it is asked who else refers to them: see putBlob.
func (w *writer) empty(msg int64) error {
	if err := w.exec("UPDATE message SET head = NULL, parts = NULL, freq = NULL, snippet = '' WHERE id = ?", msg); err != nil {
		return err
	}
	blobs, err := w.numbers("SELECT b.id FROM blob b JOIN refers r ON r.digest = b.digest WHERE r.msg = ? ORDER BY b.digest FOR UPDATE OF b", msg)
	if err != nil {
		return err
	}
	if err := w.exec("DELETE FROM refers WHERE msg = ?", msg); err != nil {
		return err
	}
	unused, err := w.numbers("SELECT b.id FROM blob b WHERE b.id = ANY (?) AND NOT EXISTS (SELECT 1 FROM refers r WHERE r.digest = b.digest)", blobs)
	if err != nil || len(unused) == 0 {
		return err
	}
	if err := w.exec("DELETE FROM chunk WHERE blob = ANY (?)", unused); err != nil {
		return err
	}
	return w.exec("DELETE FROM blob WHERE id = ANY (?)", unused)
}
