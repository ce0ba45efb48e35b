package postgresstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// reader reads inside a transaction. Its queries have ? for each argument.
type reader struct {
	ctx   context.Context
	tx    pgx.Tx
	epoch string
}

// numbered writes $1, $2 … for each ?.
func numbered(query string) string {
	var b strings.Builder
	n := 0
	for {
		before, rest, ok := strings.Cut(query, "?")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		n++
		b.WriteString("$" + strconv.Itoa(n))
		query = rest
	}
}

// storable says whether an id can be in a column of text, which has no NUL and no bytes
// that are not UTF-8: no message has an id with such.
func storable(id quire.MessageID) bool {
	return utf8.ValidString(string(id)) && !strings.Contains(string(id), "\x00")
}

func (r *reader) rows(query string, args ...any) (pgx.Rows, error) {
	return r.tx.Query(r.ctx, numbered(query), args...)
}

func (r *reader) row(query string, args ...any) pgx.Row {
	return r.tx.QueryRow(r.ctx, numbered(query), args...)
}

// each calls f for each row of a query.
func (r *reader) each(f func(row pgx.Rows) error, query string, args ...any) error {
	rows, err := r.rows(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// numbers reads a column of numbers.
func (r *reader) numbers(query string, args ...any) (list []int64, err error) {
	err = r.each(func(row pgx.Rows) error {
		var n int64
		err := row.Scan(&n)
		list = append(list, n)
		return err
	}, query, args...)
	return list, err
}

// none says whether a row was not there; other errors stay.
func none(err error) (bool, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return true, nil
	}
	return false, err
}

func (r *reader) readEpoch() (epoch string, err error) {
	gone, err := none(r.row("SELECT value FROM meta WHERE key = 'epoch'").Scan(&epoch))
	if gone {
		err = fmt.Errorf("%w: the schema has no epoch: open it anew", mailbox.ErrCorrupt)
	}
	return epoch, err
}

// meta reads a mailbox's row number and counters; 0 when it is unknown.
func (r *reader) meta(box quire.Address) (id int64, m mailbox.Meta, err error) {
	m.NextUID = 1
	_, err = none(r.row("SELECT id, "+metaColumns+" FROM box WHERE addr = ?", string(box)).Scan(append([]any{&id}, scanMeta(&m)...)...))
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
const placedColumns = "d.uid, d.created, d.modseq, d.flags, d.self, d.trust, d.thread, d.visible_at, d.put_off, d.sender, d.kind, d.sent, d.valid_until, d.reply_by, d.same, d.rcpt, d.lease, d.counts, least(m.bytes, 1099511627776) + coalesce(octet_length(m.head), 0), m.tokens, m.mid"

const fromDelivery = " FROM delivery d JOIN message m ON m.id = d.msg "

// scanPlaced reads placedColumns, behind the columns before.
func scanPlaced(row pgx.Row, before ...any) (*mailbox.Placed, error) {
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

// itemColumns are those that scanStored reads besides: a message and its content.
const itemColumns = "m.sender, m.sent, m.hops, m.chain, m.via, m.signature, m.bytes, m.tokens, m.snippet, m.head, "

// scanStored reads a delivery with its message; parts too if withParts.
func scanStored(row pgx.Row, withParts bool) (*mailbox.Placed, *mailbox.Stored, error) {
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
	if via != nil {
		if err := json.Unmarshal(via, &s.Via); err != nil {
			return nil, nil, fmt.Errorf("gateways of %s: %w: %w", s.ID, mailbox.ErrCorrupt, err)
		}
	}
	return p, &s, nil
}

// items reads whole messages.
func (r *reader) items(from string, args ...any) (items []quire.Item, err error) {
	err = r.each(func(row pgx.Rows) error {
		p, s, err := scanStored(row, true)
		if err != nil {
			return err
		}
		it, err := s.Item(p.Delivery)
		items = append(items, it)
		return err
	}, "SELECT "+itemColumns+"m.parts, "+placedColumns+from, args...)
	return items, err
}
