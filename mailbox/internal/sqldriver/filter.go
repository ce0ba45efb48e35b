package sqldriver

import (
	"math"
	"strings"
	"time"

	"github.com/quire-dev/quire/mailbox/driver"
)

// Never is the zero time in microseconds since 1970: what a column of times holds
// for none.
const Never = "-62135596800000000"

// Skew is [quire.MaxSkew], which package sqldriver can't import; a test of sqlitestore
// holds it to that.
const Skew = 24 * time.Hour

// Filter is [driver.Filter.Match] over the delivery named d.
func (r *Reader) Filter(d string, s *driver.Filter) (string, []any) {
	var where []string
	var args []any
	add := func(cond string, list ...any) {
		where = append(where, strings.ReplaceAll(cond, "d.", d+"."))
		args = append(args, list...)
	}
	add("d.uid <= ?", Num(s.Top))
	if s.From != "" {
		// The first term says nothing new: it is what an index knows.
		add("d.sender_base = ? AND (d.sender = ? OR d.sender_base = ?)", string(s.From.Base()), string(s.From), string(s.From))
	}
	if s.To != "" {
		add("d.rcpt = ? AND d.rcpt <> ''", string(s.To))
	}
	if s.Thread != "" {
		add("d.thread = ?", r.IDOf(s.Thread))
	}
	if n := len(s.Kinds); n > 0 {
		list := make([]any, n)
		for i, k := range s.Kinds {
			list[i] = string(k)
		}
		add("d.kind IN (?"+strings.Repeat(", ?", n-1)+")", list...)
	}
	if s.Has != 0 || s.Not != 0 {
		add("d.flags & ? = ?", int64(s.Has|s.Not), int64(s.Has))
		if s.Has&s.Not != 0 {
			add("1 = 0")
		}
	}
	if s.Incoming {
		add("NOT d.self")
	}
	if !s.After.IsZero() {
		add("d.sent >= ?", s.After.UnixMicro())
	}
	if !s.Before.IsZero() {
		add("d.sent < ?", s.Before.UnixMicro())
	}
	if s.Above > 0 {
		add("d.uid > ?", Num(s.Above))
	}
	if s.Below > 0 && s.Below <= math.MaxInt64 {
		add("d.uid < ?", Num(s.Below))
	}
	if s.Pending {
		add(pending, pendingAt(s.Now)...)
	}
	return strings.Join(where, " AND "), args
}

// pending is [driver.Delivery.Pending] at what pendingAt gives.
const pending = "d.open = 1 AND (d.visible_at <= ? OR d.put_off > ?) AND (d.valid_until = " + Never + " OR d.valid_until > ?)"

func pendingAt(now time.Time) []any {
	return []any{now.UnixMicro(), now.Add(Skew).UnixMicro(), now.UnixMicro()}
}

// Pending is [driver.Delivery.Pending] over the delivery named d.
func Pending(now time.Time) (string, []any) { return pending, pendingAt(now) }

// position continues behind the page before, and orders.
func position(s *driver.Find) (string, []any) {
	switch s.Order {
	case driver.OrderOldest:
		if s.Behind != nil {
			return " AND d.uid > ? ORDER BY d.uid", []any{Num(s.Behind.UID)}
		}
		return " ORDER BY d.uid", nil
	case driver.OrderDue:
		const due = "CASE d.reply_by WHEN " + Never + " THEN 9223372036854775807 ELSE d.reply_by END"
		const order = " ORDER BY " + due + ", d.uid DESC"
		if s.Behind != nil {
			return " AND (" + due + " > ? OR " + due + " = ? AND d.uid < ?)" + order, []any{s.Behind.Due, s.Behind.Due, Num(s.Behind.UID)}
		}
		return order, nil
	}
	if s.Behind != nil {
		return " AND d.uid < ? ORDER BY d.uid DESC", []any{Num(s.Behind.UID)}
	}
	return " ORDER BY d.uid DESC", nil
}

// Num is a UID or modseq as SQL's numbers go: signed.
func Num[N ~uint64](n N) int64 { return int64(min(uint64(n), math.MaxInt64)) }
