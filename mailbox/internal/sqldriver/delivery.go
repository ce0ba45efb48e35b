package sqldriver

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// DeliveryColumns are those of a delivery d and its message m.
const DeliveryColumns = "d.uid, d.created, d.modseq, d.flags, d.self, d.trust, d.thread, d.visible_at, d.put_off, d.sender, d.kind, d.sent, d.valid_until, d.reply_by, d.same, d.rcpt, d.lease, d.counts, m.bytes, coalesce(length(m.head), 0), substr(m.head, 1, " + headBegin + "), m.tokens, m.mid"

// WithMessage joins deliveries with their messages.
const WithMessage = " LEFT JOIN message m ON m.id = d.msg "

// FromDelivery is where DeliveryColumns are.
const FromDelivery = " FROM delivery d" + WithMessage

// maxBytes is what the body of a message counts at most.
const maxBytes = 1 << 40

// scanDelivery reads DeliveryColumns, behind the columns before.
func (r *Reader) scanDelivery(row Row, before ...any) (*driver.Delivery, error) {
	var d driver.Delivery
	var visible, putOff, sent, until, due, head int64
	var lease, counts, begin []byte
	dest := append(before, &d.UID, &d.Created, &d.Modseq, &d.Flags, &d.Self, &d.Trust, r.ScanID(&d.Thread), &visible, &putOff,
		&d.From, &d.Kind, &sent, &until, &due, &d.Same, &d.SentTo, &lease, &counts, &d.Bytes, &head, &begin, &d.Tokens, r.ScanID(&d.Message))
	if err := row.Scan(dest...); err != nil {
		return nil, err
	}
	d.Bytes = min(d.Bytes, maxBytes) + r.headLength(begin, head)
	d.VisibleAt, d.PutOff, d.Sent, d.ValidUntil, d.ReplyBy = Time(visible), Time(putOff), Time(sent), Time(until), Time(due)
	if counts != nil {
		if err := json.Unmarshal(counts, &d.Counts); err != nil {
			return nil, fmt.Errorf("counts of %s: %w: %w", d.UID, mailbox.ErrCorrupt, err)
		}
	}
	if lease != nil {
		if err := json.Unmarshal(lease, &d.Lease); err != nil {
			return nil, fmt.Errorf("lease of %s: %w: %w", d.UID, mailbox.ErrCorrupt, err)
		}
	}
	return &d, nil
}

// One reads one delivery; nil when it is not there.
func (r *Reader) One(where string, args ...any) (*driver.Delivery, error) {
	d, err := r.scanDelivery(r.Conn.Row("SELECT "+DeliveryColumns+FromDelivery+"WHERE "+where, args...))
	if gone, err := None(err); gone || err != nil {
		return nil, err
	}
	return d, nil
}

// Deliveries reads several: after are the tables and what follows.
func (r *Reader) Deliveries(after string, args ...any) ([]*driver.Delivery, error) {
	return listOf(r.Conn, func(row Row) (*driver.Delivery, error) { return r.scanDelivery(row) }, "SELECT "+DeliveryColumns+after, args...)
}

// itemColumns are those of an item before its parts and DeliveryColumns.
const itemColumns = "m.sender, m.sent, m.hops, m.chain, m.via, m.signature, m.bytes, m.tokens, m.snippet, m.head, "

// Items reads messages with their deliveries: after are the tables and what follows.
func (r *Reader) Items(parts bool, after string, args ...any) ([]driver.Item, error) {
	columns := "SELECT " + itemColumns
	if parts {
		columns += "m.parts, "
	}
	return listOf(r.Conn, func(row Row) (driver.Item, error) { return r.scanItem(row, parts) }, columns+DeliveryColumns+after, args...)
}

// ScanItem reads a row of ArrivedQuery.
func (r *Reader) ScanItem(row Row) (driver.Item, error) { return r.scanItem(row, true) }

// ScanDelivery reads DeliveryColumns.
func (r *Reader) ScanDelivery(row Row) (*driver.Delivery, error) { return r.scanDelivery(row) }

func (r *Reader) scanItem(row Row, parts bool) (driver.Item, error) {
	var m driver.Message
	var sent int64
	var via []byte
	before := make([]any, 0, 34)
	before = append(before, &m.From, &sent, &m.Hops, &m.Chain, &via, &m.Signature, &m.Bytes, &m.Tokens, &m.Snippet, &m.Head)
	if parts {
		before = append(before, &m.Parts)
	}
	d, err := r.scanDelivery(row, before...)
	if err != nil {
		return driver.Item{}, err
	}
	m.ID, m.Sent = d.Message, Time(sent)
	if err := unseal(&m); err != nil {
		return driver.Item{}, err
	}
	if via != nil {
		if err := json.Unmarshal(via, &m.Via); err != nil {
			return driver.Item{}, fmt.Errorf("gateways of %s: %w: %w", m.ID, mailbox.ErrCorrupt, err)
		}
	}
	return driver.Item{Delivery: d, Message: &m}, nil
}

