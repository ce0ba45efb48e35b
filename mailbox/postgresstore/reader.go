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
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqlquery"
)

// reader is a [driver.Read]. Its queries have ? for each argument.
type reader struct {
	ctx   context.Context
	tx    pgx.Tx
	epoch string // "": not read yet
	boxes map[quire.Address]*keptBox
	// lock locks what is not in boxes, and puts it there; nil: it is only read.
	lock func(boxes ...quire.Address) error
	// locksAttempts: whoever reads the attempts of a stream writes them.
	locksAttempts bool
}

// keptBox is a mailbox as it was read, or locked, in this transaction.
type keptBox struct {
	id int64
	driver.Box
}

func newReader(ctx context.Context, tx pgx.Tx) *reader {
	return &reader{ctx: ctx, tx: tx, boxes: map[quire.Address]*keptBox{}}
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

// Epoch implements [driver.Read].
func (r *reader) Epoch() (string, error) {
	if r.epoch != "" {
		return r.epoch, nil
	}
	gone, err := none(r.row("SELECT value FROM meta WHERE key = 'epoch'").Scan(&r.epoch))
	if gone {
		err = fmt.Errorf("%w: the schema has no epoch: open it anew", mailbox.ErrCorrupt)
	}
	return r.epoch, err
}

// box reads a mailbox once, or locks it; one that is unknown has the id 0.
func (r *reader) box(addr quire.Address) (*keptBox, error) {
	if b := r.boxes[addr]; b != nil {
		return b, nil
	}
	if r.lock != nil {
		err := r.lock(addr)
		return r.boxes[addr], err
	}
	b := &keptBox{Box: driver.Box{NextUID: 1}}
	gone, err := none(r.row("SELECT id, "+boxColumns+" FROM box WHERE addr = ?", string(addr)).Scan(append([]any{&b.id}, scanBox(&b.Box)...)...))
	if err == nil && !gone {
		r.boxes[addr] = b
	}
	return b, err
}

// Box implements [driver.ReadBox].
func (r *reader) Box(addr quire.Address) (driver.Box, error) {
	b, err := r.box(addr)
	if err != nil {
		return driver.Box{}, err
	}
	return b.Box, nil
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
const placedColumns = "d.uid, d.created, d.modseq, d.flags, d.self, d.trust, d.thread, d.visible_at, d.put_off, d.sender, d.kind, d.sent, d.valid_until, d.reply_by, d.same, d.rcpt, d.lease, d.counts, least(m.bytes, 1099511627776) + coalesce(octet_length(m.head), 0), m.tokens, m.mid"

const fromDelivery = " FROM delivery d JOIN message m ON m.id = d.msg "

// scanPlaced reads placedColumns, behind the columns before.
func scanPlaced(row pgx.Row, before ...any) (*driver.Delivery, error) {
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

// itemColumns are those that scanStored reads besides: a message and its content.
const itemColumns = "m.sender, m.sent, m.hops, m.chain, m.via, m.signature, m.bytes, m.tokens, m.snippet, m.head, "

// scanStored reads a delivery with its message; parts too if withParts.
func scanStored(row pgx.Row, withParts bool) (*driver.Delivery, *driver.Message, error) {
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
	if via != nil {
		if err := json.Unmarshal(via, &s.Via); err != nil {
			return nil, nil, fmt.Errorf("gateways of %s: %w: %w", s.ID, mailbox.ErrCorrupt, err)
		}
	}
	return p, &s, nil
}

// items reads messages.
func (r *reader) items(parts bool, from string, args ...any) (items []driver.Item, err error) {
	columns := itemColumns
	if parts {
		columns += "m.parts, "
	}
	err = r.each(func(row pgx.Rows) error {
		d, m, err := scanStored(row, parts)
		items = append(items, driver.Item{Delivery: d, Message: m})
		return err
	}, "SELECT "+columns+placedColumns+from, args...)
	return items, err
}

// deliveries reads placedColumns of several rows.
func (r *reader) deliveries(query string, args ...any) (list []*driver.Delivery, err error) {
	err = r.each(func(row pgx.Rows) error {
		d, err := scanPlaced(row)
		list = append(list, d)
		return err
	}, query, args...)
	return list, err
}
