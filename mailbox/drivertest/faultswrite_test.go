package drivertest

import (
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// notWritten is a driver that does nothing where it ought to write.
func notWritten(what, rule string) driverFault {
	return driverFault{name: what + " does nothing", rule: rule, make: func(d *brokenDriver) {
		d.tx.write = func(_ driver.Write, op string, do func() error) error {
			if op == what {
				return nil
			}
			return do()
		}
	}}
}

// writeFaults are those of what a driver keeps.
var writeFaults = []driverFault{
	notWritten("SetEpoch", "a new epoch makes"),
	notWritten("PutAgent", "a commit changes all"),
	notWritten("PutJournal", "a commit changes all"),
	notWritten("DropJournal", "journal entries are"),
	notWritten("PutReceipt", "receipts are read"),
	notWritten("Remember", "the same commit again"),
	notWritten("Refill", "a message that was imported"),
	notWritten("Destroy", "what is expunged is gone"),
	notWritten("Compact", "a compacted mailbox"),
	notWritten("Erase", "what is forgotten is empty"),
	notWritten("DropCommits", "a mailbox that is deleted"),
	notWritten("DropReceipts", "retention of records"),
	notWritten("DropMessages", "retention of records"),
	notWritten("DropBox", "a mailbox that is deleted"),
	{name: "Erase keeps words and blobs", rule: "what is forgotten takes along", make: func(d *brokenDriver) {
		d.tx.write = func(tx driver.Write, op string, do func() error) error {
			if op == "Erase" {
				return nil
			}
			return do()
		}
	}},
	notWritten("DropStreamChunks", "what is no longer kept"),
	notWritten("DropStreams", "what is no longer kept"),
	notWritten("PutStreamChunk", "what is appended"),
	notWritten("PutBox", "what is committed is read"),
	notWritten("PutStreamAttempt", "what is appended"),
	{name: "PutBox loses how much waits", rule: "what waits in a mailbox", make: func(d *brokenDriver) {
		d.tx.forms.box = func(b *driver.Box) { b.Open, b.OpenBytes, b.OpenTokens = 0, 0, 0 }
	}},
	{name: "PutBox loses the owner's fence", rule: "an address has one owner", make: func(d *brokenDriver) { d.tx.forms.box = func(b *driver.Box) { b.Fence = min(b.Fence, 1) } }},
	{name: "PutBox loses that there is an agent", rule: "what is returned and what", make: func(d *brokenDriver) { d.tx.forms.box = func(b *driver.Box) { b.Agent = false } }},
	{name: "PutBox loses until when the address is owned", rule: "an address has one owner", make: func(d *brokenDriver) { d.tx.forms.box = func(b *driver.Box) { b.OwnedUntil = time.Time{} } }},
	{name: "PutAgent loses what is held", rule: "a snapshot lists held deliveries", make: func(d *brokenDriver) { d.tx.forms.agent = func(a *driver.AgentState) { a.Holds = nil } }},
	{name: "PutAgent loses what was seen", rule: "a snapshot lists held deliveries", make: func(d *brokenDriver) { d.tx.forms.agent = func(a *driver.AgentState) { a.Seen = "" } }},
	{name: "PutAgent loses what entered", rule: "a commit changes all that", make: func(d *brokenDriver) { d.tx.forms.agent = func(a *driver.AgentState) { a.Through = 0 } }},
	{name: "PutAgent loses its state", rule: "what is returned and what", make: func(d *brokenDriver) { d.tx.forms.agent = func(a *driver.AgentState) { a.State = nil } }},
	{name: "PutJournal loses a result", rule: "journal entries are replaced by", make: func(d *brokenDriver) { d.tx.forms.entry = func(e *driver.JournalEntry) { e.Result = nil } }},
	{name: "PutJournal loses that it failed", rule: "journal entries are replaced by", make: func(d *brokenDriver) { d.tx.forms.entry = func(e *driver.JournalEntry) { e.IsError = false } }},
	{name: "PutReceipt loses that it is full", rule: "a commit changes all that", make: func(d *brokenDriver) { d.tx.forms.receipt = func(r *driver.Receipt) { r.Full = false } }},
	{name: "PutReceipt loses its time", rule: "a commit changes all that", make: func(d *brokenDriver) { d.tx.forms.receipt = func(r *driver.Receipt) { r.Time = time.Time{} } }},
	{name: "PutMessage loses content", rule: "content can be read from", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Blobs = nil } }},
	{name: "PutMessage loses words", rule: "each filter of a query", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Words = driver.Words{} } }},
	{name: "PutMessage loses what it went through", rule: "what came through a gateway", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Via = nil } }},
	{name: "PutMessage loses its signature", rule: "what an address with keys", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Signature = nil } }},
	{name: "PutMessage loses its snippet", rule: "what is committed is read", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Snippet = "" } }},
	{name: "PutMessage loses its size", rule: "what is committed is read", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Bytes = 0 } }},
	{name: "PutMessage loses its tokens", rule: "what is committed is read", make: func(d *brokenDriver) { d.tx.forms.message = func(m *driver.Message) { m.Tokens = 0 } }},
	{name: "PutDelivery loses when it becomes visible", rule: "a commit changes all that", make: func(d *brokenDriver) { d.tx.forms.put = func(d *driver.Delivery) { d.VisibleAt = time.Time{} } }},
	{name: "PutDelivery loses its lease", rule: "a claim takes the oldest", make: func(d *brokenDriver) { d.tx.forms.put = func(d *driver.Delivery) { d.Lease = quire.Lease{} } }},
	{name: "PutDelivery loses its deadline", rule: "each filter of a query", make: func(d *brokenDriver) { d.tx.forms.put = func(d *driver.Delivery) { d.ReplyBy = time.Time{} } }},
	{name: "PutDelivery loses how long it is valid", rule: "each filter of a query", make: func(d *brokenDriver) { d.tx.forms.put = func(d *driver.Delivery) { d.ValidUntil = time.Time{} } }},
	{name: "PutDelivery loses trust", rule: "a turn, result or note", make: func(d *brokenDriver) { d.tx.forms.put = func(d *driver.Delivery) { d.Trust = "" } }},
	{name: "PutDelivery loses to which address it was sent", rule: "a claim for a plus-address", make: func(d *brokenDriver) { d.tx.forms.put = func(d *driver.Delivery) { d.SentTo = "" } }},
	{name: "Destroy does not remember", rule: "what is expunged is gone,", make: func(d *brokenDriver) {
		d.tx.forms.destroy = func(tx driver.Write, box quire.Address, one *driver.Delivery, modseq uint64) error {
			b, err := tx.Box(box)
			if err == nil {
				err = tx.Destroy(box, one, 0)
			}
			_ = b
			return err
		}
	}},
	{name: "Destroy keeps the content", rule: "the content of a message", make: func(d *brokenDriver) {
		kept := map[quire.Digest][]byte{}
		d.tx.forms.destroy = func(tx driver.Write, box quire.Address, one *driver.Delivery, modseq uint64) error {
			items, err := tx.Items(box, []quire.UID{one.UID}, true)
			for _, it := range items {
				for _, digest := range it.Message.Refers {
					kept[digest], _, _ = tx.Blob(box, digest, 0, 0)
				}
			}
			if err != nil {
				return err
			}
			return tx.Destroy(box, one, modseq)
		}
		d.tx.blob = func(tx driver.Write, box quire.Address, digest quire.Digest, from, to int64) ([]byte, int64, error) {
			part, size, err := tx.Blob(box, digest, from, to)
			if data := kept[digest]; err != nil && data != nil {
				return data, int64(len(data)), nil
			}
			return part, size, err
		}
	}},
	{name: "Destroy takes content that another message needs", rule: "the content of a message", make: func(d *brokenDriver) {
		gone := map[quire.Digest]bool{}
		d.tx.forms.destroy = func(tx driver.Write, box quire.Address, one *driver.Delivery, modseq uint64) error {
			items, err := tx.Items(box, []quire.UID{one.UID}, true)
			for _, it := range items {
				for _, digest := range it.Message.Refers {
					gone[digest] = true
				}
			}
			if err != nil {
				return err
			}
			return tx.Destroy(box, one, modseq)
		}
		d.tx.blob = func(tx driver.Write, box quire.Address, digest quire.Digest, from, to int64) ([]byte, int64, error) {
			if gone[digest] {
				return nil, 0, mailbox.ErrNotFound
			}
			return tx.Blob(box, digest, from, to)
		}
	}},
	{name: "Compact raises the mark and forgets nothing", rule: "what was compacted away", make: func(d *brokenDriver) {
		d.tx.forms.forget = func(tx driver.Write, box quire.Address, low uint64) error {
			b, err := tx.Box(box)
			if b.Low = low; err == nil {
				err = tx.PutBox(box, b)
			}
			return err
		}
	}},
	{name: "Compact forgets what is newer", rule: "a compacted mailbox tells all", make: func(d *brokenDriver) {
		d.tx.forms.forget = func(tx driver.Write, box quire.Address, low uint64) error {
			b, err := tx.Box(box)
			if err == nil {
				err = tx.Compact(box, b.Modseq)
			}
			if b.Low = low; err == nil {
				err = tx.PutBox(box, b)
			}
			return err
		}
	}},
	{name: "Compact does not raise the mark", rule: "a compacted mailbox tells all", make: func(d *brokenDriver) {
		d.tx.forms.forget = func(tx driver.Write, box quire.Address, low uint64) error {
			b, err := tx.Box(box)
			if err == nil {
				err = tx.Compact(box, low)
			}
			if err == nil {
				err = tx.PutBox(box, b)
			}
			return err
		}
	}},
	{name: "PutStreamAttempt loses what is said about it", rule: "what is appended is read", make: func(d *brokenDriver) { d.tx.forms.attempt = func(a *driver.StreamAttempt) { a.About = nil } }},
	{name: "PutStreamAttempt loses how much is kept", rule: "what is no longer kept", make: func(d *brokenDriver) { d.tx.forms.attempt = func(a *driver.StreamAttempt) { a.Keep = 1 << 40 } }},
	{name: "PutStreamAttempt loses its fence", rule: "who lost the address", make: func(d *brokenDriver) { d.tx.forms.attempt = func(a *driver.StreamAttempt) { a.Fence = 0 } }},
	{name: "PutStreamAttempt loses what became of it", rule: "what is appended is read", make: func(d *brokenDriver) {
		d.tx.forms.attempt = func(a *driver.StreamAttempt) {
			if a.End != nil {
				a.End = &driver.StreamEnd{Kind: a.End.Kind, More: a.End.More, Reason: a.End.Reason}
			}
		}
	}},
}
