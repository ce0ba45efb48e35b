package postgresstore

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
	"github.com/quire-dev/quire/mailbox/rank"
)

// writer is a mailbox.ExpungeTx over a writing transaction. Whatever mailbox it
// touches, it has locked first.
type writer struct {
	reader
	boxes map[quire.Address]*lockedBox
	fresh map[quire.MessageID]freshMessage // stored in this transaction
}

type lockedBox struct {
	id   int64
	meta mailbox.Meta
}

type freshMessage struct {
	id    int64
	terms []string
}

func newWriter(ctx context.Context, tx pgx.Tx) *writer {
	return &writer{reader{ctx: ctx, tx: tx}, map[quire.Address]*lockedBox{}, map[quire.MessageID]freshMessage{}}
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.tx.Exec(w.ctx, numbered(query), args...)
	return err
}

// lock locks mailboxes until the transaction ends, and makes unknown ones. All
// writers lock in the order of addresses, so that none waits in a circle.
func (w *writer) lock(boxes []quire.Address) error {
	list := make([]string, len(boxes))
	for i, b := range boxes {
		list[i] = string(b)
	}
	if err := w.exec("INSERT INTO box (addr) SELECT a FROM unnest(?::text[]) a WHERE NOT EXISTS (SELECT 1 FROM box WHERE addr = a) ORDER BY a COLLATE \"C\" ON CONFLICT DO NOTHING", list); err != nil {
		return err
	}
	return w.each(func(row pgx.Rows) error {
		var addr quire.Address
		var b lockedBox
		err := row.Scan(append([]any{&b.id, &addr}, scanMeta(&b.meta)...)...)
		w.boxes[addr] = &b
		return err
	}, "SELECT id, addr, "+metaColumns+" FROM box WHERE addr = ANY (?) ORDER BY addr FOR UPDATE", list)
}

// box returns a locked mailbox.
func (w *writer) box(addr quire.Address) (*lockedBox, error) {
	if b := w.boxes[addr]; b != nil {
		return b, nil
	}
	if err := w.lock([]quire.Address{addr}); err != nil {
		return nil, err
	}
	return w.boxes[addr], nil
}

func (w *writer) Meta(box quire.Address) (mailbox.Meta, error) {
	b, err := w.box(box)
	if err != nil {
		return mailbox.Meta{}, err
	}
	return b.meta, nil
}

func (w *writer) PutMeta(box quire.Address, m mailbox.Meta) error {
	b, err := w.box(box)
	if err != nil || b.meta == m {
		return err
	}
	b.meta = m
	return w.exec("UPDATE box SET next_uid = ?, modseq = ?, rev = ?, total = ?, agent = ?, open = ?, open_bytes = ?, open_tokens = ?, owner = ?, fence = ?, owned_until = ? WHERE id = ?",
		sqlquery.Num(m.NextUID), sqlquery.Num(m.Modseq), sqlquery.Num(m.Rev), m.Total, m.Agent, m.Open, m.OpenBytes, m.OpenTokens, sqlquery.OwnerOf(&m), sqlquery.Num(m.Fence), m.OwnedUntil.UnixMicro(), b.id)
}

