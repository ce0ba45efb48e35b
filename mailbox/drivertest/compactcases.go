package drivertest

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var compactCases = []testCase{
	{rule: "a compacted mailbox tells all that happened since its mark and newer states, and nothing since older ones", run: func(k *kit) {
		c := k.store
		for seed := range uint64(3) {
			h := &history{k: k, rnd: rand.New(rand.NewPCG(seed, 7))}
			h.keep()
			for range 12 {
				for range 1 + h.rnd.IntN(3) {
					h.step()
					h.keep()
				}
				h.compact(c, h.rnd.IntN(len(h.states)))
				h.check()
			}
			h.compact(c, len(h.states)-1)
			h.check()
			k.must(k.store.Close(), "Close")
			k.store = k.open(k.t)
			c = k.store
		}
	}},
	{rule: "compacting forgets nothing but what was destroyed when, in one mailbox", run: func(k *kit) {
		c := k.store
		d := k.mail("one", "ada", "ben")
		commit := mailbox.Commit{ID: "c", Address: "mia", Sends: []quire.Draft{d, k.mail("two", "ada"), k.mail("three", "ben")}}
		k.commit(commit)
		k.commit(mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("x")}, Receipt: &driver.Receipt{Call: 1, Time: day, Data: []byte("r")},
			Journal: []driver.JournalEntry{{Step: "s", Tool: "t", Status: driver.JournalBegun}}})
		first := k.status("ben").State
		for _, who := range []quire.Address{"ada", "ben"} {
			k.must(second(k.store.Expunge(k.ctx, who, []quire.UID{1})), "Expunge")
		}
		ada, ben := k.all("ada"), k.all("ben")
		low, err := c.Compact(k.ctx, "ada", ada.Status.State)
		k.must(err, "Compact")
		same(k, low, ada.Status.State, "the mark")
		same(k, k.all("ada"), ada, "the mailbox")
		same(k, k.all("ben"), ben, "another mailbox")
		same(k, k.changes("ben", first, 0).Destroyed, []quire.UID{1}, "what was destroyed in another mailbox")
		same(k, k.send("mia", d).Sent[0].Duplicate, true, "sent again it is a duplicate")
		same(k, k.commit(commit).Replayed, true, "committed again it is replayed")
		k.send("mia", k.mail("four", "ada"))
		same(k, k.changes("ada", low, 0).Created, []quire.UID{3}, "what is created after it")
	}},
	{rule: "no mailbox is compacted up to a state that is not its past", run: func(k *kit) {
		c := k.store
		empty := k.status("ada").State
		low, err := c.Compact(k.ctx, "ada", empty)
		k.must(err, "compacting what never got mail")
		same(k, low, empty, "its mark")
		k.send("mia", k.mail("1", "ada"), k.mail("2", "ada"))
		k.must(second(k.store.Expunge(k.ctx, "ada", []quire.UID{1})), "Expunge")
		other := k.open(k.t)
		foreign, err := other.Status(k.ctx, "ada")
		k.must(err, "Status of another store")
		k.must(other.Close(), "Close")
		before := k.all("ada")
		for _, s := range []quire.State{"", "x", foreign.State, before.Status.State + "0"} {
			_, err := c.Compact(k.ctx, "ada", s)
			k.wants(err, mailbox.ErrCannotCalculateChanges, "compacting up to "+string(s))
		}
		same(k, k.all("ada"), before, "the mailbox")
		same(k, k.changes("ada", empty, 0), mailbox.Changes{State: before.Status.State, Created: []quire.UID{2}, Destroyed: []quire.UID{1}}, "changes since the beginning")
		_, err = c.Compact(k.ctx, "a b", before.Status.State)
		k.wants(err, mailbox.ErrInvalid, "no address")
	}},
	{rule: "who reads changes while they are compacted gets all of them or is told", run: func(k *kit) {
		c := k.store
		var states []quire.State
		var all []quire.UID
		for i := range 30 {
			k.send("mia", k.mail("x", "ada"))
			all = append(all, quire.UID(i+1))
		}
		since := k.status("ada").State
		for _, uid := range all {
			state, err := k.store.Expunge(k.ctx, "ada", []quire.UID{uid})
			k.must(err, "Expunge")
			states = append(states, state)
		}
		same(k, k.changes("ada", since, 0).Destroyed, all, "destroyed")
		read := make(chan error, 1)
		go func() {
			for {
				got, err := k.store.Changes(k.ctx, "ada", since, 0)
				if err == nil && !slices.Equal(got.Destroyed, all) {
					err = errors.New("it tells a part of what was destroyed")
				}
				if err != nil {
					read <- err
					return
				}
			}
		}()
		for _, s := range states {
			k.must(second(c.Compact(k.ctx, "ada", s)), "Compact")
		}
		k.wants(<-read, mailbox.ErrCannotCalculateChanges, "the last changes")
	}},
}

