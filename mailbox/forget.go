package mailbox

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/copies"
)

// Forget says what [Store.Forget] forgets.
type Forget struct {
	From     quire.Address // all that the owner of this mailbox wrote, wherever it is; "": nothing by sender
	Messages []quire.MessageID
}

// Forget erases messages for good, and says what went. Their numbers, kinds, senders and
// times stay, with [quire.FlagForgotten] and one line in place of what they said; an
// agent in whose context one stands shows that line from its next step on. What was made
// of them goes too: their place in the index, content that no other message has, the
// notes and results that name and show them, and what is kept of streams in those
// mailboxes. A file or database is then cleared of what deleted rows left, see
// [driver.Driver].Scrub.
//
// It works in small transactions, so that others wait for one of them at most, and can
// be called again after an error or a crash: it goes on with what is left, and lists what
// had gone. The messages themselves go last. With an error comes the certificate of what
// was to go, which is not empty if any of it may have gone: with [ErrBusy] all has, but for what a
// file's log still has of it. What an agent's step that is under way commits after that is not
// looked at: stop it before. Forgetting again clears its notices and streams, and can't tell any
// more where it quotes. Backups, exports and logs are
// not reached; the certificate has the ids.
//
// It reads all mailboxes, so on a store by [Store.As] it needs [RightAdmin] of all.
func (s *Store) Forget(ctx context.Context, f Forget) (Certificate, error) {
	if err := s.may("forget", f.From, need{"", RightAdmin}); err != nil {
		return Certificate{}, err
	}
	if f.From != "" {
		if err := f.From.Valid(); err != nil {
			return Certificate{}, fail("forget", f.From, invalid("the address: %w", err))
		}
	}
	g := s.forgetting(ctx)
	g.done.From = f.From.Base()
	for _, step := range []func() error{func() error { return g.find(f) }, g.search} {
		if err := step(); err != nil {
			return Certificate{}, fail("forget", f.From, ended(ctx, err))
		}
	}
	for _, step := range []func() error{g.around, g.erase, func() error { return s.d.Scrub(ctx) }} {
		if err := step(); err != nil {
			return g.certificate(), fail("forget", f.From, ended(ctx, err))
		}
	}
	return g.certificate(), nil
}

// forgetting is one run of Forget.
type forgetting struct {
	s       *Store
	ctx     context.Context
	done    Certificate
	marker  *copies.Marker
	wanted  map[quire.MessageID]*target
	derived map[quire.MessageID]*target
	earlier map[quire.MessageID]*target // that had gone
	marks   map[uint64]*target          // of what is wanted, by the first that has it
	sieve   sieve                       // of marks
	room    []byte                      // what unescaped uses
	boxes   map[quire.Address]*affected
	hits    map[uint64]*hits
	replies []Quoted // that have the subject of what they reply to
}

// target is a message that goes.
type target struct {
	Gone
	subject, snippet string
}

// affected is a mailbox that has some of what goes.
type affected struct {
	gone  map[quire.UID]*target
	shows map[quire.UID]bool       // results that refer to it, and what had gone
	asked map[quire.MessageID]bool // questions that its owner asked, wherever they are
	calls map[quire.ToolCall]bool  // of tools, that its owner made in what goes
}

const (
	// erasedAtOnce is how many messages are erased in one transaction at most.
	erasedAtOnce = 64
	// longHold is how long others may have waited when no more is begun in a transaction.
	longHold = 10 * time.Millisecond
)

func (s *Store) forgetting(ctx context.Context) *forgetting {
	return &forgetting{s: s, ctx: ctx, marker: copies.New(), wanted: map[quire.MessageID]*target{}, derived: map[quire.MessageID]*target{}, earlier: map[quire.MessageID]*target{},
		marks: map[uint64]*target{}, boxes: map[quire.Address]*affected{}, hits: map[uint64]*hits{},
		done: Certificate{At: instant(s.o.Clock()), Kinds: map[quire.Kind]int{}, Messages: []Gone{}, Derived: []Gone{}, Calls: []Saw{}, Quotes: []Quoted{}}}
}

// eachBox calls f for every mailbox.
func (g *forgetting) eachBox(f func(b *driver.Mailbox) error) error {
	for behind := quire.Address(""); ; {
		var boxes []driver.Mailbox
		err := g.s.d.View(g.ctx, func(r driver.Read) (err error) {
			boxes, err = r.Boxes(behind, boxesAtOnce, false)
			return err
		})
		if err != nil {
			return err
		}
		for i := range boxes {
			if err := f(&boxes[i]); err != nil {
				return err
			}
		}
		if len(boxes) < boxesAtOnce {
			return nil
		}
		behind = boxes[len(boxes)-1].Address
	}
}

// itemsAtOnce is how many messages are read as of one moment.
const itemsAtOnce = 200

// eachItem calls f for the messages of a mailbox that a filter lets through, the oldest
// first.
func (g *forgetting) eachItem(box quire.Address, filter driver.Filter, f func(r driver.Read, it *quire.Item) error) error {
	var behind, next *driver.Position
	for {
		var n int
		err := g.s.d.View(g.ctx, func(r driver.Read) error {
			n = 0
			page, err := r.Find(box, &driver.Find{Filter: filter, Order: driver.OrderOldest, Behind: behind, Limit: itemsAtOnce})
			if err != nil || len(page) == 0 {
				return err
			}
			uids := make([]quire.UID, len(page))
			for i, d := range page {
				uids[i] = d.UID
			}
			n, next = len(page), &driver.Position{UID: page[len(page)-1].UID}
			return g.items(r, box, uids, f)
		})
		behind = next
		if err != nil || n < itemsAtOnce {
			return err
		}
	}
}

