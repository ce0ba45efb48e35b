package replaying

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/tokenizer"
)

// Aim is what calls are composed with, and paid by.
type Aim struct {
	Model  models.Profile
	Price  price.CostModel
	Tariff price.Tariff // zero: not known
	Long   bool         // what is written is paid by the tariff's longer life
	Budget int          // 0: that of the call
}

// Rules are one way to compose and pay an agent's calls.
type Rules struct {
	Composer *compose.Composer
	// Aim says what a call is aimed at, by what it was configured with.
	Aim func(was compose.Setup) Aim
}

// MailboxOptions say what of a mailbox is replayed, and how.
type MailboxOptions struct {
	Agent quire.Address
	Since time.Duration // before the newest call: only what is in it is counted; 0: all
	Was   Rules         // those of that time, as far as they are known
	Would Rules
	// Progress, when set, is called before each call.
	Progress func(call, of int)
}

// WhatIf is what an agent's calls took, and what they would have taken.
type WhatIf struct {
	Agent quire.Address `json:"agent"`
	From  time.Time     `json:"from"`
	To    time.Time     `json:"to"`
	// WasBy and WouldBy name policy and schedule, those of the last call.
	WasBy   string `json:"wasBy"`
	WouldBy string `json:"wouldBy"`
	// Reported is what providers reported; Was what was predicted then, and Would what
	// would be now. The output is that of the time in all three.
	Reported Side `json:"reported"`
	Was      Side `json:"was"`
	Would    Side `json:"would"`
	// Same is how many calls come out the same, byte for byte and in their bill, under the
	// rules of their time; Known how many receipts can tell.
	Same  int `json:"same"`
	Known int `json:"known"`
	// Missed are the identifiers that the agent named, that stood in a message as it was
	// and would not have; MissedIn the calls that did. It would have asked for them again.
	Missed   int            `json:"missed"`
	MissedIn int            `json:"missedIn"`
	Pulls    Side           `json:"pulls"` // one call more in each of those calls, which brings the messages back
	Failed   Failed         `json:"failed"`
	Models   map[string]int `json:"models"` // calls of each
	Problems []string       `json:"problems,omitempty"`
	Calls    []WhatIfCall   `json:"calls"`
}

// Side is what calls took in all.
type Side struct {
	Calls    int         `json:"calls"`
	Input    int         `json:"input"`
	Read     int         `json:"read"`
	Written  int         `json:"written"`
	Output   int         `json:"output"`
	Units    float64     `json:"units,omitempty"` // of input: an uncached token is 1
	Money    price.Money `json:"money"`           // millionths of a dollar, output too
	Unknown  int         `json:"unknown"`         // calls whose price is not in Money
	Left     int         `json:"left"`            // messages that left
	LeftSize int         `json:"leftTokens"`
	Again    int         `json:"again"` // that were asked for again after they had left
	Over     int         `json:"over"`  // calls that do not fit the budget
	Recall   Recall      `json:"recall"`
}

// Failed are calls that brought no reply. Nobody knows whether they were billed.
type Failed struct {
	Calls int            `json:"calls"`
	Tries int            `json:"tries"` // requests in all
	Why   map[string]int `json:"why,omitempty"`
	Was   Side           `json:"was"` // if all were
	Would Side           `json:"would"`
}

// WhatIfCall is one call.
type WhatIfCall struct {
	Call   uint64      `json:"call"`
	Time   time.Time   `json:"time"`
	Model  string      `json:"model"`
	Failed int         `json:"failed,omitempty"` // calls before it that did
	Was    price.Bill  `json:"was"`
	Would  price.Bill  `json:"would"`
	Paid   price.Money `json:"paid"`
	Cost   price.Money `json:"cost"`
	Left   int         `json:"left,omitempty"`
	Missed int         `json:"missed,omitempty"`
	Known  bool        `json:"known"` // its receipt can tell whether it comes out the same
	Same   bool        `json:"same"`
	Bytes  bool        `json:"bytes,omitempty"` // its prompt comes out otherwise
}

