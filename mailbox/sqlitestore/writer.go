package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// writer is a [driver.Write].
type writer struct {
	*reader
	fresh map[quire.MessageID]freshMessage // stored in this transaction
}

type freshMessage struct {
	id    int64
	terms []string
}

func newWriter(ctx context.Context, c *conn) *writer {
	return &writer{newReader(ctx, c), map[quire.MessageID]freshMessage{}}
}

// Lock implements [driver.Write]: only one transaction writes to a file at a time.
func (w *writer) Lock(...quire.Address) error { return nil }

// SetEpoch implements [driver.Write].
func (w *writer) SetEpoch(epoch string) error {
	w.epoch = epoch
	return w.exec("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)
}

// Forget implements [driver.Write].
func (w *writer) Forget(addr quire.Address, low uint64) error {
	box, err := w.made(addr)
	if err != nil {
		return err
	}
	if err := w.exec("DELETE FROM gone WHERE box = ? AND modseq <= ?", box, sqlquery.Num(low)); err != nil {
		return err
	}
	return w.exec("INSERT INTO low (box, modseq) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET modseq = excluded.modseq", box, sqlquery.Num(low))
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.result(query, args...)
	return err
}

func (w *writer) result(query string, args ...any) (sql.Result, error) {
	stmt, err := w.c.prepared(w.ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(w.ctx, args...)
}

// made is box for writing: it makes an unknown one.
func (w *writer) made(addr quire.Address) (int64, error) {
	id, err := w.box(addr)
	if err != nil || id != 0 {
		return id, err
	}
	res, err := w.result("INSERT INTO box (addr) VALUES (?)", string(addr))
	if err != nil {
		return 0, err
	}
	id, err = res.LastInsertId()
	w.boxes[addr] = id
	return id, err
}

func (w *writer) PutBox(box quire.Address, m driver.Box) error {
	id, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec("UPDATE box SET next_uid = ?, modseq = ?, rev = ?, total = ?, agent = ?, open = ?, open_bytes = ?, open_tokens = ?, owner = ?, fence = ?, owned_until = ? WHERE id = ?",
		sqlquery.Num(m.NextUID), sqlquery.Num(m.Modseq), sqlquery.Num(m.Rev), m.Total, m.Agent, m.Open, m.OpenBytes, m.OpenTokens, sqlquery.OwnerOf(&m), sqlquery.Num(m.Fence), m.OwnedUntil.UnixMicro(), id)
}

func (w *reader) Replay(box quire.Address, id string) (content quire.Digest, done []byte, err error) {
	n, err := w.box(box)
	if err != nil || n == 0 {
		return content, nil, err
	}
	var digest []byte
	err = w.row("SELECT content, answer FROM done WHERE box = ? AND id = ?", n, []byte(id)).Scan(&digest, &done)
	if err == sql.ErrNoRows {
		err = nil
	}
	copy(content[:], digest)
	return content, done, err
}

func (w *writer) Remember(box quire.Address, id string, content quire.Digest, done []byte) error {
	n, err := w.made(box)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO done (box, id, content, answer) VALUES (?, ?, ?, ?)", n, []byte(id), content[:], done)
}

func (w *reader) Message(id quire.MessageID) (*driver.Message, error) {
	s := driver.Message{ID: id}
	var digest, bounced []byte
	err := w.row("SELECT m.digest, m.sender, m.hops, m.chain, b.list FROM message m LEFT JOIN bounced b ON b.msg = m.id WHERE m.mid = ?", string(id)).Scan(&digest, &s.From, &s.Hops, &s.Chain, &bounced)
	if err == sql.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	copy(s.Digest[:], digest)
	s.Bounced, err = sqlquery.Bounces(bounced)
	return &s, err
}

func (w *writer) PutMessage(a *driver.Message) error {
	var via []byte
	if len(a.Via) > 0 {
		var err error
		if via, err = json.Marshal(a.Via); err != nil {
			return err
		}
	}
	res, err := w.result("INSERT INTO message (mid, digest, sender, sent, hops, chain, via, signature, bytes, tokens, snippet, head, parts, words, freq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		string(a.ID), a.Digest[:], string(a.From), a.Sent.UnixMicro(), a.Hops, a.Chain, via, a.Signature, a.Bytes, a.Tokens, a.Snippet, sealed(ofHead(a), a.Head), sealed(string(a.ID), a.Parts), a.Words.Length, a.Words.Freq)
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	w.fresh[a.ID] = freshMessage{id, a.Words.Terms}
	if len(a.Bounced) > 0 {
		list, err := json.Marshal(a.Bounced)
		if err != nil {
			return err
		}
		if err := w.exec("INSERT INTO bounced (msg, list) VALUES (?, ?)", id, list); err != nil {
			return err
		}
	}
	return w.putContent(id, a)
}

// Refill implements [driver.Write].
func (w *writer) Refill(a *driver.Message) error {
	var id int64
	if err := w.row("SELECT id FROM message WHERE mid = ?", string(a.ID)).Scan(&id); err != nil {
		return err
	}
	w.fresh[a.ID] = freshMessage{id, a.Words.Terms}
	if err := w.exec("UPDATE message SET snippet = ?, head = ?, parts = ?, words = ?, freq = ? WHERE id = ? AND head IS NULL", a.Snippet, sealed(ofHead(a), a.Head), sealed(string(a.ID), a.Parts), a.Words.Length, a.Words.Freq, id); err != nil {
		return err
	}
	return w.putContent(id, a)
}

// putContent keeps the blobs of a message, and that it refers to them.
func (w *writer) putContent(msg int64, a *driver.Message) error {
	for _, blob := range a.Blobs {
		if err := w.putBlob(blob); err != nil {
			return err
		}
	}
	for _, d := range a.Refers {
		if err := w.exec("INSERT INTO refers (digest, msg) VALUES (?, ?) ON CONFLICT DO NOTHING", d[:], msg); err != nil {
			return err
		}
	}
	return nil
}

// putBlob keeps content, once.
func (w *writer) putBlob(b quire.BlobContent) error {
	var id int64
	err := w.row("SELECT id FROM blob WHERE digest = ?", b.Digest[:]).Scan(&id)
	if err != sql.ErrNoRows {
		return err
	}
	res, err := w.result("INSERT INTO blob (digest, size) VALUES (?, ?)", b.Digest[:], len(b.Data))
	if err != nil {
		return err
	}
	if id, err = res.LastInsertId(); err != nil {
		return err
	}
	for n, chunk := range quire.SplitChunks(b.Data) {
		if err := w.exec("INSERT INTO chunk (blob, n, data) VALUES (?, ?, ?)", id, n, sealed(ofChunk(b.Digest, n), []byte(chunk))); err != nil {
			return err
		}
	}
	return nil
}

func (w *reader) Delivery(box quire.Address, uid quire.UID) (*driver.Delivery, error) {
	return w.delivery(box, "WHERE d.box = ? AND d.uid = ?", sqlquery.Num(uid))
}

func (w *reader) DeliveryOf(box quire.Address, id quire.MessageID) (*driver.Delivery, error) {
	return w.delivery(box, "WHERE d.box = ? AND m.mid = ?", string(id))
}

func (w *reader) delivery(box quire.Address, where string, arg any) (*driver.Delivery, error) {
	id, err := w.box(box)
	if err != nil || id == 0 {
		return nil, err
	}
	p, err := scanPlaced(w.row("SELECT "+placedColumns+fromDelivery+where, id, arg))
	if err == sql.ErrNoRows {
		return nil, nil
	}
	return p, err
}

func (w *reader) Holders(id quire.MessageID) ([]quire.Address, error) {
	rows, err := w.rows("SELECT b.addr FROM message m JOIN delivery d ON d.msg = m.id JOIN box b ON b.id = d.box WHERE m.mid = ? ORDER BY b.addr", string(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []quire.Address
	for rows.Next() {
		var a quire.Address
		if err := rows.Scan(&a); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

func (w *reader) Same(box, from quire.Address, same string, since, until time.Time) (n int, err error) {
	id, err := w.box(box)
	if err != nil || id == 0 {
		return 0, err
	}
	err = w.row("SELECT count(*) FROM delivery WHERE box = ? AND same = ? AND same <> '' AND sender = ? AND sent BETWEEN ? AND ?", id, same, string(from), since.UnixMicro(), until.UnixMicro()).Scan(&n)
	return n, err
}

func (w *reader) Recent(box, from quire.Address, external bool, nth int) (time.Time, error) {
	id, err := w.box(box)
	if err != nil || id == 0 {
		return time.Time{}, err
	}
	var sent int64
	err = w.row("SELECT sent FROM delivery WHERE box = ? AND sender_base = ? AND (trust = 'external') = ? ORDER BY uid DESC LIMIT 1 OFFSET ?", id, string(from), external, nth-1).Scan(&sent)
	if err == sql.ErrNoRows {
		return time.Time{}, nil
	}
	return fromMicro(sent), err
}

func (w *writer) PutDelivery(addr quire.Address, p *driver.Delivery) error {
	box, err := w.made(addr)
	if err != nil {
		return err
	}
	var counts, lease []byte
	if len(p.Counts) > 0 {
		if counts, err = json.Marshal(p.Counts); err != nil {
			return err
		}
	}
	if p.Lease != (quire.Lease{}) {
		if lease, err = json.Marshal(p.Lease); err != nil {
			return err
		}
	}
	msg, fresh := w.fresh[p.Message]
	if !fresh || p.Created != p.Modseq { // else it is new
		res, err := w.result("UPDATE delivery SET modseq = ?, flags = ?, open = ?, visible_at = ?, put_off = ?, lease = ?, counts = ? WHERE box = ? AND uid = ?",
			sqlquery.Num(p.Modseq), int64(p.Flags), p.Open(), p.VisibleAt.UnixMicro(), p.PutOff.UnixMicro(), lease, counts, box, sqlquery.Num(p.UID))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
	}
	res, err := w.result("INSERT INTO delivery (box, uid, msg, created, modseq, flags, open, arrives, self, trust, thread, visible_at, put_off, sender, sender_base, kind, sent, valid_until, reply_by, same, rcpt, lease, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		box, sqlquery.Num(p.UID), msg.id, sqlquery.Num(p.Created), sqlquery.Num(p.Modseq), int64(p.Flags), p.Open(), p.Arrives(), p.Self, string(p.Trust), string(p.Thread), p.VisibleAt.UnixMicro(), p.PutOff.UnixMicro(),
		string(p.From), string(p.From.Base()), string(p.Kind), p.Sent.UnixMicro(), p.ValidUntil.UnixMicro(), p.ReplyBy.UnixMicro(), p.Same, string(p.SentTo), lease, counts)
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO search (rowid, terms) VALUES (?, ?)", id, terms(box, msg.terms))
}
