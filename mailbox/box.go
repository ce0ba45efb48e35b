package mailbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
)

// Box is the handle for one address: what people's front ends and programs use.
// Whatever goes out through it is stamped with its address as the sender, by the
// store; no draft can say otherwise. It keeps nothing, owns nothing (closing the
// store is up to who opened it), and is safe for concurrent use. Errors are
// *[Error].
//
// There is no pulling, dropping and pinning here. What is in an agent's context
// is part of its agent's state, which only its composer can change rightly: it
// knows the order of entry, the tokens and what the provider's cache still
// reads. Changing it from outside would also make the step that the agent is
// just working on stale ([ErrStale]), and a paid call would be thrown away. An
// agent does it with its own tools, context_pull and the others.
type Box struct {
	store *Store
	addr  quire.Address
	o     BoxOptions
}

// BoxOptions say how a handle behaves. The zero value is ready to use.
type BoxOptions struct {
	// NewID makes the id of a draft that has none; nil: [NewID]. It is called by
	// several goroutines at once if the handle is used so.
	NewID func() quire.MessageID
	Now   func() time.Time // stamped on what is sent; nil: the store's clock
	Via   []quire.Via      // the gateways that what is sent came through: its trust is external
}

// Box returns the handle for an address. With an address that no store takes all its
// calls are [ErrInvalid].
func (s *Store) Box(addr quire.Address) *Box {
	return &Box{store: s, addr: addr, o: BoxOptions{NewID: NewID}}
}

// With is a handle for the same address with these options, all of them: what o leaves
// at zero is the default, not what b has: a Via of b is gone unless o has it too.
func (b *Box) With(o BoxOptions) *Box {
	c := *b
	c.o = o
	c.o.Via = slices.Clone(o.Via)
	if c.o.NewID == nil {
		c.o.NewID = NewID
	}
	return &c
}

// Address is whose handle it is.
func (b *Box) Address() quire.Address { return b.addr }

// Store is what keeps the mailbox.
func (b *Box) Store() *Store { return b.store }

// now is the handle's time; zero when the store's clock counts.
func (b *Box) now() time.Time {
	if b.o.Now == nil {
		return time.Time{}
	}
	return b.o.Now()
}

// Send sends a draft; it is durable when Send returns nil. A draft without an id
// gets one, which is in the answer also when sending failed: put it into the
// draft before sending again, and the message goes out once, whatever the
// failure was. Recipients that did not get it are in the answer's Bounced. Every valid
// address has a mailbox, so mail to a misspelled one waits there and does not bounce;
// [Rules].Contact can refuse it. Ids are those of the whole store: what a client gives as
// an id goes in with the client's name before it, or another's may be in its way. Turns,
// results and events are [ErrInvalid]: they are no mail.
func (b *Box) Send(ctx context.Context, d quire.Draft) (Sent, error) {
	return b.post(ctx, d, nil)
}

// post sends a draft and changes flags, both or neither.
func (b *Box) post(ctx context.Context, d quire.Draft, flags []FlagChange) (Sent, error) {
	if d.ID == "" {
		d.ID = b.o.NewID()
	}
	if k := d.Kind; stampedKind(k) && k != quire.KindNote {
		return Sent{ID: d.ID}, fail("send", b.addr, invalid("a %s is what a store or the agent of an address says: send mail instead", k))
	}
	done, err := b.store.Commit(ctx, Commit{Address: b.addr, Sends: []quire.Draft{d}, Flags: flags, Via: b.o.Via, Now: b.now()})
	if err != nil {
		return Sent{ID: d.ID}, fail("send", b.addr, err)
	}
	return done.Sent[0], nil
}

// Retract takes messages back that this address sent: for whoever has not dealt with
// them they are pending no more, and they leave agents' contexts. What was read
// stays read, and nothing is destroyed. A message of somebody else is [ErrNotFound],
// and then none is retracted. A handle with BoxOptions.Via takes nothing back: it is
// [ErrForbidden].
func (b *Box) Retract(ctx context.Context, ids ...quire.MessageID) error {
	_, err := b.store.Commit(ctx, Commit{Address: b.addr, Retract: ids, Via: b.o.Via, Now: b.now()})
	return fail("retract", b.addr, err)
}

// Find finds deliveries: headers and snippets, never bodies. A query without a
// time is about now.
func (b *Box) Find(ctx context.Context, q Query) (Page, error) {
	if q.Now.IsZero() {
		q.Now = b.now()
	}
	page, err := b.store.Query(ctx, b.addr, q)
	return page, fail("find", b.addr, err)
}

// Read reads whole messages in the order asked for. Reading marks nothing; say
// Done when they are dealt with. Large parts are blobs: see Content. When a
// number is not there, the error wraps [ErrNotFound] and the others are returned.
func (b *Box) Read(ctx context.Context, uids ...quire.UID) ([]quire.Item, error) {
	items, err := b.store.Get(ctx, b.addr, Get{UIDs: uids})
	if err != nil {
		return nil, fail("read", b.addr, err)
	}
	for _, uid := range uids {
		if !slices.ContainsFunc(items, func(it quire.Item) bool { return it.UID == uid }) {
			return items, fail("read", b.addr, fmt.Errorf("%s: %w in this mailbox", uid, ErrNotFound))
		}
	}
	return items, nil
}

// Content reads bytes [from, to) of a blob in a message that was read; to 0 means
// its end.
func (b *Box) Content(ctx context.Context, blob quire.Blob, from, to int64) ([]byte, error) {
	data, err := b.store.Content(ctx, b.addr, blob.Digest, from, to)
	return data, fail("content", b.addr, err)
}

// Done says that deliveries are dealt with: they are pending no more. All of them
// or, when a number was never given, none.
func (b *Box) Done(ctx context.Context, uids ...quire.UID) error {
	flags := make([]FlagChange, len(uids))
	for i, uid := range uids {
		flags[i] = FlagChange{UID: uid, Set: quire.FlagHandled}
	}
	_, err := b.store.Commit(ctx, Commit{Address: b.addr, Flags: flags, Now: b.now()})
	return fail("done", b.addr, err)
}

// Status counts the mailbox.
func (b *Box) Status(ctx context.Context) (Status, error) {
	s, err := b.store.Status(ctx, b.addr)
	return s, fail("status", b.addr, err)
}

// Changes lists what happened since a state, at most limit deliveries (0:
// 1,000). On [ErrCannotCalculateChanges] begin anew with Find.
func (b *Box) Changes(ctx context.Context, since quire.State, limit int) (Changes, error) {
	c, err := b.store.Changes(ctx, b.addr, since, limit)
	return c, fail("changes", b.addr, err)
}

// Wait waits for mail, see [Store.Wait].
func (b *Box) Wait(ctx context.Context, w Wait) (Woken, error) {
	if w.Now == nil {
		w.Now = b.o.Now
	}
	return b.store.Wait(ctx, b.addr, w)
}
