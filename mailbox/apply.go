package mailbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/mailbox/driver"
)

// apply carries out a prepared commit in a writing transaction, in this order: is it a
// repeat, does it own the address, is its revision the stored one, leases, flags,
// counts, sends, retractions, claim, agent's state, receipt, journal.
func (r *Rules) apply(tx driver.Write, p *prepared) (Committed, error) {
	a := &applying{tx: tx, rules: r, limits: r.Limits.withDefaults(), p: p, metas: map[quire.Address]*driver.Box{}, before: map[quire.Address]driver.Box{}}
	meta, err := a.meta(p.Mailbox) // first: where the mailbox stands is known from then on
	if err != nil {
		return Committed{}, err
	}
	repeat := false
	if p.ID != "" {
		content, done, err := tx.Replay(p.Mailbox, p.ID)
		if err != nil {
			return Committed{}, err
		}
		if done != nil && content == p.Digest {
			return replayed(p, done)
		}
		repeat = done != nil
	}
	if err := a.fence(meta); err != nil {
		return Committed{}, err // also when who owns the address by now has used the id
	}
	if repeat {
		return Committed{}, fmt.Errorf("commit %q: %w", p.ID, ErrConflict)
	}
	if err := a.own(meta); err != nil {
		return Committed{}, err
	}
	if p.Agent != nil && p.Rev != meta.Rev {
		return Committed{}, fmt.Errorf("%w (revision %d, the commit was made on %d)", ErrStale, meta.Rev, p.Rev)
	}
	for _, step := range []func() error{a.leases, a.flags, a.counts, a.sends, a.retract, a.claim, a.state, a.journal} {
		if err := step(); err != nil {
			return Committed{}, err
		}
	}
	for _, box := range a.order {
		if *a.metas[box] == a.before[box] {
			continue
		}
		if p.Agent != nil && box == p.Mailbox { // at once with the rest of its row
			if err := tx.PutAgent(box, p.Agent); err != nil {
				return Committed{}, err
			}
		}
		if err := tx.PutBox(box, *a.metas[box]); err != nil {
			return Committed{}, err
		}
	}
	state, err := stateAt(tx, meta.Modseq)
	if err != nil {
		return Committed{}, err
	}
	c := Committed{State: state, Rev: meta.Rev, Sent: a.sent, Claimed: a.claimed, Dead: a.dead}
	if p.Own != nil {
		c.Fence = meta.Fence
	}
	if p.ID == "" {
		return c, nil
	}
	done, err := json.Marshal(c)
	if err != nil {
		return Committed{}, err
	}
	rev := uint64(0)
	if p.Agent != nil {
		rev = meta.Rev
	}
	return c, tx.Remember(p.Mailbox, p.ID, p.Digest, done, p.Now, rev)
}

// replayed is what the first commit with that id returned.
func replayed(p *prepared, done []byte) (Committed, error) {
	var c Committed
	if err := json.Unmarshal(done, &c); err != nil {
		return Committed{}, corrupt("commit "+p.ID, err)
	}
	c.Replayed = true
	return c, nil
}

// count adds an open delivery to a mailbox's counters, or takes it away.
func count(b *driver.Box, d *driver.Delivery, sign int) {
	b.Open += sign
	bytes, tokens := max(d.Bytes, 0), max(int64(d.Tokens), 0)
	if sign > 0 {
		b.OpenBytes, b.OpenTokens = plus(max(b.OpenBytes, 0), bytes), plus(max(b.OpenTokens, 0), tokens)
	} else {
		b.OpenBytes, b.OpenTokens = max(b.OpenBytes-bytes, 0), max(b.OpenTokens-tokens, 0)
	}
}

// applying is one run of apply.
type applying struct {
	tx      driver.Write
	rules   *Rules
	limits  Limits
	p       *prepared
	metas   map[quire.Address]*driver.Box
	before  map[quire.Address]driver.Box // as they were read: what did not change is not written
	order   []quire.Address              // of the mailboxes in metas
	sent    []Sent
	claimed []Claimed
	dead    []quire.UID
	kept    map[quire.UID]*driver.Delivery // see readAhead
	counted map[int]bool                   // which of the commit's counts were stored with flags
}

// meta reads a mailbox's counters once.
func (a *applying) meta(box quire.Address) (*driver.Box, error) {
	if m := a.metas[box]; m != nil {
		return m, nil
	}
	m, err := a.tx.Box(box)
	if err != nil {
		return nil, err
	}
	m.NextUID = max(m.NextUID, 1)
	a.metas[box], a.before[box] = &m, m
	i, _ := slices.BinarySearch(a.order, box)
	a.order = slices.Insert(a.order, i, box)
	return &m, nil
}

// put writes a changed delivery under the mailbox's next modseq. wasOpen says
// whether it was open before; a new one was not.
func (a *applying) put(box quire.Address, d *driver.Delivery, wasOpen bool) error {
	meta, err := a.meta(box)
	if err != nil {
		return err
	}
	switch open := d.Open(); {
	case open && !wasOpen:
		count(meta, d, 1)
	case !open && wasOpen:
		count(meta, d, -1)
	}
	meta.Modseq++
	d.Modseq = meta.Modseq
	if d.Created == 0 {
		d.Created = d.Modseq
	}
	return a.tx.PutDelivery(box, d)
}

