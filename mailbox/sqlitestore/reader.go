package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// reader reads inside a transaction.
type reader struct {
	ctx   context.Context
	c     *conn
	epoch string

	weights *weights // nil in a writer: it does not search
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

func (r *reader) readEpoch() (epoch string, err error) {
	err = r.row(epochQuery).Scan(&epoch)
	if err == sql.ErrNoRows {
		err = fmt.Errorf("%w: the file has no epoch: open it anew", mailbox.ErrCorrupt)
	}
	return epoch, err
}

// meta reads a mailbox's row number and counters; 0 when it is unknown.
func (r *reader) meta(box quire.Address) (id int64, m mailbox.Meta, err error) {
	m.NextUID = 1
	err = r.row("SELECT id, "+metaColumns+" FROM box WHERE addr = ?", string(box)).Scan(append([]any{&id}, scanMeta(&m)...)...)
	if err == sql.ErrNoRows {
		err = nil
	}
	return id, m, err
}

// metaColumns are those of a mailbox's counters.
const metaColumns = "next_uid, modseq, rev, total, agent, open, open_bytes, open_tokens, owner, fence, owned_until"

// scanMeta is where they go.
func scanMeta(m *mailbox.Meta) []any {
	return []any{&m.NextUID, &m.Modseq, &m.Rev, &m.Total, &m.Agent, &m.Open, &m.OpenBytes, &m.OpenTokens, sqlquery.Owner{Meta: m}, &m.Fence, (*micro)(&m.OwnedUntil)}
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
func scanPlaced(row scanner, before ...any) (*mailbox.Placed, error) {
	var p mailbox.Placed
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
func scanStored(row scanner, withParts bool) (*mailbox.Placed, *mailbox.Stored, error) {
	var s mailbox.Stored
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

// items reads whole messages, of delivery d and message m.
func (r *reader) items(from string, args ...any) ([]quire.Item, error) {
	rows, err := r.rows("SELECT "+itemColumns+"m.parts, "+placedColumns+from, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []quire.Item
	for rows.Next() {
		p, s, err := scanStored(rows, true)
		if err != nil {
			return nil, err
		}
		it, err := s.Item(p.Delivery)
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, rows.Err()
}
