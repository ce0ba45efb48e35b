package mailbox

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Import is what a mailbox takes in, in the order of its UIDs.
type Import struct {
	Deliveries []Imported
	// Restore says that it was this mailbox: numbers, flags, trust and threads are
	// kept, and the rest of this struct counts. Numbers that the mailbox has given out
	// already to other messages are [ErrConflict]: restore into an empty mailbox.
	//
	// Else it is somebody's claim. Messages get the next numbers, [quire.TrustExternal]
	// and a [quire.Via] "import", whoever they say they are from; turns, results, notes
	// and events come in as mail.
	Restore  bool
	NextUID  quire.UID // numbers below it are not given out again
	State    *ImportedState
	Receipts []driver.Receipt
}

// Imported is one delivery with its message.
type Imported struct {
	Item  quire.Item
	Blobs []driver.BlobContent // what its parts refer to
}

// ImportedState is an agent's own: what [Snapshot] has of it.
type ImportedState struct {
	Rev     uint64
	Agent   driver.AgentState
	Journal []driver.JournalEntry
}

// Imports is what an Import did.
type Imports struct {
	State quire.State
	Added int
	Known int // messages that were there already
}

// viaImport names what claims come through.
const viaImport = "import"

// Import takes deliveries in as they were elsewhere, all of it or nothing. Nothing is
// sent by it: no guard holds, nobody is told, and nobody's mail is answered or
// superseded. It may be repeated: a message that the mailbox has is passed over, the
// same id with other content is [ErrConflict]. Package
// [github.com/quire-dev/quire/mailbox/archive] makes and reads the files.
func (s *Store) Import(ctx context.Context, addr quire.Address, im Import) (Imports, error) {
	var done Imports
	err := s.update(ctx, "import", addr, driver.Update{Repeatable: true}, func(w driver.Write, box quire.Address) error { // what is there is passed over
		err := w.Lock(box)
		if err == nil {
			done, err = s.o.Rules.imports(w, box, im)
		}
		return err
	})
	if err != nil {
		return Imports{}, err
	}
	return done, nil
}

func (r *Rules) imports(tx driver.Write, box quire.Address, im Import) (Imports, error) {
	a := &importing{&applying{tx: tx, rules: r, limits: r.Limits.withDefaults(), p: &prepared{Mailbox: box}, metas: map[quire.Address]*driver.Box{}, before: map[quire.Address]driver.Box{}}, box, im.Restore, Imports{}}
	meta, err := a.meta(box)
	if err != nil {
		return Imports{}, err
	}
	for i := range im.Deliveries {
		if err := a.take(meta, &im.Deliveries[i]); err != nil {
			return Imports{}, fmt.Errorf("delivery %d of %d: %w", i+1, len(im.Deliveries), err)
		}
	}
	if im.Restore {
		if err := a.own(meta, &im); err != nil {
			return Imports{}, err
		}
	}
	if *meta != a.before[box] {
		if err := tx.PutBox(box, *meta); err != nil {
			return Imports{}, err
		}
	}
	a.done.State, err = stateAt(tx, meta.Modseq)
	return a.done, err
}

// importing is one run of an import.
type importing struct {
	*applying
	box     quire.Address
	restore bool
	done    Imports
}

// take takes one delivery in.
func (a *importing) take(meta *driver.Box, im *Imported) error {
	it := im.Item
	if !a.restore {
		it = claimed(it)
	}
	d, err := a.accepted(&it, im.Blobs)
	if err != nil {
		return err
	}
	old, err := a.tx.Message(d.ID)
	if err != nil {
		return err
	}
	there, err := a.tx.DeliveryOf(a.box, d.ID)
	switch {
	case err != nil:
		return err
	case there != nil && there.Flags.Has(quire.FlagForgotten): // whatever the file says it was
		a.done.Known++
		return nil
	case old != nil && (old.Digest != d.Digest || old.From != d.From):
		return fmt.Errorf("message %s: %w", d.ID, ErrConflict)
	case there != nil && (!a.restore || there.UID == it.UID):
		a.done.Known++
		return nil
	case there != nil || a.restore && it.UID < meta.NextUID:
		return fmt.Errorf("message %s can't be %s again, the mailbox is at %s: %w", d.ID, it.UID, meta.NextUID, ErrConflict)
	}
	put := a.tx.PutMessage
	if old != nil {
		put = a.tx.Refill
	}
	if err := put(&d.Message); err != nil {
		return err
	}
	a.done.Added++
	return a.place(meta, d, it.Delivery)
}

