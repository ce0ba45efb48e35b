package postgresstore

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// writer is a [driver.Write]. Whatever mailbox it touches, it has locked first, but for
// writers of streams: attempts begin one by one, under the lock of the mailbox, and
// chunks leave that to the mail. Who writes to a stream locks its attempts, and whoever
// begins another one has to lock them too.
type writer struct {
	*reader
	fresh map[quire.MessageID]freshMessage // stored in this transaction
}

type freshMessage struct {
	id    int64
	terms []string
}

func newWriter(ctx context.Context, tx pgx.Tx, streams bool) *writer {
	w := &writer{newReader(ctx, tx), map[quire.MessageID]freshMessage{}}
	if w.locksAttempts = streams; !streams {
		w.lock = w.Lock
	}
	return w
}

// SetEpoch implements [driver.Write].
func (w *writer) SetEpoch(epoch string) error {
	w.epoch = epoch
	return w.exec("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)
}

// Forget implements [driver.Write].
func (w *writer) Forget(box quire.Address, low uint64) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	b.Low = low
	if err := w.exec("DELETE FROM gone WHERE box = ? AND modseq <= ?", b.id, sqlquery.Num(low)); err != nil {
		return err
	}
	return w.exec("INSERT INTO low (box, modseq) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET modseq = excluded.modseq", b.id, sqlquery.Num(low))
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.tx.Exec(w.ctx, numbered(query), args...)
	return err
}

// Lock locks mailboxes until the transaction ends, and makes unknown ones. All
// writers lock in the order of addresses, so that none waits in a circle.
func (w *writer) Lock(boxes ...quire.Address) error {
	list := make([]string, len(boxes))
	for i, b := range boxes {
		list[i] = string(b)
	}
	if err := w.exec("INSERT INTO box (addr) SELECT a FROM unnest(?::text[]) a WHERE NOT EXISTS (SELECT 1 FROM box WHERE addr = a) ORDER BY a COLLATE \"C\" ON CONFLICT DO NOTHING", list); err != nil {
		return err
	}
	return w.each(func(row pgx.Rows) error {
		var addr quire.Address
		var b keptBox
		err := row.Scan(append([]any{&b.id, &addr}, scanBox(&b.Box)...)...)
		w.boxes[addr] = &b
		return err
	}, "SELECT id, addr, "+boxColumns+" FROM box WHERE addr = ANY (?) ORDER BY addr FOR UPDATE", list)
}

func (w *writer) PutBox(box quire.Address, m driver.Box) error {
	b, err := w.box(box)
	if err != nil || b.Box == m {
		return err
	}
	b.Box = m
	return w.exec("UPDATE box SET next_uid = ?, modseq = ?, rev = ?, total = ?, agent = ?, open = ?, open_bytes = ?, open_tokens = ?, owner = ?, fence = ?, owned_until = ? WHERE id = ?",
		sqlquery.Num(m.NextUID), sqlquery.Num(m.Modseq), sqlquery.Num(m.Rev), m.Total, m.Agent, m.Open, m.OpenBytes, m.OpenTokens, sqlquery.OwnerOf(&m), sqlquery.Num(m.Fence), m.OwnedUntil.UnixMicro(), b.id)
}

func (r *reader) Replay(box quire.Address, id string) (content quire.Digest, done []byte, err error) {
	b, err := r.box(box)
	if err != nil {
		return content, nil, err
	}
	var digest []byte
	_, err = none(r.row("SELECT content, answer FROM done WHERE box = ? AND id = ?", b.id, []byte(id)).Scan(&digest, &done))
	copy(content[:], digest)
	return content, done, err
}

func (w *writer) Remember(box quire.Address, id string, content quire.Digest, done []byte) error {
	b, err := w.box(box)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO done (box, id, content, answer) VALUES (?, ?, ?, ?)", b.id, []byte(id), content[:], done)
}

