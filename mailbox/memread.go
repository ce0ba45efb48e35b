package mailbox

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
)

// Snapshot implements [Store].
func (m *Mem) Snapshot(ctx context.Context, addr quire.Address) (Snapshot, error) {
	var s Snapshot
	err := m.read(ctx, "snapshot", addr, func(b *memBox) error {
		s = Snapshot{State: FormatState(m.epoch, b.meta.Modseq), Rev: b.meta.Rev, Agent: b.agent.clone()}
		for _, p := range b.items[b.from(s.Agent.Through+1):] {
			if !p.Arrives() {
				continue
			}
			it, err := m.item(p)
			if err != nil {
				return err
			}
			s.Arrived = append(s.Arrived, it)
		}
		seen, err := ParseState(s.Agent.Seen, m.epoch, b.meta.Modseq)
		if err != nil {
			seen = 0 // nobody knows what changed, so all of it did
		}
		for _, uid := range s.Agent.Holds {
			if p := b.find(uid); p != nil && p.Modseq > seen {
				s.Changed = append(s.Changed, delivery(p))
			}
		}
		for _, e := range b.journal {
			e.Result = bytes.Clone(e.Result)
			s.Journal = append(s.Journal, e)
		}
		return nil
	})
	return s, err
}

// item reads a whole message.
func (m *Mem) item(p *Placed) (quire.Item, error) {
	return m.messages[p.Message].Item(delivery(p))
}

// delivery is a copy for others to keep.
func delivery(p *Placed) quire.Delivery {
	d := p.Delivery
	d.Counts = slices.Clone(d.Counts)
	return d
}

// Status implements [Store].
func (m *Mem) Status(ctx context.Context, addr quire.Address) (Status, error) {
	var s Status
	now := Instant(m.clock())
	err := m.read(ctx, "status", addr, func(b *memBox) error {
		s = Status{State: FormatState(m.epoch, b.meta.Modseq), Total: b.meta.Total, NextUID: b.meta.NextUID}
		for _, p := range b.items {
			if !p.Pending(now) {
				continue
			}
			if s.Pending++; s.Pending == 1 {
				s.Oldest = p.Sent
			}
		}
		return nil
	})
	return s, err
}

// Query implements [Store].
func (m *Mem) Query(ctx context.Context, addr quire.Address, q Query) (Page, error) {
	var page Page
	now := m.clock()
	err := m.read(ctx, "query", addr, func(b *memBox) error {
		s, err := NewSelection(q, b.meta, now)
		if err != nil {
			return err
		}
		hits, more := s.Select(m.hits(b, s))
		page = Page{State: FormatState(m.epoch, b.meta.Modseq), More: more}
		for _, h := range hits {
			row, err := s.Row(&m.messages[h.Message].Stored, delivery(h.Placed), h.Score)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, row)
		}
		if more {
			page.Next = s.Next(hits[len(hits)-1])
		}
		return nil
	})
	return page, err
}

// hits are the deliveries that match, in any order.
func (m *Mem) hits(b *memBox, s *Selection) []Hit {
	var hits []Hit
	if s.Text == "" {
		for _, p := range b.items {
			if s.Match(p) {
				hits = append(hits, Hit{Placed: p})
			}
		}
		return hits
	}
	list := s.Shortlist(m.postings(b, s))
	for _, uid := range list.Keys {
		p := b.items[b.from(quire.UID(uid))]
		if !s.Match(p) {
			continue
		}
		doc := m.messages[p.Message].doc
		c := Candidate{p, make([]int, len(s.Terms)), doc.Length}
		for i, term := range s.Terms {
			if list.Has(uid, i) {
				c.Freq[i] = doc.Freq[term]
			}
		}
		hits = append(hits, s.Score(&c, list.DF))
	}
	return hits
}