// claimed is an item as somebody says it was.
func claimed(it quire.Item) quire.Item {
	switch it.Kind {
	case quire.KindTurn, quire.KindResult, quire.KindNote, quire.KindEvent:
		it.Kind = quire.KindMail
	}
	it.Signature = nil // nobody has verified it
	it.Via = append(slices.Clone(it.Via), quire.Via{Name: viaImport, From: string(it.From)})
	it.Delivery = quire.Delivery{Flags: it.Flags & (quire.FlagHandled | quire.FlagAnswered | quire.FlagPinned), Trust: quire.TrustExternal, SentTo: it.SentTo}
	return it
}

// accepted is the item's message as a store keeps it.
func (a *importing) accepted(it *quire.Item, blobs []driver.BlobContent) (*accepted, error) {
	for _, b := range blobs {
		if quire.DigestOf([]byte(b.Data)) != b.Digest {
			return nil, invalid("the content of %s has another digest", b.Digest.Short())
		}
	}
	if !validInstant(it.Sent) || !validInstant(it.VisibleAt) || !validInstant(it.PutOff) {
		return nil, invalid("a time is not in the years 1 to 9999")
	}
	if err := a.stamped(it); err != nil {
		return nil, err
	}
	draft := it.Draft
	draft.Parts = attached(draft.Parts, blobs)
	d, err := a.rules.accept(&draft, it.From, it.Claimed(), &a.limits)
	if err != nil {
		return nil, invalid("message %.80s: %w", it.ID, err)
	}
	if !a.restore {
		d.Same = "" // nobody's repeats are counted by what a file claims
	}
	d.Envelope = it.Envelope
	d.Sent = instant(d.Sent)
	if !authored(draft.Parts) {
		return d, nil
	}
	given := func(digest quire.Digest) int {
		return slices.IndexFunc(blobs, func(b driver.BlobContent) bool { return b.Digest == digest })
	}
	err = d.describe(a.box, a.limits.Body, func(digest quire.Digest, from, to int64) ([]byte, int64, error) {
		if i := given(digest); i >= 0 {
			size := int64(len(blobs[i].Data))
			if to <= 0 || to > size {
				to = size
			}
			return []byte(blobs[i].Data[min(from, to):to]), size, nil
		}
		return a.tx.Blob(a.box, digest, from, to)
	})
	if err != nil {
		return nil, fmt.Errorf("message %.80s: %w", it.ID, err)
	}
	for _, digest := range d.Refers {
		i := given(digest)
		if i >= 0 && !slices.ContainsFunc(d.Blobs, func(b driver.BlobContent) bool { return b.Digest == digest }) {
			d.Blobs = append(d.Blobs, blobs[i])
		}
	}
	return d, nil
}

// stamped checks what a store stamps.
func (a *importing) stamped(it *quire.Item) error {
	if err := it.From.Valid(); err != nil {
		return invalid("the sender: %w", err)
	}
	if it.SentTo != "" {
		if err := it.SentTo.Valid(); err != nil {
			return invalid("what it was sent to: %w", err)
		}
	}
	if err := gatewaySizes(it.Via); err != nil {
		return err
	}
	if err := within("signature", len(it.Signature), maxSignature, bytesUnit, ""); err != nil {
		return err
	}
	if s := string(it.Trust); len(s) > maxKind || !storable(s) {
		return invalid("message %.80s has the trust %.40q", it.ID, s)
	}
	switch {
	case it.Hops < 0 || it.Chain < 0 || it.Hops > math.MaxInt32 || it.Chain > math.MaxInt32:
		return invalid("message %.80s has %d hops and is number %d in a chain", it.ID, it.Hops, it.Chain)
	case it.UID >= maxNumber:
		return invalid("message %.80s has the number %d; below %d", it.ID, it.UID, uint64(maxNumber))
	case a.restore && !validWord(string(it.Thread), maxID):
		return invalid("message %.80s is of a thread %.40q: up to %d printable characters without spaces", it.ID, it.Thread, maxID)
	}
	return nil
}

