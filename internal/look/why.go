package look

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
)

// Explained says how a message stood in a call, and how that came.
type Explained struct {
	Call    uint64       `json:"call"`
	Time    time.Time    `json:"time"`
	Fate    compose.Fate `json:"fate"`              // out also when it never was in a call
	Decided uint64       `json:"decided,omitempty"` // by which call; 0: by none
	Through quire.UID    `json:"through,omitempty"` // the result of a pull that shows it
	Tokens  int          `json:"tokens,omitempty"`
	Reason  string       `json:"reason"`
	History []Turning    `json:"history"`
}

// Turning is one change in how a message stood.
type Turning struct {
	Call    uint64       `json:"call"`
	Time    time.Time    `json:"time"`
	Through quire.UID    `json:"through,omitempty"`
	Fate    compose.Fate `json:"fate"`
	Tokens  int          `json:"tokens"`
	Left    int          `json:"left,omitempty"`
	Reason  string       `json:"reason"`
}

// Explain looks through the receipts of an agent up to a call for what they say of a
// message. results is how many results behind the message are read to find those that
// show it; 0 is all.
func Explain(ctx context.Context, s *mailbox.Store, addr quire.Address, it *quire.Item, call uint64, results int) (*Explained, error) {
	x := explaining{ctx: ctx, store: s, addr: addr, it: it, stood: map[quire.UID]bool{}}
	x.out = Explained{Call: call, Fate: compose.FateOut, History: []Turning{}}
	var err error
	if x.pulls, err = x.shownBy(results); err != nil {
		return nil, err
	}
	x.naming()
	from, err := x.first(call)
	if err != nil {
		return nil, err
	}
	if err := x.read(from, call); err != nil {
		return nil, err
	}
	turn, err := x.turnOf(call)
	if err != nil {
		return nil, err
	}
	x.decide(turn)
	return &x.out, nil
}

// explaining is one search through an agent's receipts.
type explaining struct {
	ctx   context.Context
	store *mailbox.Store
	addr  quire.Address
	it    *quire.Item
	pulls map[quire.UID]bool // results that show it
	about [][]byte           // how a stored receipt names it, or them
	stood map[quire.UID]bool // whose history has begun
	light []compose.Receipt  // with the decisions about it only
	out   Explained
}

// first is a call before which no call can have seen the message: by the numbers of what
// its agent said and saw, which grow. It is found by halves.
func (x *explaining) first(call uint64) (uint64, error) {
	var failed error
	n := sort.Search(int(call), func(i int) bool {
		// Call i+1 is over when what it said came before the message: so does all that the
		// call after it took in.
		list, err := x.store.Receipts(x.ctx, x.addr, uint64(i)+2, uint64(i)+2)
		if err != nil || len(list) == 0 {
			failed = err
			return true
		}
		next, err := read(&list[0], x.addr, compose.DecodeReceipt)
		if err != nil {
			failed = err
			return true
		}
		return len(next.Arrived) == 0 || slices.Max(next.Arrived) > x.it.UID
	})
	return uint64(n) + 1, failed
}

// read looks through the receipts from..to. Only those that name the message are decoded.
func (x *explaining) read(from, to uint64) error {
	from = max(from, 1)
	for at := from - (from-1)%Every; at <= to; at += 8 * Every {
		list, err := x.store.Receipts(x.ctx, x.addr, at, min(at+8*Every-1, to))
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].Call == to {
				x.out.Time = list[i].Time.UTC()
			}
			if !x.names(list[i].Data) {
				continue
			}
			rec, err := read(&list[i], x.addr, compose.DecodeReceipt)
			if err != nil {
				return err
			}
			x.take(&rec)
		}
	}
	return nil
}

// names says whether a stored receipt may be about the message, or one that shows it.
func (x *explaining) names(data []byte) bool {
	for _, name := range x.about {
		if bytes.Contains(data, name) {
			return true
		}
	}
	return false
}

// naming makes what names looks for.
func (x *explaining) naming() {
	x.about = [][]byte{[]byte(`"uid": `)} // somebody laid it out anew: it is read
	name := func(uid quire.UID) {
		x.about = append(x.about, fmt.Appendf(nil, `"uid":%d,`, uint64(uid)), fmt.Appendf(nil, `"uid":%d}`, uint64(uid)))
	}
	name(x.it.UID)
	for _, uid := range slices.Sorted(maps.Keys(x.pulls)) {
		name(uid)
	}
}