// known finds a delivery of the committing mailbox. One that was expunged is
// nil: its owner did not know yet.
func (a *applying) known(uid quire.UID) (*driver.Delivery, error) {
	meta, err := a.meta(a.p.Mailbox)
	if err != nil {
		return nil, err
	}
	if uid == 0 || uid >= meta.NextUID {
		return nil, fmt.Errorf("%s: %w in this mailbox", uid, ErrNotFound)
	}
	if a.kept != nil {
		return a.kept[uid], nil
	}
	return a.tx.Delivery(a.p.Mailbox, uid)
}

// readAhead reads at once what known is going to be asked for, until it is called
// again.
func (a *applying) readAhead(uids []quire.UID) error {
	a.kept = nil
	if len(uids) < 2 {
		return nil
	}
	list, err := a.tx.Changed(a.p.Mailbox, uids, 0)
	if err != nil {
		return err
	}
	a.kept = make(map[quire.UID]*driver.Delivery, len(list))
	for _, d := range list {
		a.kept[d.UID] = d
	}
	return nil
}

// readAheadOf is readAhead of what the changes are of.
func readAheadOf[T any](a *applying, changes []T, uid func(*T) quire.UID) error {
	uids := make([]quire.UID, len(changes))
	for i := range changes {
		uids[i] = uid(&changes[i])
	}
	return a.readAhead(uids)
}

func (a *applying) flags() error {
	if err := readAheadOf(a, a.p.Flags, func(c *FlagChange) quire.UID { return c.UID }); err != nil {
		return err
	}
	for _, c := range a.p.Flags {
		d, err := a.known(c.UID)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		flags, visible := d.Flags&(^c.Clear|quire.FlagForgotten)|c.Set&^quire.FlagForgotten, d.VisibleAt
		if c.VisibleAt != nil {
			visible = *c.VisibleAt
		}
		if flags == d.Flags && visible.Equal(d.VisibleAt) {
			continue
		}
		if c.VisibleAt != nil {
			d.PutOff = a.p.Now
			if visible.IsZero() {
				d.PutOff = time.Time{}
			}
		}
		open := d.Open()
		d.Flags, d.VisibleAt = flags, visible
		a.countWith(d)
		if err := a.put(a.p.Mailbox, d, open); err != nil {
			return err
		}
	}
	return nil
}

// counts stores token counts. They are no change that anybody waits for, so the
// delivery's modseq stays.
func (a *applying) counts() error {
	var uids []quire.UID
	for i := range a.p.Counts {
		if !a.counted[i] {
			uids = append(uids, a.p.Counts[i].UID)
		}
	}
	if err := a.readAhead(uids); err != nil {
		return err
	}
	for i, c := range a.p.Counts {
		if c.Key == "" || len(c.Key) > maxID || c.Tokens < 0 {
			return invalid("the count %d of %s under the key %.40q: a key and a count from 0 on are wanted", c.Tokens, c.UID, c.Key)
		}
		if a.counted[i] {
			continue
		}
		d, err := a.known(c.UID)
		if err != nil {
			return err
		}
		if d == nil {
			continue
		}
		addCount(d, c)
		if err := a.tx.PutDelivery(a.p.Mailbox, d); err != nil {
			return err
		}
	}
	return nil
}

// countWith stores the counts of a delivery that is written anyway.
func (a *applying) countWith(d *driver.Delivery) {
	for i, c := range a.p.Counts {
		if c.UID != d.UID || a.counted[i] {
			continue
		}
		if a.counted == nil {
			a.counted = map[int]bool{}
		}
		a.counted[i] = true
		addCount(d, c)
	}
}

func addCount(d *driver.Delivery, c CountChange) {
	counts := slices.DeleteFunc(slices.Clone(d.Counts), func(old quire.Count) bool { return old.Key == c.Key })
	counts = append(counts, quire.Count{Key: jsontext.Clean(c.Key), Tokens: c.Tokens})
	d.Counts = counts[max(0, len(counts)-maxCounts):]
}

// state stores the receipt, and counts the agent's state, which is stored with the
// mailbox.
func (a *applying) state() error {
	p := a.p
	if p.Agent != nil {
		meta, err := a.meta(p.Mailbox)
		if err != nil {
			return err
		}
		meta.Rev++
		meta.Agent = true
	}
	if p.Receipt != nil {
		return a.tx.PutReceipt(p.Mailbox, p.Receipt)
	}
	return nil
}

func (a *applying) journal() error {
	for i := range a.p.Journal {
		if err := a.tx.PutJournal(a.p.Mailbox, &a.p.Journal[i]); err != nil {
			return err
		}
	}
	for _, step := range a.p.Done {
		if err := a.tx.DropJournal(a.p.Mailbox, step); err != nil {
			return err
		}
	}
	return nil
}