func (w *writer) Replay(box quire.Address, id string) (content quire.Digest, done []byte, err error) {
	b, err := w.box(box)
	if err != nil {
		return content, nil, err
	}
	var digest []byte
	_, err = none(w.row("SELECT content, answer FROM done WHERE box = ? AND id = ?", b.id, []byte(id)).Scan(&digest, &done))
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

func (w *writer) Message(id quire.MessageID) (*mailbox.Stored, error) {
	if !storable(id) {
		return nil, nil
	}
	s := mailbox.Stored{ID: id}
	var digest, bounced []byte
	gone, err := none(w.row("SELECT m.digest, m.sender, m.hops, m.chain, b.list FROM message m LEFT JOIN bounced b ON b.msg = m.id WHERE m.mid = ?", string(id)).Scan(&digest, &s.From, &s.Hops, &s.Chain, &bounced))
	if gone || err != nil {
		return nil, err
	}
	copy(s.Digest[:], digest)
	s.Bounced, err = sqlquery.Bounces(bounced)
	return &s, err
}

func (w *writer) PutMessage(a *mailbox.Accepted) error {
	var via []byte
	if len(a.Via) > 0 {
		var err error
		if via, err = json.Marshal(a.Via); err != nil {
			return err
		}
	}
	doc := rank.Analyze(a.Text)
	var id int64
	err := w.row("INSERT INTO message (mid, digest, sender, sent, hops, chain, via, signature, bytes, tokens, snippet, words, head, parts, freq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
		string(a.ID), a.Digest[:], string(a.From), a.Sent.UnixMicro(), a.Hops, a.Chain, via, a.Signature, a.Bytes, a.Tokens, a.Snippet, doc.Length, a.Head, a.Parts, doc.Repeats()).Scan(&id)
	if err != nil {
		return err
	}
	w.fresh[a.ID] = freshMessage{id, doc.Terms()}
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

// putContent keeps the blobs of a message, and that it refers to them.
func (w *writer) putContent(msg int64, a *mailbox.Accepted) error {
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

func (w *writer) Blob(box quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	b, err := w.box(box)
	if err != nil {
		return nil, 0, err
	}
	if ok, err := w.refers(b.id, d); err != nil || !ok {
		return nil, 0, cmp.Or(err, mailbox.ErrNotFound)
	}
	return w.content(d, from, to)
}

func (w *writer) Delivery(box quire.Address, uid quire.UID) (*mailbox.Placed, error) {
	return w.delivery(box, "WHERE d.box = ? AND d.uid = ?", sqlquery.Num(uid))
}

func (w *writer) DeliveryOf(box quire.Address, id quire.MessageID) (*mailbox.Placed, error) {
	if !storable(id) {
		return nil, nil
	}
	return w.delivery(box, "WHERE d.box = ? AND m.mid = ?", string(id))
}

func (w *writer) delivery(box quire.Address, where string, arg any) (*mailbox.Placed, error) {
	b, err := w.box(box)
	if err != nil {
		return nil, err
	}
	p, err := scanPlaced(w.row("SELECT "+placedColumns+fromDelivery+where, b.id, arg))
	if gone, err := none(err); gone || err != nil {
		return nil, err
	}
	return p, nil
}

func (w *writer) Holders(id quire.MessageID) (list []quire.Address, err error) {
	if !storable(id) {
		return nil, nil
	}
	err = w.each(func(row pgx.Rows) error {
		var a quire.Address
		err := row.Scan(&a)
		list = append(list, a)
		return err
	}, "SELECT b.addr FROM message m JOIN delivery d ON d.msg = m.id JOIN box b ON b.id = d.box WHERE m.mid = ? ORDER BY b.addr", string(id))
	return list, err
}

func (w *writer) Same(box, from quire.Address, same string, since, until time.Time) (n int, err error) {
	b, err := w.box(box)
	if err != nil {
		return 0, err
	}
	err = w.row("SELECT count(*) FROM delivery WHERE box = ? AND same = ? AND same <> '' AND sender = ? AND sent BETWEEN ? AND ?", b.id, same, string(from), since.UnixMicro(), until.UnixMicro()).Scan(&n)
	return n, err
}

func (w *writer) Recent(box, from quire.Address, external bool, nth int) (time.Time, error) {
	b, err := w.box(box)
	if err != nil {
		return time.Time{}, err
	}
	var sent int64
	gone, err := none(w.row("SELECT sent FROM delivery WHERE box = ? AND sender_base = ? AND (trust = 'external') = ? ORDER BY uid DESC LIMIT 1 OFFSET ?", b.id, string(from), external, nth-1).Scan(&sent))
	if gone || err != nil {
		return time.Time{}, err
	}
	return fromMicro(sent), nil
}

func (w *writer) Claimable(box, to quire.Address, now time.Time, limit int) (list []*mailbox.Placed, err error) {
	b, err := w.box(box)
	if err != nil {
		return nil, err
	}
	where, args := sqlquery.Claimable(string(to), now, limit)
	err = w.each(func(row pgx.Rows) error {
		p, err := scanPlaced(row)
		list = append(list, p)
		return err
	}, "SELECT "+placedColumns+fromDelivery+"WHERE d.box = ? AND "+where, append([]any{b.id}, args...)...)
	return list, err
}

func (w *writer) PutDelivery(addr quire.Address, p *mailbox.Placed) error {
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