// Storable says whether a message can have an id: a column of text has no NUL in
// PostgreSQL, and no bytes that are not UTF-8.
func Storable(id quire.MessageID) bool {
	return utf8.ValidString(string(id)) && !strings.Contains(string(id), "\x00")
}

// Delivery implements [driver.ReadMail].
func (r *Reader) Delivery(addr quire.Address, uid quire.UID) (*driver.Delivery, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	return r.One("d.box = ? AND d.uid = ?", box, Num(uid))
}

// DeliveryOf implements [driver.ReadMail].
func (r *Reader) DeliveryOf(addr quire.Address, id quire.MessageID) (*driver.Delivery, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 || !Storable(id) {
		return nil, err
	}
	return r.One("d.box = ? AND m.mid = ?", box, r.IDOf(id))
}

// Arrived implements [driver.ReadMail].
func (r *Reader) Arrived(addr quire.Address, above quire.UID) ([]driver.Item, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	return r.Items(true, r.arrived("?", "?"), box, Num(above))
}

func (r *Reader) arrived(box, above string) string {
	return FromDelivery + "WHERE d.box = " + box + " AND d." + r.Arrives + " AND (d.self OR d.trust = 'self') AND d.uid > " + above + " ORDER BY d.uid"
}

// ArrivedQuery is what Arrived asks, of a mailbox and above a number that are written in SQL.
func (r *Reader) ArrivedQuery(box, above string) string {
	return "SELECT " + itemColumns + "m.parts, " + DeliveryColumns + r.arrived(box, above)
}

// Same implements [driver.ReadMail].
func (r *Reader) Same(addr, from quire.Address, same string, since, until time.Time) (n int, err error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return 0, err
	}
	err = r.Conn.Row("SELECT count(*) FROM delivery WHERE box = ? AND same = ? AND same <> '' AND sender = ? AND sent BETWEEN ? AND ?", box, same, string(from), since.UnixMicro(), until.UnixMicro()).Scan(&n)
	return n, err
}

// Recent implements [driver.ReadMail].
func (r *Reader) Recent(addr, from quire.Address, external bool, nth int) (time.Time, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return time.Time{}, err
	}
	var sent int64
	gone, err := None(r.Conn.Row("SELECT sent FROM delivery WHERE box = ? AND sender_base = ? AND (trust = 'external') = ? ORDER BY uid DESC LIMIT 1 OFFSET ?", box, string(from), external, nth-1).Scan(&sent))
	if gone || err != nil {
		return time.Time{}, err
	}
	return Time(sent), nil
}

// UpdateDelivery changes what changes of a delivery.
const UpdateDelivery = "UPDATE delivery SET modseq = ?, flags = ?, open = ?, visible_at = ?, put_off = ?, lease = ?, counts = ? WHERE box = ? AND uid = ?"

// InsertDelivery puts one that is new.
const InsertDelivery = "INSERT INTO delivery (box, uid, msg, created, modseq, flags, open, arrives, self, trust, thread, visible_at, put_off, sender, sender_base, kind, sent, valid_until, reply_by, same, rcpt, lease, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

// UpdateArgs are the arguments of UpdateDelivery.
func UpdateArgs(box int64, d *driver.Delivery) ([]any, error) {
	open, lease, counts, err := changing(d)
	return []any{Num(d.Modseq), int64(d.Flags), open, d.VisibleAt.UnixMicro(), d.PutOff.UnixMicro(), lease, counts, box, Num(d.UID)}, err
}

// InsertArgs are the arguments of InsertDelivery.
func (r *Reader) InsertArgs(box, msg int64, d *driver.Delivery) ([]any, error) {
	open, lease, counts, err := changing(d)
	return []any{box, Num(d.UID), msg, Num(d.Created), Num(d.Modseq), int64(d.Flags), open, d.Arrives(), d.Self, string(d.Trust), r.IDOf(d.Thread), d.VisibleAt.UnixMicro(), d.PutOff.UnixMicro(),
		string(d.From), string(d.From.Base()), string(d.Kind), d.Sent.UnixMicro(), d.ValidUntil.UnixMicro(), d.ReplyBy.UnixMicro(), d.Same, string(d.SentTo), lease, counts}, err
}

func changing(d *driver.Delivery) (open int, lease, counts []byte, err error) {
	if d.Open() {
		open = 1
	}
	if len(d.Counts) > 0 {
		if counts, err = json.Marshal(d.Counts); err != nil {
			return open, nil, nil, err
		}
	}
	if d.Lease != (quire.Lease{}) {
		lease, err = json.Marshal(d.Lease)
	}
	return open, lease, counts, err
}