func (r *reader) Message(id quire.MessageID) (*driver.Message, error) {
	if !storable(id) {
		return nil, nil
	}
	s := driver.Message{ID: id}
	var digest, bounced []byte
	gone, err := none(r.row("SELECT m.digest, m.sender, m.hops, m.chain, b.list FROM message m LEFT JOIN bounced b ON b.msg = m.id WHERE m.mid = ?", string(id)).Scan(&digest, &s.From, &s.Hops, &s.Chain, &bounced))
	if gone || err != nil {
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
	var id int64
	err := w.row("INSERT INTO message (mid, digest, sender, sent, hops, chain, via, signature, bytes, tokens, snippet, words, head, parts, freq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
		string(a.ID), a.Digest[:], string(a.From), a.Sent.UnixMicro(), a.Hops, a.Chain, via, a.Signature, a.Bytes, a.Tokens, a.Snippet, a.Words.Length, a.Head, a.Parts, a.Words.Freq).Scan(&id)
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
	if err := w.exec("UPDATE message SET snippet = ?, head = ?, parts = ?, words = ?, freq = ? WHERE id = ? AND head IS NULL", a.Snippet, a.Head, a.Parts, a.Words.Length, a.Words.Freq, id); err != nil {
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

// putBlob keeps content, once. A row that is there is locked, so that nobody who
// expunges the last message with it removes it meanwhile.
func (w *writer) putBlob(b quire.BlobContent) error {
	var id int64
	var made bool
	err := w.row("INSERT INTO blob (digest, size) VALUES (?, ?) ON CONFLICT (digest) DO UPDATE SET size = excluded.size RETURNING id, xmax = 0", b.Digest[:], len(b.Data)).Scan(&id, &made)
	if err != nil || !made {
		return err
	}
	for n, chunk := range quire.SplitChunks(b.Data) {
		if err := w.exec("INSERT INTO chunk (blob, n, data) VALUES (?, ?, ?)", id, n, []byte(chunk)); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) Delivery(box quire.Address, uid quire.UID) (*driver.Delivery, error) {
	return r.delivery(box, "WHERE d.box = ? AND d.uid = ?", sqlquery.Num(uid))
}

func (r *reader) DeliveryOf(box quire.Address, id quire.MessageID) (*driver.Delivery, error) {
	if !storable(id) {
		return nil, nil
	}
	return r.delivery(box, "WHERE d.box = ? AND m.mid = ?", string(id))
}

func (r *reader) delivery(box quire.Address, where string, arg any) (*driver.Delivery, error) {
	b, err := r.box(box)
	if err != nil {
		return nil, err
	}
	p, err := scanPlaced(r.row("SELECT "+placedColumns+fromDelivery+where, b.id, arg))
	if gone, err := none(err); gone || err != nil {
		return nil, err
	}
	return p, nil
}

func (r *reader) Holders(id quire.MessageID) (list []quire.Address, err error) {
	if !storable(id) {
		return nil, nil
	}
	err = r.each(func(row pgx.Rows) error {
		var a quire.Address
		err := row.Scan(&a)
		list = append(list, a)
		return err
	}, "SELECT b.addr FROM message m JOIN delivery d ON d.msg = m.id JOIN box b ON b.id = d.box WHERE m.mid = ? ORDER BY b.addr", string(id))
	return list, err
}

func (r *reader) Same(box, from quire.Address, same string, since, until time.Time) (n int, err error) {
	b, err := r.box(box)
	if err != nil {
		return 0, err
	}
	err = r.row("SELECT count(*) FROM delivery WHERE box = ? AND same = ? AND same <> '' AND sender = ? AND sent BETWEEN ? AND ?", b.id, same, string(from), since.UnixMicro(), until.UnixMicro()).Scan(&n)
	return n, err
}

func (r *reader) Recent(box, from quire.Address, external bool, nth int) (time.Time, error) {
	b, err := r.box(box)
	if err != nil {
		return time.Time{}, err
	}
	var sent int64
	gone, err := none(r.row("SELECT sent FROM delivery WHERE box = ? AND sender_base = ? AND (trust = 'external') = ? ORDER BY uid DESC LIMIT 1 OFFSET ?", b.id, string(from), external, nth-1).Scan(&sent))
	if gone || err != nil {
		return time.Time{}, err
	}
	return fromMicro(sent), nil
}

func (w *writer) PutDelivery(addr quire.Address, p *driver.Delivery) error {
	b, err := w.box(addr)
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
	open := 0
	if p.Open() {
		open = 1
	}
	msg, fresh := w.fresh[p.Message]
	if !fresh {
		return w.exec("UPDATE delivery SET modseq = ?, flags = ?, open = ?, visible_at = ?, put_off = ?, lease = ?, counts = ? WHERE box = ? AND uid = ?",
			sqlquery.Num(p.Modseq), int64(p.Flags), open, p.VisibleAt.UnixMicro(), p.PutOff.UnixMicro(), lease, counts, b.id, sqlquery.Num(p.UID))
	}
	err = w.exec("INSERT INTO delivery (box, uid, msg, created, modseq, flags, open, arrives, self, trust, thread, visible_at, put_off, sender, sender_base, kind, sent, valid_until, reply_by, same, rcpt, lease, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (box, uid) DO UPDATE SET modseq = excluded.modseq, flags = excluded.flags, open = excluded.open, visible_at = excluded.visible_at, put_off = excluded.put_off, lease = excluded.lease, counts = excluded.counts",
		b.id, sqlquery.Num(p.UID), msg.id, sqlquery.Num(p.Created), sqlquery.Num(p.Modseq), int64(p.Flags), open, p.Arrives(), p.Self, string(p.Trust), string(p.Thread), p.VisibleAt.UnixMicro(), p.PutOff.UnixMicro(),
		string(p.From), string(p.From.Base()), string(p.Kind), p.Sent.UnixMicro(), p.ValidUntil.UnixMicro(), p.ReplyBy.UnixMicro(), p.Same, string(p.SentTo), lease, counts)
	if err != nil {
		return err
	}
	return w.exec("INSERT INTO search (box, uid, terms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", b.id, sqlquery.Num(p.UID), inBox(b.id, sqlquery.Num(p.UID), msg.terms))
}

// inBox puts the number of a mailbox, and of the delivery's span in it, before terms.
func inBox(box, uid int64, terms []string) []string {
	out := make([]string, len(terms))
	for i, t := range terms {
		out[i] = inIndex(box, uid/inSpan, t)
	}
	return out
}