// history is what happened to ada's mailbox, and what it was like at each state.
type history struct {
	k      *kit
	rnd    *rand.Rand
	states []quire.State
	was    []map[quire.UID]quire.Flags
	low    int // index of the mark
}

// keep notes how the mailbox is now.
func (h *history) keep() {
	now := map[quire.UID]quire.Flags{}
	for _, r := range h.k.query("ada", mailbox.Query{Limit: 1000}).Rows {
		now[r.UID] = r.Flags
	}
	if state := h.k.status("ada").State; len(h.states) == 0 || state != h.states[len(h.states)-1] {
		h.states, h.was = append(h.states, state), append(h.was, now)
	}
}

// step does one random thing.
func (h *history) step() {
	there := slices.Sorted(maps.Keys(h.was[len(h.was)-1]))
	if len(there) == 0 || h.rnd.IntN(5) < 2 {
		h.k.send("mia", h.k.mail("x", "ada"))
		return
	}
	uid := there[h.rnd.IntN(len(there))]
	if h.rnd.IntN(3) == 0 {
		h.k.commit(mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: uid, Set: 1 << h.rnd.IntN(3)}}})
		return
	}
	h.k.must(second(h.k.store.Expunge(h.k.ctx, "ada", []quire.UID{uid})), "Expunge")
}

// compact compacts up to the state at an index, which may be below the mark.
func (h *history) compact(c store, to int) {
	before := h.k.all("ada")
	low, err := c.Compact(h.k.ctx, "ada", h.states[to])
	h.k.must(err, "Compact")
	h.low = max(h.low, to)
	same(h.k, low, h.states[h.low], "the mark")
	same(h.k, h.k.all("ada"), before, "the mailbox")
}

// check follows the changes since each state, whole and in pages.
func (h *history) check() {
	for i, since := range h.states {
		if i < h.low {
			_, err := h.k.store.Changes(h.k.ctx, "ada", since, 0)
			h.k.wants(err, mailbox.ErrCannotCalculateChanges, "changes since a state below the mark")
			continue
		}
		for _, max := range []int{0, 2} {
			now, end := h.follow(i, max)
			same(h.k, now, h.was[len(h.was)-1], "who follows from state %d of %d, mark %d, in pages of %d", i, len(h.states), h.low, max)
			same(h.k, end, h.states[len(h.states)-1], "the state after it")
		}
	}
}

// follow is what somebody knows who knew the mailbox at an index.
func (h *history) follow(from, max int) (map[quire.UID]quire.Flags, quire.State) {
	current, known, since := h.was[len(h.was)-1], maps.Clone(h.was[from]), h.states[from]
	for {
		c := h.k.changes("ada", since, max)
		for _, uid := range slices.Concat(c.Created, c.Updated) {
			known[uid] = current[uid]
		}
		for _, uid := range c.Destroyed {
			delete(known, uid)
		}
		if since = c.State; !c.More {
			return known, since
		}
	}
}
