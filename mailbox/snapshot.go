package mailbox

import (
	"context"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Snapshot is what composing the next prompt needs of an agent's own, as of one moment.
// Mail that waits is not in it: see [Store.Query] and [Store.Get].
type Snapshot struct {
	State   quire.State
	Rev     uint64 // grows by one with each commit that writes Agent
	Agent   driver.AgentState
	Arrived []quire.Item          // own turns, results, notes and events (the store's too) with UID > Agent.Through, with their parts, in order
	Changed []quire.Delivery      // those of Agent.Holds that changed after Agent.Seen, in their order
	Journal []driver.JournalEntry // of steps that are not done
}

// Snapshot reads, in one transaction, what composing needs of an agent's own.
func (s *Store) Snapshot(ctx context.Context, addr quire.Address) (Snapshot, error) {
	var snap Snapshot
	err := s.view(ctx, "snapshot", addr, func(r driver.Read, box quire.Address) (err error) {
		snap, err = snapshot(r, box)
		return err
	})
	if err != nil {
		return Snapshot{}, err
	}
	return snap, nil
}

func snapshot(r driver.Read, box quire.Address) (s Snapshot, err error) {
	if err := r.Ahead(box); err != nil {
		return s, err
	}
	b, epoch, err := boxNow(r, box)
	if err != nil {
		return s, err
	}
	s.State, s.Rev = formatState(epoch, b.Modseq), b.Rev
	if b.Agent {
		a, err := r.Agent(box)
		if err != nil {
			return s, err
		}
		if a != nil {
			s.Agent = *a
		}
	}
	arrived, err := r.Arrived(box, s.Agent.Through)
	if err == nil {
		s.Arrived, err = itemsOf(arrived)
	}
	if err != nil {
		return s, err
	}
	seen, err := parseState(s.Agent.Seen, epoch, b.Modseq)
	if err != nil {
		seen = 0 // nobody knows what changed, so all of it did
	}
	if len(s.Agent.Holds) > 0 {
		changed, err := r.Changed(box, s.Agent.Holds, seen)
		if err != nil {
			return s, err
		}
		for _, d := range changed {
			s.Changed = append(s.Changed, d.Delivery)
		}
	}
	s.Journal, err = r.Journal(box)
	return s, err
}

// itemsBy reads messages of a mailbox by their ids.
func itemsBy(r driver.Read, box quire.Address, ids []quire.MessageID) ([]quire.Item, error) {
	list, err := r.ItemsOf(box, ids)
	if err != nil {
		return nil, err
	}
	return itemsOf(list)
}

// itemsOf makes what users read of what a driver keeps.
func itemsOf(list []driver.Item) ([]quire.Item, error) {
	var items []quire.Item
	for _, it := range list {
		item, err := itemOf(it)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// itemOf is a message with its delivery; without parts when they were not read. What
// can't be read wraps [ErrCorrupt].
func itemOf(it driver.Item) (quire.Item, error) {
	m := it.Message
	draft, err := codec.DecodeDraft(m.Head)
	if err == nil && m.Parts != nil {
		draft.Parts, err = codec.DecodeParts(m.Parts)
	}
	if err != nil {
		return quire.Item{}, corrupt("message "+string(m.ID), err)
	}
	return quire.Item{Message: quire.Message{Draft: draft, Envelope: m.Envelope}, Delivery: it.Delivery.Delivery}, nil
}

// Get asks for messages.
type Get struct {
	UIDs []quire.UID
	IDs  []quire.MessageID
}

// Get reads whole messages, by UID or message id, in the order asked for. What does
// not exist in this mailbox is left out.
func (s *Store) Get(ctx context.Context, addr quire.Address, g Get) ([]quire.Item, error) {
	var items []quire.Item
	err := s.view(ctx, "get", addr, func(r driver.Read, box quire.Address) error {
		list, err := r.Items(box, g.UIDs, true)
		if err == nil && len(g.IDs) > 0 {
			var more []driver.Item
			more, err = r.ItemsOf(box, g.IDs)
			list = append(list, more...)
		}
		if err == nil {
			items, err = itemsOf(list)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// Content reads bytes [from, to) of a blob that a message of this mailbox refers to;
// to 0 means its end.
func (s *Store) Content(ctx context.Context, addr quire.Address, d quire.Digest, from, to int64) ([]byte, error) {
	var part []byte
	err := s.view(ctx, "content", addr, func(r driver.Read, box quire.Address) (err error) {
		part, _, err = r.Blob(box, d, from, to)
		return err
	})
	return part, err
}

// Receipts reads stored receipts with call numbers in [from, to], in order.
func (s *Store) Receipts(ctx context.Context, addr quire.Address, from, to uint64) ([]driver.Receipt, error) {
	var list []driver.Receipt
	err := s.view(ctx, "receipts", addr, func(r driver.Read, box quire.Address) (err error) {
		list, err = r.Receipts(box, from, to, 0)
		return err
	})
	return list, err
}