// Get implements [Store].
func (m *Mem) Get(ctx context.Context, addr quire.Address, g Get) ([]quire.Item, error) {
	var items []quire.Item
	err := m.read(ctx, "get", addr, func(b *memBox) error {
		add := func(p *Placed) error {
			if p == nil {
				return nil
			}
			it, err := m.item(p)
			items = append(items, it)
			return err
		}
		for _, uid := range g.UIDs {
			if err := add(b.find(uid)); err != nil {
				return err
			}
		}
		for _, id := range g.IDs {
			if err := add(b.byID[id]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// Content implements [Store].
func (m *Mem) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	var part []byte
	err := m.read(ctx, "content", addr, func(b *memBox) error {
		var err error
		part, _, err = m.content(b, d, from, to)
		return err
	})
	return part, err
}

// content reads a range of a blob of a mailbox, and its size.
func (m *Mem) content(b *memBox, d quire.Digest, from, to int64) ([]byte, int64, error) {
	if !m.refers(b, d) {
		return nil, 0, ErrNotFound
	}
	data := m.blobs[d]
	size := int64(len(data))
	if to <= 0 || to > size {
		to = size
	}
	return []byte(data[min(max(from, 0), to):to]), size, nil
}

// refers says whether a message of the mailbox refers to a blob.
func (m *Mem) refers(b *memBox, d quire.Digest) bool {
	return slices.ContainsFunc(b.items, func(p *Placed) bool { return slices.Contains(m.messages[p.Message].Refers, d) })
}

// Changes implements [Store].
func (m *Mem) Changes(ctx context.Context, addr quire.Address, since quire.State, max int) (Changes, error) {
	var c Changes
	err := m.read(ctx, "changes", addr, func(b *memBox) error {
		from, err := ParseSince(since, m.epoch, b.low, b.meta.Modseq)
		if err != nil {
			return err
		}
		var list []Change
		for _, p := range b.items {
			if p.Created > from {
				list = append(list, Change{p.UID, p.Created, ChangeCreated})
			}
			if p.Modseq > from && p.Modseq != p.Created {
				list = append(list, Change{p.UID, p.Modseq, ChangeUpdated})
			}
		}
		for _, ch := range b.gone {
			if ch.Modseq > from {
				list = append(list, ch)
			}
		}
		c = MergeChanges(list, m.epoch, b.meta.Modseq, max)
		return nil
	})
	return c, err
}

// Receipts implements [Store].
func (m *Mem) Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]Receipt, error) {
	var list []Receipt
	err := m.read(ctx, "receipts", addr, func(b *memBox) error {
		for _, call := range slices.Sorted(maps.Keys(b.receipts)) {
			if call >= from && call <= to {
				r := b.receipts[call]
				r.Data = bytes.Clone(r.Data)
				list = append(list, r)
			}
		}
		return nil
	})
	return list, err
}

// Wait implements [Waiter].
func (m *Mem) Wait(ctx context.Context, addr quire.Address, w Wait) (Woken, error) {
	signal := func() <-chan struct{} {
		m.mu.RLock()
		defer m.mu.RUnlock()
		return m.changed
	}
	woken, err := WaitFor(ctx, w, 0, signal, func(w Wait, now time.Time) (p Probe, err error) {
		err = m.read(ctx, "wait", addr, func(b *memBox) error {
			p, err = m.probe(b, w, now)
			return err
		})
		return p, err
	})
	return woken, fail("wait", addr, err)
}

// probe looks whether a wait is over.
func (m *Mem) probe(b *memBox, w Wait, now time.Time) (Probe, error) {
	p := Probe{State: FormatState(m.epoch, b.meta.Modseq)}
	since := uint64(0)
	if w.Since != "" {
		var err error
		if since, err = ParseState(w.Since, m.epoch, b.meta.Modseq); err != nil {
			return p, err
		}
	}
	s, err := WaitFilter(w, b.meta, now)
	if err != nil {
		return p, err
	}
	for _, d := range b.items {
		p.Matched = p.Matched || d.Modseq > since && s.Match(d)
		passed, next := d.Alarm(w.Looked, now)
		p.Passed = p.Passed || passed
		if !next.IsZero() && (p.Next.IsZero() || next.Before(p.Next)) {
			p.Next = next
		}
	}
	return p, nil
}

var _ Waiter = (*Mem)(nil)