func (g *forgetting) items(r driver.Read, box quire.Address, uids []quire.UID, f func(r driver.Read, it *quire.Item) error) error {
	list, err := r.Items(box, uids, true)
	for i := range list {
		if err != nil {
			return err
		}
		var it quire.Item
		if it, err = itemOf(list[i]); err == nil {
			err = f(r, &it)
		}
	}
	return err
}

// find lists what is asked for, with what tells it from other texts.
func (g *forgetting) find(f Forget) error {
	if f.From != "" {
		err := g.eachBox(func(b *driver.Mailbox) error {
			return g.eachItem(b.Address, driver.Filter{Top: b.NextUID, From: f.From.Base()}, func(r driver.Read, it *quire.Item) error {
				return g.want(r, b.Address, it)
			})
		})
		if err != nil {
			return err
		}
	}
	for _, id := range f.Messages {
		err := g.s.d.View(g.ctx, func(r driver.Read) error { return g.wantID(r, id) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *forgetting) wantID(r driver.Read, id quire.MessageID) error {
	m, err := r.Message(id)
	if err != nil {
		return err
	}
	boxes, err := r.Holders(id)
	if err != nil {
		return err
	}
	if m == nil || len(boxes) == 0 {
		g.done.Unknown = append(g.done.Unknown, id)
		return nil
	}
	for _, box := range boxes {
		items, err := itemsBy(r, box, []quire.MessageID{id})
		if err != nil {
			return err
		}
		for i := range items {
			if err := g.want(r, box, &items[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// want notes a message that goes, and where it is; or that it had gone.
func (g *forgetting) want(r driver.Read, box quire.Address, it *quire.Item) error {
	if it.Flags.Has(quire.FlagForgotten) {
		t := g.earlier[it.ID]
		if t == nil {
			t = targetOf(it)
			g.earlier[it.ID] = t
		}
		g.placed(t, box, it.UID).shows[it.UID] = true
		return nil
	}
	t := g.wanted[it.ID]
	if t == nil {
		t = targetOf(it)
		g.wanted[it.ID] = t
		err := eachText(r, box, it, func(_ int, text string) {
			g.marker.Each(text, func(m copies.Mark) {
				if first := g.marks[m.Sum]; first == nil || t.Sent.Before(first.Sent) {
					g.marks[m.Sum] = t
				}
			})
		})
		if err != nil {
			return err
		}
	}
	g.place(t, box, it.UID)
	if it.Kind == quire.KindQuestion { // who asked remembers it until it is answered
		g.box(it.From.Base()).asked[it.ID] = true
	}
	for _, p := range it.Parts {
		if call, ok := p.(quire.ToolCall); ok && it.Self {
			g.box(box).calls[quire.ToolCall{ID: call.ID, Name: call.Name, Args: call.Args}] = true
		}
	}
	return nil
}

func targetOf(it *quire.Item) *target {
	return &target{Gone: Gone{Message: it.ID, From: it.From, Kind: it.Kind, Sent: it.Sent}, subject: it.Subject, snippet: short(quire.PlainText(it.Parts), 40)}
}

// place notes where something that goes is.
func (g *forgetting) place(t *target, box quire.Address, uid quire.UID) {
	g.placed(t, box, uid).gone[uid] = t
}

// placed notes where something is. A transaction that runs again says it again.
func (g *forgetting) placed(t *target, box quire.Address, uid quire.UID) *affected {
	if p := (Place{box, uid}); !slices.Contains(t.In, p) {
		t.In = append(t.In, p)
	}
	return g.box(box)
}

func (g *forgetting) box(box quire.Address) *affected {
	b := g.boxes[box]
	if b == nil {
		b = &affected{gone: map[quire.UID]*target{}, shows: map[quire.UID]bool{}, asked: map[quire.MessageID]bool{}, calls: map[quire.ToolCall]bool{}}
		g.boxes[box] = b
	}
	return b
}

// erase erases in batches: what is derived, then what was asked for.
func (g *forgetting) erase() error {
	var ids []quire.MessageID
	for _, list := range []map[quire.MessageID]*target{g.derived, g.wanted} {
		ids = append(ids, slices.Sorted(maps.Keys(list))...)
	}
	for len(ids) > 0 {
		n := 0
		_, err := g.s.d.Update(g.ctx, driver.Update{Repeatable: true, Batch: true}, func(w driver.Write) (err error) { // twice erased is erased
			n, err = eraseSome(w, ids[:min(len(ids), erasedAtOnce)])
			return err
		})
		if err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// certificate puts together what was done.
func (g *forgetting) certificate() Certificate {
	c := g.done
	for _, list := range []struct {
		of map[quire.MessageID]*target
		to *[]Gone
	}{{g.wanted, &c.Messages}, {g.derived, &c.Derived}, {g.earlier, &c.Earlier}} {
		for _, id := range slices.Sorted(maps.Keys(list.of)) {
			t := list.of[id]
			if *list.to = append(*list.to, t.Gone); list.to != &c.Earlier {
				c.Kinds[t.Kind]++
			}
		}
	}
	slices.Sort(c.Unknown)
	c.Unknown = slices.Compact(c.Unknown) // a transaction may have run twice
	return c
}

// older says whether what was sent at a time, as a number of one mailbox, came before.
func older(a time.Time, ua quire.UID, b time.Time, ub quire.UID) bool {
	return a.Before(b) || a.Equal(b) && ub > 0 && ua < ub
}