// Mailbox replays an agent's calls from its mailbox: once by the rules of that time, and
// once by others.
func Mailbox(ctx context.Context, store *mailbox.Store, o MailboxOptions) (*WhatIf, error) {
	b := &box{ctx: ctx, store: store, agent: o.Agent, byUID: map[quire.UID]quire.Item{}, byID: map[quire.MessageID]quire.UID{}}
	if err := b.load(); err != nil {
		return nil, err
	}
	w := &WhatIf{Agent: o.Agent, To: b.receipts[len(b.receipts)-1].Time, Models: map[string]int{}, Failed: Failed{Why: map[string]int{}}}
	if w.From = b.receipts[0].Time; o.Since > 0 && w.To.Add(-o.Since).After(w.From) {
		w.From = w.To.Add(-o.Since)
	}
	if b.assumed > 0 {
		w.Problems = append(w.Problems, fmt.Sprintf("receipts before 2026-11-29 do not say how calls were configured: the first %d are taken to have been as the one after them", b.assumed))
	}
	was, stop := iter.Pull2(b.run(o.Was))
	defer stop()
	n := 0
	for would, err := range b.run(o.Would) {
		control, cerr, ok := was()
		var over *compose.BudgetError
		switch {
		case err != nil && (would.Plan == nil || !errors.As(err, &over)):
			return nil, fmt.Errorf("call %d of %s: %w", would.Was.Call, o.Agent, err)
		case !ok || control.Plan == nil:
			return nil, fmt.Errorf("call %d of %s, by the rules of that time: %w", would.Was.Call, o.Agent, cerr)
		}
		if n++; o.Progress != nil {
			o.Progress(n, len(b.receipts))
		}
		b.next = b.answer(n)
		w.add(&o, b, &control, &would, err != nil)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// box is a mailbox as a replay reads it.
type box struct {
	ctx      context.Context
	store    *mailbox.Store
	agent    quire.Address
	receipts []compose.Receipt
	byUID    map[quire.UID]quire.Item
	byID     map[quire.MessageID]quire.UID
	seen     []quire.Item // what arrived so far
	memory   *memory
	next     *quire.Item // the answer to the call; nil: it is not known
	assumed  int         // receipts before the first that says how a call was configured; -1: none does
}

// load reads all receipts.
func (b *box) load() error {
	b.memory = newMemory("")
	const page = 1000
	for from := uint64(1); ; from += page {
		list, err := b.store.Receipts(b.ctx, b.agent, from, from+page-1)
		if err != nil {
			return err
		}
		for _, stored := range list {
			r, err := compose.DecodeReceipt(stored.Data)
			if err != nil {
				return err
			}
			b.receipts = append(b.receipts, r)
		}
		if len(list) == 0 {
			break
		}
	}
	if len(b.receipts) == 0 {
		return fmt.Errorf("%s has no receipts: it has made no call in this file", b.agent)
	}
	b.assumed = slices.IndexFunc(b.receipts, func(r compose.Receipt) bool { return r.Setup != nil })
	if b.assumed > 0 {
		b.receipts[0].Setup = b.receipts[b.assumed].Setup
	}
	return nil
}

// run replays by some rules.
func (b *box) run(r Rules) iter.Seq2[compose.Replayed, error] {
	again := compose.Replay{Composer: r.Composer, Item: b.item, Input: compose.Input{Body: b.body}, Aim: func(was compose.Setup, in *compose.Input) {
		aim := r.Aim(was)
		in.Model = aim.Model
		in.Model.Cache = aim.Price
		if aim.Budget > 0 {
			in.Budget = aim.Budget
		}
		if was.Model == "" { // of receipts that do not say what stood before the log
			in.System = b.filler(r.Composer)
		}
	}}
	return again.Run(func(yield func(compose.Receipt, error) bool) {
		for _, rec := range b.receipts {
			if !yield(rec, nil) {
				return
			}
		}
	})
}

// filler is text of about as many tokens as stood before the first message of the first
// call.
func (b *box) filler(c *compose.Composer) string {
	first, n := &b.receipts[0], b.receipts[0].Used-b.receipts[0].Notice
	for _, d := range first.Decisions {
		if d.Fate != compose.FateOut {
			n -= d.Tokens
		}
	}
	const word = "word "
	sample := strings.Repeat(word, 100)
	return strings.Repeat(word, max(0, n*100/max(1, c.CountText(sample))))
}

func (b *box) item(uid quire.UID) (quire.Item, bool) {
	it, ok := b.byUID[uid]
	if !ok {
		it, ok = b.get(mailbox.Get{UIDs: []quire.UID{uid}})
	}
	return it, ok
}

func (b *box) body(id quire.MessageID) (quire.Item, bool) {
	if uid, ok := b.byID[id]; ok {
		return b.item(uid)
	}
	return b.get(mailbox.Get{IDs: []quire.MessageID{id}})
}

func (b *box) get(g mailbox.Get) (quire.Item, bool) {
	items, err := b.store.Get(b.ctx, b.agent, g)
	if err != nil || len(items) == 0 {
		return quire.Item{}, false
	}
	b.byUID[items[0].UID], b.byID[items[0].ID] = items[0], items[0].UID
	return items[0], true
}

// answer is what was replied to the nth call: it arrives for the one after it.
func (b *box) answer(n int) *quire.Item {
	if n >= len(b.receipts) {
		return nil
	}
	lists := [][]quire.UID{b.receipts[n].Arrived}
	for i := range b.receipts[n].Failed {
		lists = append(lists, b.receipts[n].Failed[i].Arrived)
	}
	for _, uid := range slices.Concat(lists...) {
		if it, ok := b.item(uid); ok && it.Self && it.Kind == quire.KindTurn {
			return &it
		}
	}
	return nil
}

// usage is what was reported of a call: its receipt says it or, before 2026-11-29, its
// answer.
func (b *box) usage(r *compose.Receipt) (u quire.Usage) {
	if r.Usage != u || b.next == nil {
		return r.Usage
	}
	for _, h := range b.next.Headers {
		if h.Name == "usage" && json.Unmarshal([]byte(h.Value), &u) != nil {
			return quire.Usage{}
		}
	}
	return u
}

// CounterOf finds the way of counting that a setup names; false when it is one that does
// not come along.
func CounterOf(counted string, vocabularies ...tokenizer.Counter) (c tokenizer.Counter, f tokenizer.Framing, ok bool) {
	parts := strings.Split(counted, "/")
	if len(parts) < 2 {
		return tokenizer.Approx{}, f, false
	}
	name, _, _ := strings.Cut(parts[1], "@")
	f = models.FindOver(quire.API(name), "").Framing
	known := f.Name == name
	for _, v := range append(vocabularies, tokenizer.Approx{}) {
		if v.Name() == parts[0] {
			return v, f, known
		}
	}
	return tokenizer.Approx{}, f, false
}
