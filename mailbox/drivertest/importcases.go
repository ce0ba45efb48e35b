package drivertest

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// importFails imports what must not be accepted, and sees that nothing of it is there.
func (k *kit) importFails(im mailbox.Import, want error, what string) {
	before := k.all("ada")
	_, err := k.store.Import(k.ctx, "ada", im)
	k.wants(err, want, what)
	same(k, k.all("ada"), before, "%s: the mailbox after an import that failed", what)
}

// elsewhere is a mailbox of another store, and what can be read of it.
func elsewhere(k *kit) (mailbox.Import, all) {
	other := &kit{ctx: k.ctx, store: k.open(k.t), t: k.t, open: k.open, made: 500}
	defer func() { k.must(other.store.Close(), "Close") }()
	later := later(3600)
	other.send("mia", fullDraft(other))
	other.commit(mailbox.Commit{Address: "eve", Sends: []quire.Draft{other.mail("from outside", "ada+work")}, Via: []quire.Via{{Name: "smtp", From: "x@y"}}})
	other.send("ada", other.own("turn"))
	other.send("mia", other.mail("gone", "ada"), other.mail("stays", "ada"))
	other.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("composer"), Through: 1, Seen: "e:1", Holds: []quire.UID{1}},
		Flags:   []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled | quire.FlagPinned}, {UID: 5, VisibleAt: &later}},
		Counts:  []mailbox.CountChange{{UID: 1, Count: quire.Count{Key: "k", Tokens: 7}}},
		Receipt: &driver.Receipt{Call: 3, Time: day, Full: true, Data: []byte("receipt")},
		Journal: []driver.JournalEntry{{Step: "s", Call: 1, Tool: "t", Status: driver.JournalBegun}}})
	_, err := other.store.Expunge(k.ctx, "ada", []quire.UID{4})
	k.must(err, "Expunge")
	a := other.all("ada")
	im := mailbox.Import{Restore: true, NextUID: a.Status.NextUID, Receipts: a.Receipts,
		State: &mailbox.ImportedState{Rev: a.Snapshot.Rev, Agent: a.Snapshot.Agent, Journal: a.Snapshot.Journal}}
	for _, it := range a.Items {
		im.Deliveries = append(im.Deliveries, mailbox.Imported{Item: it})
	}
	return im, a
}

// plain is a without what is counted anew in another store.
func plain(a all) all {
	a.Status.State, a.Snapshot.State, a.Snapshot.Changed = "", "", nil
	for i := range a.Items {
		a.Items[i].Modseq = 0
	}
	for i := range a.Snapshot.Arrived {
		a.Snapshot.Arrived[i].Modseq = 0
	}
	return a
}

var importCases = []testCase{
	{rule: "a mailbox that is restored is as it was, and so it stays when it is restored again", run: func(k *kit) {
		s := k.store
		im, was := elsewhere(k)
		for round := range 2 {
			done, err := s.Import(k.ctx, "ada", im)
			k.must(err, "Import")
			same(k, []int{done.Added, done.Known}, []int{(1 - round) * len(im.Deliveries), round * len(im.Deliveries)}, "added and known")
			same(k, done.State, k.status("ada").State, "the state")
			same(k, plain(k.all("ada")), plain(was), "the mailbox")
		}
		same(k, uids(k.query("ada", mailbox.Query{Text: "stays"})), []quire.UID{5}, "found")
		k.send("mia", k.mail("next", "ada"))
		same(k, k.status("ada").NextUID, was.Status.NextUID+1, "the next number")
	}},
	{rule: "what is imported as a claim is external mail, whoever it says it is from", run: func(k *kit) {
		im, _ := elsewhere(k)
		im.Restore = false
		k.send("mia", k.mail("first", "ada"))
		for range 2 {
			_, err := k.store.Import(k.ctx, "ada", im)
			k.must(err, "Import")
		}
		items := k.all("ada").Items[1:]
		same(k, len(items), len(im.Deliveries), "messages")
		for i, it := range items {
			was := im.Deliveries[i].Item
			same(k, it.UID, quire.UID(i+2), "the number")
			same(k, []any{it.Trust, it.Self, it.From, it.ID}, []any{quire.TrustExternal, false, was.From, was.ID}, "trust, self, sender and id")
			same(k, it.Via[len(it.Via)-1], quire.Via{Name: "import", From: string(was.From)}, "what it came through")
			if it.Kind == quire.KindTurn {
				k.failf("%s is a turn: its owner would take it for his own", it.UID)
			}
		}
		same(k, k.snapshot("ada").Rev, 0, "the revision")
		k.refused(mailbox.Commit{Address: "ada", Retract: []quire.MessageID{items[0].ID}}, mailbox.ErrNotFound, "retracting what another one is said to have sent")
	}},
	{rule: "an import is all or nothing, and takes no other content under a known id", run: func(k *kit) {
		im, _ := elsewhere(k)
		other := im
		other.Deliveries = append([]mailbox.Imported{}, im.Deliveries...)
		last := &other.Deliveries[len(other.Deliveries)-1]
		last.Item.Parts = []quire.Part{quire.Blob{Digest: quire.DigestOf([]byte("x")), Size: 1}}
		k.importFails(other, mailbox.ErrInvalid, "content that is not there")
		last.Blobs = []driver.BlobContent{{Digest: quire.DigestOf([]byte("x")), Data: "y"}}
		k.importFails(other, mailbox.ErrInvalid, "content of another digest")
		last.Blobs[0].Data = "x"
		k.must(second(k.store.Import(k.ctx, "ada", other)), "Import")
		same(k, string(k.content("ada", last.Blobs[0].Digest)), "x", "the content")
		k.importFails(im, mailbox.ErrConflict, "other content")
		moved := other
		moved.Deliveries = []mailbox.Imported{other.Deliveries[0]}
		moved.Deliveries[0].Item.UID = 99
		k.importFails(moved, mailbox.ErrConflict, "another number")
	}},
	{rule: "a message that was imported for one is there for another one, and comes back after it was destroyed", run: func(k *kit) {
		im, _ := elsewhere(k)
		im.Deliveries = im.Deliveries[len(im.Deliveries)-1:]
		im.Receipts, im.State, im.NextUID = nil, nil, 0
		for _, who := range []quire.Address{"ada", "ben"} {
			k.must(second(k.store.Import(k.ctx, who, im)), "Import")
			same(k, uids(k.query(who, mailbox.Query{Text: "stays"})), []quire.UID{5}, "found by %s", who)
		}
		for _, who := range []quire.Address{"ada", "ben"} {
			k.must(second(k.store.Expunge(k.ctx, who, []quire.UID{5})), "Expunge")
		}
		im.Restore = false
		im.Deliveries[0].Item.UID = 0
		claimed := im
		_, err := k.store.Import(k.ctx, "cleo", claimed)
		k.must(err, "Import")
		it := k.query("cleo", mailbox.Query{Text: "stays"})
		same(k, len(it.Rows), 1, "found by cleo")
		same(k, k.item("cleo", it.Rows[0].ID).Parts, im.Deliveries[0].Item.Parts, "the parts")
	}},
}

func second[T any](_ T, err error) error { return err }

func (k *kit) content(addr quire.Address, d quire.Digest) []byte {
	b, err := k.store.Content(k.ctx, addr, d, 0, 0)
	k.must(err, "Content")
	return b
}
