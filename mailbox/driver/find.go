package driver

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/quire-dev/quire"
)

// Filter says which deliveries are wanted. Times are in UTC and whole microseconds;
// zero fields let everything through, but for Top.
type Filter struct {
	Top      quire.UID     // only UIDs up to this
	From     quire.Address // the sender, or its mailbox
	To       quire.Address // only what was sent to this plus-address or group
	Thread   quire.MessageID
	Kinds    []quire.Kind
	Has, Not quire.Flags
	Pending  bool // only what [Delivery.Pending] says at Now
	Incoming bool // only what others sent
	After    time.Time
	Before   time.Time // sent in [After, Before)
	Above    quire.UID // only UIDs greater than this
	Below    quire.UID // only UIDs smaller than this; 0: no limit
	Now      time.Time
}

// Match says whether a delivery passes. It is what a driver's own way to filter has to
// agree with.
func (f *Filter) Match(d *Delivery) bool {
	return d.UID <= f.Top && (f.From == "" || d.From == f.From || d.From.Base() == f.From) &&
		(f.To == "" || d.SentTo == f.To) &&
		(f.Thread == "" || d.Thread == f.Thread) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, d.Kind)) &&
		d.Flags.Has(f.Has) && d.Flags&f.Not == 0 &&
		(!f.Incoming || !d.Self) &&
		(f.After.IsZero() || !d.Sent.Before(f.After)) &&
		(f.Before.IsZero() || d.Sent.Before(f.Before)) &&
		d.UID > f.Above && (f.Below == 0 || d.UID < f.Below) &&
		(!f.Pending || d.Pending(f.Now))
}

// Order is the order of deliveries that are found.
type Order string

// The orders. Ties are broken by UID, newest first.
const (
	OrderNewest Order = ""
	OrderOldest Order = "oldest"
	OrderDue    Order = "due" // by the question's deadline; those without one last
)

// Find asks for deliveries in an order.
type Find struct {
	Filter
	Order    Order
	Collapse bool      // of each thread only the newest that passes the filter
	Behind   *Position // only what comes behind it; nil: from the beginning
	Limit    int
}

// Position is a place in an order.
type Position struct {
	Due int64 // [Due] of the delivery there; only of OrderDue
	UID quire.UID
}

// Due is when a delivery's question is due, in microseconds since 1970;
// math.MaxInt64: never.
func Due(replyBy time.Time) int64 {
	if replyBy.IsZero() {
		return math.MaxInt64
	}
	return replyBy.UnixMicro()
}

// Compare orders two deliveries: the first one of the order is the least.
func (o Order) Compare(x, y Position) int {
	newer := cmp.Compare(y.UID, x.UID)
	switch o {
	case OrderOldest:
		return -newer
	case OrderDue:
		return cmp.Or(cmp.Compare(x.Due, y.Due), newer)
	}
	return newer
}

// Page makes what [ReadMail.Find] returns of all deliveries that pass the filter, in any
// order: it collapses threads, orders, and cuts. list may have less than all, when what
// is missing would not stand on the page.
func (f *Find) Page(list []*Delivery) []*Delivery {
	if f.Collapse {
		newest := map[quire.MessageID]quire.UID{}
		for _, d := range list {
			newest[d.Thread] = max(newest[d.Thread], d.UID)
		}
		list = slices.DeleteFunc(slices.Clone(list), func(d *Delivery) bool { return newest[d.Thread] != d.UID })
	}
	place := func(d *Delivery) Position { return Position{Due(d.ReplyBy), d.UID} }
	var page []*Delivery
	for _, d := range list {
		if f.Behind == nil || f.Order.Compare(place(d), *f.Behind) > 0 {
			page = append(page, d)
		}
	}
	slices.SortFunc(page, func(x, y *Delivery) int { return f.Order.Compare(place(x), place(y)) })
	return page[:min(len(page), f.Limit)]
}
