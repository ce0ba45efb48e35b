package inspect

import (
	"context"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// stoodRow is a message in a past call, or what became of it.
type stoodRow struct {
	compose.Decision
	Colour  string
	Subject string
	Says    string
	From    quire.Address
	Was     compose.Fate // of a difference: how it stood in the other call
}

// pastCall is the page of a call.
type pastCall struct {
	callRow
	Made       uint64
	Bar        *bar
	Known      bool // what stood is
	In, Out    []stoodRow
	First, All int // of In
	Next, Prev int
	With       uint64     // the call that it is compared with; 0: none
	Diff       []stoodRow // what stood otherwise in it, by number
	More       int        // rows of Diff that are not shown
	Reply      []quire.Item
}

func (h *Handler) call(ctx context.Context, q *query) (*page, error) {
	addr, n := q.box(), q.number("n")
	if q.err != nil {
		return nil, q.err
	}
	_, st, err := look.State(ctx, h.store, addr)
	if err == nil {
		err = made(addr, n, st.Calls())
	}
	if err != nil {
		return nil, err
	}
	c := pastCall{Made: st.Calls(), With: q.number("with"), Next: -1, Prev: -1}
	if c.With == 0 && n > 1 {
		c.With = n - 1
	}
	if c.With > 0 {
		if err := made(addr, c.With, st.Calls()); err != nil {
			return nil, err
		}
	}
	list, err := h.callsUpTo(ctx, addr, n, 1)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || list[0].Call != n {
		return nil, &httpError{404, "the receipt of this call is not there: it came before receipts were kept, or was left out of an import"}
	}
	c.callRow = list[0]
	if err := h.stood(ctx, addr, &c, int(q.number("from"))); err != nil {
		return nil, err
	}
	c.Reply, err = h.reply(ctx, addr, n)
	return &page{Name: "call", Title: "Call " + num(n) + " of " + look.Line(string(addr), 40), Box: addr, Agent: true, Tab: "calls", Now: q.now, Body: &c}, err
}

// stood reads what stood in the call, what left in it, and what was otherwise in another.
func (h *Handler) stood(ctx context.Context, addr quire.Address, c *pastCall, from int) error {
	list, known, err := look.Stood(ctx, h.store, addr, c.Call)
	if err != nil {
		return err
	}
	if c.Known = known; known {
		c.Bar = callBar(list, &c.Receipt)
	}
	c.All, c.First = len(list), min(from, len(list))
	end := min(c.First+rowsAtOnce, len(list))
	if end < len(list) {
		c.Next = end
	}
	if c.First > 0 {
		c.Prev = max(c.First-rowsAtOnce, 0)
	}
	for _, d := range list[c.First:end] {
		c.In = append(c.In, stoodRow{Decision: d})
	}
	for _, d := range c.Decisions {
		if d.Fate == compose.FateOut {
			c.Out = append(c.Out, stoodRow{Decision: d})
		}
	}
	if c.With > 0 && known {
		if err := h.differ(ctx, addr, c, list); err != nil {
			return err
		}
	}
	return h.name(ctx, addr, c.In, c.Out, c.Diff)
}

// maxDiff is how many differences are shown.
const maxDiff = 300

// differ finds what stood otherwise in the other call.
func (h *Handler) differ(ctx context.Context, addr quire.Address, c *pastCall, now []compose.Decision) error {
	then, known, err := look.Stood(ctx, h.store, addr, c.With)
	if err != nil || !known {
		c.With = 0
		return err
	}
	was := map[quire.UID]compose.Decision{}
	for _, d := range then {
		was[d.UID] = d
	}
	for _, d := range now {
		old, there := was[d.UID]
		delete(was, d.UID)
		switch {
		case !there:
			c.Diff = append(c.Diff, stoodRow{Decision: d, Was: compose.FateOut})
		case old.Fate != d.Fate || old.Tokens != d.Tokens:
			c.Diff = append(c.Diff, stoodRow{Decision: d, Was: old.Fate})
		}
	}
	for _, d := range then {
		if _, gone := was[d.UID]; gone {
			left := d
			left.Fate, left.Reason = compose.FateOut, ""
			for _, why := range c.Decisions {
				if why.UID == d.UID {
					left.Reason = why.Reason
				}
			}
			c.Diff = append(c.Diff, stoodRow{Decision: left, Was: d.Fate})
		}
	}
	slices.SortFunc(c.Diff, func(a, b stoodRow) int { return int(a.UID) - int(b.UID) })
	if len(c.Diff) > maxDiff {
		c.More = len(c.Diff) - maxDiff
		c.Diff = c.Diff[:maxDiff]
	}
	return nil
}

// name says of each row what it is about.
func (h *Handler) name(ctx context.Context, addr quire.Address, lists ...[]stoodRow) error {
	var uids []quire.UID
	for _, list := range lists {
		for i := range list {
			uids = append(uids, list[i].UID)
		}
	}
	slices.Sort(uids)
	said, err := h.said(ctx, addr, slices.Compact(uids))
	for _, list := range lists {
		for i := range list {
			r := &list[i]
			r.Colour = classOfKind(r.Kind)
			if it := said[r.UID]; it != nil {
				r.Subject, r.From, r.Says = it.Subject, it.From, look.Line(quire.PlainText(it.Parts), snippet)
			}
		}
	}
	return err
}

// reply is what the model said in a call, and what its tools returned: what the call after
// it took in of the agent's own, or what waits to be taken in.
func (h *Handler) reply(ctx context.Context, addr quire.Address, n uint64) ([]quire.Item, error) {
	var uids []quire.UID
	found := false
	err := look.Receipts(ctx, h.store, addr, n+1, n+1, func(next *compose.Receipt) error {
		uids, found = next.Arrived, true
		return nil
	})
	if err != nil {
		return nil, err
	}
	var items []quire.Item
	if found {
		items, err = h.store.Get(ctx, addr, mailbox.Get{UIDs: uids[:min(len(uids), rowsAtOnce)]})
	} else {
		var snap mailbox.Snapshot
		snap, err = h.store.Snapshot(ctx, addr)
		items = snap.Arrived
	}
	return slices.DeleteFunc(items, func(it quire.Item) bool { return it.Kind != quire.KindTurn && it.Kind != quire.KindResult }), err
}

// Before and After are the calls beside it.
func (c *pastCall) Before() uint64 { return c.Call - 1 }
func (c *pastCall) After() uint64  { return c.Call + 1 }

// callsOf lists the tool calls of a message.
func callsOf(it quire.Item) []quire.ToolCall {
	var out []quire.ToolCall
	for _, p := range it.Parts {
		if c, ok := p.(quire.ToolCall); ok {
			out = append(out, c)
		}
	}
	return out
}