// maxNumber is above all numbers that a store can keep.
const maxNumber = math.MaxInt64

// attached is the inverse of [detach], so that the draft has the digest with
// which it was sent.
func attached(parts []quire.Part, blobs []driver.BlobContent) []quire.Part {
	list := slices.Clone(parts)
	for i, p := range list {
		switch p := p.(type) {
		case quire.Blob:
			k := slices.IndexFunc(blobs, func(b driver.BlobContent) bool { return b.Digest == p.Digest })
			if k < 0 {
				continue
			}
			text := []quire.Part{quire.Text{Text: blobs[k].Data}}
			if inline, _ := detach(text); inline[0] == quire.Part(p) {
				list[i] = text[0]
			}
		case quire.ToolResult:
			p.Parts = attached(p.Parts, blobs)
			list[i] = p
		}
	}
	return list
}

// place puts a message into the mailbox.
func (a *importing) place(meta *driver.Box, d *accepted, as quire.Delivery) error {
	p := &driver.Delivery{Delivery: as, Message: d.ID, From: d.From, Kind: d.Kind, Sent: d.Sent, ValidUntil: d.ValidUntil, ReplyBy: d.ReplyBy,
		Same: d.Same, Bytes: sizeOf(&d.Message), Tokens: d.Tokens}
	p.VisibleAt, p.PutOff = instant(p.VisibleAt), instant(p.PutOff)
	if len(p.Counts) > maxCounts {
		p.Counts = p.Counts[len(p.Counts)-maxCounts:]
	}
	if !a.restore {
		var err error
		if p.Thread, err = a.thread(d, a.box); err != nil {
			return err
		}
	}
	if p.UID == 0 {
		p.UID = meta.NextUID
	}
	meta.NextUID = p.UID + 1
	meta.Total++
	return a.put(a.box, p, false)
}

// own takes in what is an agent's own.
func (a *importing) own(meta *driver.Box, im *Import) error {
	if im.NextUID >= maxNumber {
		return invalid("the next number is %d; below %d", im.NextUID, uint64(maxNumber))
	}
	meta.NextUID = max(meta.NextUID, im.NextUID)
	for i := range im.Receipts {
		if r := &im.Receipts[i]; r.Call >= maxNumber || !validInstant(r.Time) {
			return invalid("a receipt's call is %d, of the year %d", r.Call, r.Time.Year())
		}
		if err := a.tx.PutReceipt(a.box, &im.Receipts[i]); err != nil {
			return err
		}
	}
	s := im.State
	if s == nil || meta.Rev != 0 && meta.Rev == s.Rev {
		return nil
	}
	if meta.Rev != 0 {
		return fmt.Errorf("the agent is at revision %d, that of the import at %d: %w", meta.Rev, s.Rev, ErrConflict)
	}
	if s.Rev > 0 {
		agent, err := checkedState(&s.Agent)
		if err != nil {
			return err
		}
		meta.Rev, meta.Agent = s.Rev, true
		if err := a.tx.PutAgent(a.box, agent); err != nil {
			return err
		}
	}
	for i := range s.Journal {
		if s := string(s.Journal[i].Status); len(s) > maxKind || !storable(s) {
			return invalid("the status of a journal entry is %.40q", s)
		}
		if err := a.tx.PutJournal(a.box, &s.Journal[i]); err != nil {
			return err
		}
	}
	return nil
}
