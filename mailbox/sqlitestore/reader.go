package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// reader is a [driver.Read].
type reader struct {
	ctx   context.Context
	c     *conn
	epoch string // "": not read yet
	boxes map[quire.Address]int64

	weights *weights // nil in a writer: nothing is kept of what it wrote
}

func newReader(ctx context.Context, c *conn) *reader {
	return &reader{ctx: ctx, c: c, epoch: c.epoch, boxes: map[quire.Address]int64{}}
}

func (r *reader) rows(query string, args ...any) (*sql.Rows, error) {
	stmt, err := r.c.prepared(r.ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(r.ctx, args...)
}

// one is a row that is scanned later, or the error that prevented it.
type one struct {
	row *sql.Row
	err error
}

// Scan reads the columns. No row is sql.ErrNoRows.
func (o one) Scan(dest ...any) error {
	if o.err != nil {
		return o.err
	}
	return o.row.Scan(dest...)
}

func (r *reader) row(query string, args ...any) one {
	stmt, err := r.c.prepared(r.ctx, query)
	if err != nil {
		return one{err: err}
	}
	return one{row: stmt.QueryRowContext(r.ctx, args...)}
}

// numbers reads a column of numbers.
func (r *reader) numbers(query string, args ...any) ([]int64, error) {
	rows, err := r.rows(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// Epoch implements [driver.Read].
func (r *reader) Epoch() (string, error) {
	if r.epoch != "" {
		return r.epoch, nil
	}
	err := r.row(epochQuery).Scan(&r.epoch)
	if err == sql.ErrNoRows {
		err = fmt.Errorf("%w: the file has no epoch: open it anew", mailbox.ErrCorrupt)
	}
	return r.epoch, err
}

// box returns a mailbox's row number; 0 when it is unknown.
func (r *reader) box(addr quire.Address) (int64, error) {
	if id := r.boxes[addr]; id != 0 {
		return id, nil
	}
	var id int64
	err := r.row("SELECT id FROM box WHERE addr = ?", string(addr)).Scan(&id)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	if err == nil {
		r.boxes[addr] = id
	}
	return id, err
}

// Box implements [driver.ReadBox].
func (r *reader) Box(addr quire.Address) (driver.Box, error) {
	var id int64
	b := driver.Box{NextUID: 1}
	err := r.row("SELECT id, "+boxColumns+" FROM box WHERE addr = ?", string(addr)).Scan(append([]any{&id}, scanBox(&b)...)...)
	if err == sql.ErrNoRows {
		return b, nil
	}
	if err == nil {
		r.boxes[addr] = id
	}
	return b, err
}

// boxColumns are those of a mailbox's counters.
const boxColumns = "coalesce((SELECT modseq FROM low WHERE low.box = box.id), 0), next_uid, modseq, rev, total, agent, open, open_bytes, open_tokens, owner, fence, owned_until"

// scanBox is where they go.
func scanBox(m *driver.Box) []any {
	return []any{&m.Low, &m.NextUID, &m.Modseq, &m.Rev, &m.Total, &m.Agent, &m.Open, &m.OpenBytes, &m.OpenTokens, sqlquery.Owner{Box: m}, &m.Fence, (*micro)(&m.OwnedUntil)}
}

// micro is a time as it is stored.
type micro time.Time

// Scan implements [sql.Scanner].
func (t *micro) Scan(v any) error {
	us, ok := v.(int64)
	if !ok {
		return fmt.Errorf("%w: a time is %T", mailbox.ErrCorrupt, v)
	}
	*t = micro(fromMicro(us))
	return nil
}

func fromMicro(us int64) time.Time { return time.UnixMicro(us).UTC() }

// placedColumns are those that scanPlaced reads, of delivery d and message m.
const placedColumns = "d.uid, d.created, d.modseq, d.flags, d.self, d.trust, d.thread, d.visible_at, d.put_off, d.sender, d.kind, d.sent, d.valid_until, d.reply_by, d.same, d.rcpt, d.lease, d.counts, min(m.bytes, 1099511627776) + max(coalesce(length(m.head), 0) - 5, 0), m.tokens, m.mid"

const fromDelivery = " FROM delivery d LEFT JOIN message m ON m.id = d.msg "

type scanner interface{ Scan(dest ...any) error }

// scanPlaced reads placedColumns, behind the columns before.
func scanPlaced(row scanner, before ...any) (*driver.Delivery, error) {
	var p driver.Delivery
	var visible, putOff, sent, until, due int64
	var lease, counts []byte
	dest := append(before, &p.UID, &p.Created, &p.Modseq, &p.Flags, &p.Self, &p.Trust, &p.Thread, &visible, &putOff,
		&p.From, &p.Kind, &sent, &until, &due, &p.Same, &p.SentTo, &lease, &counts, &p.Bytes, &p.Tokens, &p.Message)
	if err := row.Scan(dest...); err != nil {
		return nil, err
	}
	p.VisibleAt, p.PutOff, p.Sent, p.ValidUntil, p.ReplyBy = fromMicro(visible), fromMicro(putOff), fromMicro(sent), fromMicro(until), fromMicro(due)
	if counts != nil {
		if err := json.Unmarshal(counts, &p.Counts); err != nil {
			return nil, fmt.Errorf("counts of %s: %w: %w", p.UID, mailbox.ErrCorrupt, err)
		}
	}
	if lease != nil {
		if err := json.Unmarshal(lease, &p.Lease); err != nil {
			return nil, fmt.Errorf("lease of %s: %w: %w", p.UID, mailbox.ErrCorrupt, err)
		}
	}
	return &p, nil
}

// itemColumns are those that scanItem reads besides: a message and its content.
const itemColumns = "m.sender, m.sent, m.hops, m.chain, m.via, m.signature, m.bytes, m.tokens, m.snippet, m.head, "

// scanStored reads a delivery with its message; parts too if withParts.
func scanStored(row scanner, withParts bool) (*driver.Delivery, *driver.Message, error) {
	var s driver.Message
	var sent int64
	var via []byte
	before := []any{&s.From, &sent, &s.Hops, &s.Chain, &via, &s.Signature, &s.Bytes, &s.Tokens, &s.Snippet, &s.Head}
	if withParts {
		before = append(before, &s.Parts)
	}
	p, err := scanPlaced(row, before...)
	if err != nil {
		return nil, nil, err
	}
	s.ID, s.Sent = p.Message, fromMicro(sent)
	if err := unseal(&s); err != nil {
		return nil, nil, err
	}
	if via != nil {
		if err := json.Unmarshal(via, &s.Via); err != nil {
			return nil, nil, fmt.Errorf("gateways of %s: %w: %w", s.ID, mailbox.ErrCorrupt, err)
		}
	}
	return p, &s, nil
}

// items reads messages, of delivery d and message m.
func (r *reader) items(parts bool, from string, args ...any) ([]driver.Item, error) {
	columns := itemColumns
	if parts {
		columns += "m.parts, "
	}
	rows, err := r.rows("SELECT "+columns+placedColumns+from, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []driver.Item
	for rows.Next() {
		d, m, err := scanStored(rows, parts)
		if err != nil {
			return nil, err
		}
		items = append(items, driver.Item{Delivery: d, Message: m})
	}
	return items, rows.Err()
}