func (x *explaining) take(rec *compose.Receipt) {
	one := compose.Receipt{Call: rec.Call, Full: rec.Full}
	for i := range rec.Decisions {
		d := &rec.Decisions[i]
		if d.UID != x.it.UID && !x.pulls[d.UID] {
			continue
		}
		one.Decisions = append(one.Decisions, *d)
		if d.New || !x.stood[d.UID] {
			x.stood[d.UID] = true
			t := Turning{Call: rec.Call, Time: rec.Time.UTC(), Fate: d.Fate, Tokens: d.Tokens, Left: d.Left, Reason: d.Reason}
			if d.UID != x.it.UID {
				t.Through = d.UID
			}
			x.out.History = append(x.out.History, t)
		}
	}
	x.light = append(x.light, one)
}

// turnOf is the number of what the model said in a call: what has a greater one came after
// it. 0 is not known.
func (x *explaining) turnOf(call uint64) (turn quire.UID, err error) {
	err = Receipts(x.ctx, x.store, x.addr, call+1, call+1, func(next *compose.Receipt) error {
		for _, d := range next.Decisions {
			if d.Kind == quire.KindTurn && slices.Contains(next.Arrived, d.UID) {
				turn = d.UID
			}
		}
		return nil
	})
	if err != nil || turn > 0 {
		return turn, err
	}
	page, err := x.store.Query(x.ctx, x.addr, mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}, Limit: 1})
	if len(page.Rows) > 0 {
		turn = page.Rows[0].UID
	}
	return turn, err
}

// decide says how it stood in the last of the receipts: as itself, or else in the newest
// result that showed it.
func (x *explaining) decide(turn quire.UID) {
	e := &x.out
	own, call, known := compose.Explain(x.light, x.it.UID)
	if known {
		e.Fate, e.Decided, e.Tokens, e.Reason = own.Fate, call, own.Tokens, own.Reason
	}
	if e.Fate == compose.FateIn {
		return
	}
	for uid := range x.pulls {
		if d, call, ok := compose.Explain(x.light, uid); ok && d.Fate == compose.FateIn && uid > e.Through {
			e.Fate, e.Decided, e.Tokens, e.Reason, e.Through = d.Fate, call, d.Tokens, d.Reason, uid
		}
	}
	switch {
	case known || e.Through > 0:
	case turn > 0 && x.it.UID > turn:
		e.Reason = "it came after this call"
	case x.it.Self:
		e.Reason = "the agent's own, and in no prompt up to this call: what it says enters with the call after it"
	default:
		e.Reason = "it waited in the mailbox: no turn had begun with it, and the agent had not pulled it. A notice at most said that it is there"
	}
}

// shownBy are the results of the agent's tools that show the message.
func (x *explaining) shownBy(limit int) (map[quire.UID]bool, error) {
	found := map[quire.UID]bool{}
	q := mailbox.Query{Kinds: []quire.Kind{quire.KindResult}, Above: x.it.UID, Oldest: true, Limit: 200}
	for n := 0; limit == 0 || n < limit; {
		page, err := x.store.Query(x.ctx, x.addr, q)
		if err != nil {
			return nil, err
		}
		n += len(page.Rows)
		var uids []quire.UID
		for i := range page.Rows {
			if !slices.Contains(silent, page.Rows[i].Subject) {
				uids = append(uids, page.Rows[i].UID)
			}
		}
		items, err := x.store.Get(x.ctx, x.addr, mailbox.Get{UIDs: uids})
		if err != nil {
			return nil, err
		}
		for i := range items {
			if refersTo(items[i].Parts, x.it, 0) {
				found[items[i].UID] = true
			}
		}
		if q.Cursor = page.Next; !page.More {
			break
		}
	}
	return found, nil
}

// silent are the tools of an agent whose results show no message: they need not be read.
var silent = []string{"mail_find", "mail_send", "mail_done", "context_drop", "context_pin"}

// MaxNesting is how deep results are shown inside of results.
const MaxNesting = 4

func refersTo(parts []quire.Part, it *quire.Item, nesting int) bool {
	for _, p := range parts {
		switch p := p.(type) {
		case quire.Ref:
			if p.Message == it.ID || p.Message == "" && p.UID == it.UID {
				return true
			}
		case quire.ToolResult:
			if nesting < MaxNesting && refersTo(p.Parts, it, nesting+1) {
				return true
			}
		}
	}
	return false
}
