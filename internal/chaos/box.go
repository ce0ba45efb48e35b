package chaos

import (
	"context"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// box is what was read of a mailbox.
type box struct {
	items []quire.Item
}

// inbox reads a mailbox as it is, past all that fails; what was read before keeps the
// flags that it had.
func (w *world) inbox(addr quire.Address) []quire.Item {
	w.mu.Lock()
	b := w.boxes[addr]
	if b == nil {
		b = &box{}
		w.boxes[addr] = b
	}
	items := b.items
	w.mu.Unlock()
	var above quire.UID
	if len(items) > 0 {
		above = items[len(items)-1].UID
	}
	fresh := w.readAbove(addr, above)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, it := range fresh {
		if n := len(b.items); n == 0 || b.items[n-1].UID < it.UID {
			b.items = append(b.items, it)
		}
	}
	return slices.Clip(b.items)
}

func (w *world) readAbove(addr quire.Address, above quire.UID) []quire.Item {
	ctx := context.Background()
	var out []quire.Item
	for {
		page, err := w.store.Query(ctx, addr, mailbox.Query{Above: above, Oldest: true, Limit: 500, Now: time.Now()})
		if err != nil {
			panic(err)
		}
		var uids []quire.UID
		for i := range page.Rows {
			uids = append(uids, page.Rows[i].UID)
		}
		slices.Sort(uids)
		if len(uids) > 0 {
			items, err := w.store.Get(ctx, addr, mailbox.Get{UIDs: uids})
			if err != nil {
				panic(err)
			}
			out = append(out, items...)
			above = uids[len(uids)-1]
		}
		if !page.More {
			return out
		}
	}
}

// item finds a message by its number.
func (w *world) item(addr quire.Address, uid quire.UID) (quire.Item, bool) {
	items := w.inbox(addr)
	i := slices.IndexFunc(items, func(it quire.Item) bool { return it.UID == uid })
	if i < 0 {
		return quire.Item{}, false
	}
	return items[i], true
}

// answers counts what an agent answered to a message, in its sender's mailbox.
func (w *world) answers(box, from quire.Address, id quire.MessageID) (n int, text string) {
	for _, it := range w.inbox(box) {
		if it.From == from && it.InReplyTo == id && (it.Kind == quire.KindMail || it.Kind == quire.KindAnswer) {
			n++
			text = quire.PlainText(it.Parts)
		}
	}
	return n, text
}
