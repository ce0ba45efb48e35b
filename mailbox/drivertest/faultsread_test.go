package drivertest

import (
	"bytes"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// readFaults are those of what a driver answers.
var readFaults = []driverFault{
	{name: "Box loses the low mark", rule: "a compacted mailbox tells all", make: func(d *brokenDriver) { d.tx.box = func(b *driver.Box) { b.Low = 0 } }},
	{name: "Box loses when the owner came", rule: "what a clock that was a year ahead", make: func(d *brokenDriver) { d.tx.box = func(b *driver.Box) { b.OwnedSince = time.Time{} } }},
	{name: "Agent loses what is held", rule: "a snapshot lists held", make: func(d *brokenDriver) { d.tx.agent = func(a *driver.AgentState) { a.Holds = nil } }},
	{name: "Journal is out of order", rule: "the journal is in the order", make: func(d *brokenDriver) {
		d.tx.journal = func(list []driver.JournalEntry) []driver.JournalEntry { slices.Reverse(list); return list }
	}},
	{name: "Journal goes by step and call", rule: "the journal is in the order", make: func(d *brokenDriver) {
		d.tx.journal = func(list []driver.JournalEntry) []driver.JournalEntry {
			slices.SortStableFunc(list, func(x, y driver.JournalEntry) int { return x.Call - y.Call })
			return list
		}
	}},
	{name: "Receipts are out of range, above", rule: "receipts are read by range", make: func(d *brokenDriver) {
		d.tx.receipts = func(tx driver.Write, box quire.Address, from, to uint64, limit int) ([]driver.Receipt, error) {
			return tx.Receipts(box, from, to+1, limit)
		}
	}},
	{name: "Receipts are out of range, below", rule: "receipts are read by range", make: func(d *brokenDriver) {
		d.tx.receipts = func(tx driver.Write, box quire.Address, from, to uint64, limit int) ([]driver.Receipt, error) {
			return tx.Receipts(box, max(from, 1)-1, to, limit)
		}
	}},
	{name: "Receipts are the newest first", rule: "receipts are read by range", make: func(d *brokenDriver) {
		d.tx.receipts = func(tx driver.Write, box quire.Address, from, to uint64, limit int) ([]driver.Receipt, error) {
			list, err := tx.Receipts(box, from, to, limit)
			slices.Reverse(list)
			return list, err
		}
	}},
	{name: "Receipts are all, whatever the limit", rule: "receipts are read by range", make: func(d *brokenDriver) {
		d.tx.receipts = func(tx driver.Write, box quire.Address, from, to uint64, _ int) ([]driver.Receipt, error) {
			return tx.Receipts(box, from, to, 0)
		}
	}},
	{name: "Replay finds nothing", rule: "the same commit again", make: func(d *brokenDriver) {
		d.tx.replay = func(driver.Write, quire.Address, string) (quire.Digest, []byte, error) {
			return quire.Digest{}, nil, nil
		}
	}},
	{name: "Replay finds what another mailbox committed", rule: "a commit's id is", make: func(d *brokenDriver) {
		var boxes []quire.Address
		d.tx.replay = func(tx driver.Write, box quire.Address, id string) (content quire.Digest, done []byte, err error) {
			boxes = append(boxes, box)
			for _, b := range boxes {
				if content, done, err = tx.Replay(b, id); done != nil {
					break
				}
			}
			return content, done, err
		}
	}},
	{name: "Changes are since the beginning", rule: "changes say what", make: func(d *brokenDriver) {
		d.tx.changes = func(since, _ uint64, list []driver.Change) []driver.Change {
			if since == 0 {
				return list
			}
			return append(list, driver.Change{UID: 1, Modseq: since, Kind: driver.ChangeUpdated})
		}
	}},
	{name: "Changes have none of what was destroyed", rule: "what is expunged is gone", make: func(d *brokenDriver) { d.tx.changes = without(driver.ChangeDestroyed) }},
	{name: "Changes have none of what was updated", rule: "changes say what", make: func(d *brokenDriver) { d.tx.changes = without(driver.ChangeUpdated) }},
	{name: "Changes have none of what was created", rule: "changes say what", make: func(d *brokenDriver) { d.tx.changes = without(driver.ChangeCreated) }},
	{name: "Changes miss the last one", rule: "changes say what", make: func(d *brokenDriver) {
		d.tx.changes = func(_, end uint64, list []driver.Change) []driver.Change {
			return slices.DeleteFunc(list, func(c driver.Change) bool { return c.Modseq == end })
		}
	}},
	{name: "Message loses its bounces", rule: "what is sent again is answered", make: func(d *brokenDriver) { d.tx.message = func(m *driver.Message) { m.Bounced = nil } }},
	{name: "Message loses its hops", rule: "automatic replies to automatic", make: func(d *brokenDriver) { d.tx.message = func(m *driver.Message) { m.Hops = 0 } }},
	{name: "Message loses its chain", rule: "agents that answer each other", make: func(d *brokenDriver) { d.tx.message = func(m *driver.Message) { m.Chain = 0 } }},
	{name: "Message loses its digest", rule: "a message that was sent after", make: func(d *brokenDriver) { d.tx.message = func(m *driver.Message) { m.Digest = quire.Digest{} } }},
	{name: "Message loses its sender", rule: "what its sender takes back", make: func(d *brokenDriver) { d.tx.message = func(m *driver.Message) { m.From = "" } }},
	{name: "Holders are incomplete", rule: "what its sender takes back", make: func(d *brokenDriver) {
		d.tx.holders = func(list []quire.Address) []quire.Address { return list[:min(1, len(list))] }
	}},
	{name: "Blob is whole", rule: "content can be read from", make: func(d *brokenDriver) {
		d.tx.blob = func(tx driver.Write, box quire.Address, digest quire.Digest, _, _ int64) ([]byte, int64, error) {
			return tx.Blob(box, digest, 0, 0)
		}
	}},
	{name: "Blob is of any mailbox", rule: "content can be read from", make: func(d *brokenDriver) {
		d.tx.blob = func(tx driver.Write, box quire.Address, digest quire.Digest, from, to int64) (part []byte, size int64, err error) {
			for _, b := range []quire.Address{box, "ada", "ben", "cid", "mia"} {
				if part, size, err = tx.Blob(b, digest, from, to); err == nil {
					break
				}
			}
			return part, size, err
		}
	}},
	{name: "Blob has the size of the part", rule: "a blob is described", make: func(d *brokenDriver) {
		d.tx.blob = func(tx driver.Write, box quire.Address, digest quire.Digest, from, to int64) ([]byte, int64, error) {
			part, _, err := tx.Blob(box, digest, from, to)
			return part, int64(len(part)), err
		}
	}},
	{name: "Blob is nothing where there is none", rule: "content can be read from", make: func(d *brokenDriver) {
		d.tx.blob = func(tx driver.Write, box quire.Address, digest quire.Digest, from, to int64) ([]byte, int64, error) {
			if part, size, err := tx.Blob(box, digest, from, to); err == nil {
				return part, size, nil
			}
			return nil, 0, nil
		}
	}},
	{name: "Delivery and DeliveryOf lose flags", rule: "flags that are set already", make: func(d *brokenDriver) {
		d.tx.delivery = func(d *driver.Delivery) *driver.Delivery {
			if d != nil {
				d.Flags = 0
			}
			return d
		}
	}},
	{name: "Delivery and DeliveryOf lose counts", rule: "token counts are kept", make: func(d *brokenDriver) {
		d.tx.delivery = func(d *driver.Delivery) *driver.Delivery {
			if d != nil {
				d.Counts = nil
			}
			return d
		}
	}},
	{name: "Delivery and DeliveryOf lose when it was created", rule: "changes come in pages that", make: func(d *brokenDriver) {
		d.tx.delivery = func(d *driver.Delivery) *driver.Delivery {
			if d != nil {
				d.Created = d.Modseq
			}
			return d
		}
	}},
	{name: "Changed loses when it was created", rule: "changes come in pages that", make: func(d *brokenDriver) {
		d.tx.changed = func(tx driver.Write, box quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, error) {
			list, err := tx.Changed(box, uids, since)
			for _, d := range list {
				d.Created = d.Modseq
			}
			return list, err
		}
	}},
	{name: "Ahead hides what arrived", rule: "announcing a snapshot", make: func(d *brokenDriver) {
		left := 0
		d.tx.ahead = func() { left = 3 } // as often as the rule asks for it
		d.tx.arrived = func(list []driver.Item) []driver.Item {
			if left--; left >= 0 {
				return nil
			}
			return list
		}
	}},
	{name: "Changed misses one", rule: "a snapshot lists held", make: func(d *brokenDriver) {
		d.tx.changed = func(tx driver.Write, box quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, error) {
			list, err := tx.Changed(box, uids, since)
			return list[:max(len(list), 1)-1], err
		}
	}},
	{name: "Changed goes by number", rule: "a snapshot lists held", make: func(d *brokenDriver) {
		d.tx.changed = func(tx driver.Write, box quire.Address, uids []quire.UID, since uint64) ([]*driver.Delivery, error) {
			return tx.Changed(box, slices.Sorted(slices.Values(uids)), since)
		}
	}},
	{name: "Changed is since the beginning", rule: "a snapshot lists held", make: func(d *brokenDriver) {
		d.tx.changed = func(tx driver.Write, box quire.Address, uids []quire.UID, _ uint64) ([]*driver.Delivery, error) {
			return tx.Changed(box, uids, 0)
		}
	}},
	{name: "Find is the newest first", rule: "each filter of a query", make: func(d *brokenDriver) { d.tx.find = func(f *driver.Find) { f.Order = driver.OrderNewest } }},
	{name: "Find does not know what is due", rule: "each filter of a query", make: func(d *brokenDriver) {
		d.tx.find = func(f *driver.Find) {
			if f.Order == driver.OrderDue {
				f.Order = driver.OrderNewest
			}
		}
	}},
	{name: "Find does not collapse", rule: "a collapsed page", make: func(d *brokenDriver) { d.tx.find = func(f *driver.Find) { f.Collapse = false } }},
	{name: "Find begins at the beginning", rule: "pages stay", make: func(d *brokenDriver) { d.tx.find = func(f *driver.Find) { f.Behind = nil } }},
	{name: "Find knows no limit", rule: "a claim takes the oldest", make: func(d *brokenDriver) { d.tx.find = func(f *driver.Find) { f.Limit = 1 << 30 } }},
	{name: "Find has one too few", rule: "each filter of a query", make: func(d *brokenDriver) { d.tx.find = func(f *driver.Find) { f.Limit-- } }},
	{name: "Matches is never", hangs: true, rule: "a wait returns at once", make: func(d *brokenDriver) { d.tx.matches = func(_ *uint64, matches *bool) { *matches = false } }},
	{name: "Matches is always", rule: "a wait ends at its deadline", make: func(d *brokenDriver) { d.tx.matches = func(_ *uint64, matches *bool) { *matches = true } }},
	{name: "Matches is since the beginning", rule: "a wait goes by each", make: func(d *brokenDriver) { d.tx.matches = func(since *uint64, _ *bool) { *since = 0 } }},
	{name: "Pending has one too few", rule: "flags that are set already", make: func(d *brokenDriver) { d.tx.pending = func(n *int, _ *time.Time) { *n = max(*n, 1) - 1 } }},
	{name: "Pending does not say since when", rule: "a status says", make: func(d *brokenDriver) { d.tx.pending = func(_ *int, oldest *time.Time) { *oldest = time.Time{} } }},
	{name: "Alarm is never", hangs: true, rule: "what becomes visible", make: func(d *brokenDriver) {
		d.tx.alarm = func(passed *bool, next *time.Time) { *passed, *next = false, time.Time{} }
	}},
	{name: "Alarm knows what passed only", hangs: true, rule: "what becomes visible", make: func(d *brokenDriver) { d.tx.alarm = func(_ *bool, next *time.Time) { *next = time.Time{} } }},
	{name: "Alarm knows what comes only", hangs: true, rule: "what becomes visible", make: func(d *brokenDriver) { d.tx.alarm = func(passed *bool, _ *time.Time) { *passed = false } }},
	{name: "Alarm is always", rule: "mail that comes wakes whoever", make: func(d *brokenDriver) { d.tx.alarm = func(passed *bool, _ *time.Time) { *passed = true } }},
	{name: "Items lose their parts", rule: "a message is read whole", make: func(d *brokenDriver) { d.tx.items = withoutParts }},
	{name: "Items go by number", rule: "items come in the order", make: func(d *brokenDriver) { d.tx.items = byNumber }},
	{name: "Items lose one", rule: "what is committed is read", make: func(d *brokenDriver) {
		d.tx.items = func(list []driver.Item) []driver.Item { return list[:max(len(list), 1)-1] }
	}},
	{name: "ItemsOf lose their parts", rule: "what is committed is read back", make: func(d *brokenDriver) { d.tx.itemsOf = withoutParts }},
	{name: "ItemsOf go by number", rule: "items come in the order", make: func(d *brokenDriver) { d.tx.itemsOf = byNumber }},
	{name: "Arrived lose their parts", rule: "what is returned", make: func(d *brokenDriver) { d.tx.arrived = withoutParts }},
	{name: "Arrived are the newest first", rule: "a snapshot has what arrived", make: func(d *brokenDriver) {
		d.tx.arrived = func(list []driver.Item) []driver.Item { slices.Reverse(list); return list }
	}},
	{name: "Arrived have the owner's own only", rule: "a claimed name opens no", make: func(d *brokenDriver) {
		d.tx.arrived = func(list []driver.Item) []driver.Item {
			return slices.DeleteFunc(list, func(it driver.Item) bool { return !it.Delivery.Self })
		}
	}},
}

// streamReadFaults are those of what a driver answers about streams.
var streamReadFaults = []driverFault{
	{name: "StreamNumbers are the newest first", rule: "the next attempt ends", make: func(d *brokenDriver) {
		d.tx.numbers = func(list []uint64) []uint64 { slices.Reverse(list); return list }
	}},
	{name: "StreamAttempts lose their ends", rule: "nothing is added after", make: func(d *brokenDriver) {
		d.tx.attempts = func(list []driver.StreamAttempt) {
			for i := range list {
				list[i].End = nil
			}
		}
	}},
	{name: "StreamChunks are an offset too far", rule: "what is appended", make: func(d *brokenDriver) {
		d.tx.chunks = func(tx driver.Write, box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error) {
			list, err := tx.StreamChunks(box, stream, attempt, from, limit+1)
			return list[min(1, len(list)):], err
		}
	}},
	{name: "StreamChunks know no limit", rule: "what is appended", make: func(d *brokenDriver) {
		d.tx.chunks = func(tx driver.Write, box quire.Address, stream uint64, attempt int, from uint64, _ int) ([][]byte, error) {
			return tx.StreamChunks(box, stream, attempt, from, 1<<20)
		}
	}},
	{name: "StreamChunks end at NUL", rule: "an append is whole", make: func(d *brokenDriver) {
		d.tx.chunks = func(tx driver.Write, box quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error) {
			list, err := tx.StreamChunks(box, stream, attempt, from, limit)
			for i := range list {
				list[i], _, _ = bytes.Cut(list[i], []byte{0})
			}
			return list, err
		}
	}},
}

// without leaves a kind of change out.
func without(kind driver.ChangeKind) func(since, end uint64, list []driver.Change) []driver.Change {
	return func(_, _ uint64, list []driver.Change) []driver.Change {
		return slices.DeleteFunc(list, func(c driver.Change) bool { return c.Kind == kind })
	}
}

func withoutParts(list []driver.Item) []driver.Item {
	for i := range list {
		list[i].Message.Parts = nil
	}
	return list
}

func byNumber(list []driver.Item) []driver.Item {
	slices.SortFunc(list, func(x, y driver.Item) int { return int(x.Delivery.UID) - int(y.Delivery.UID) })
	return list
}
