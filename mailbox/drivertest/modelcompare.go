package drivertest

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// compare reads what a mailbox says of itself: counters, snapshot and changes.
func (m *model) compare(who quire.Address, where string) {
	k, b := m.k, m.boxes[who]
	status, snap := k.status(who), k.snapshot(who)
	same(k, []any{status.Total, status.NextUID}, []any{len(b.items), b.next}, "%s: total and next number", where)
	same(k, snap.State, status.State, "%s: the state", where)
	same(k, []any{snap.Rev, string(snap.Agent.State)}, []any{b.rev, b.state}, "%s: revision and agent's state", where)
	same(k, len(snap.Journal), len(b.journal), "%s: journal entries", where)
	for i := range b.journal {
		same(k, snap.Journal[i], b.journal[i], "%s: journal entry %d", where, i)
	}
	m.follow(who, where)
	var arrived, want []quire.UID
	for _, it := range snap.Arrived {
		arrived = append(arrived, it.UID)
	}
	for _, it := range b.items {
		if sent := m.sent[it.sent]; it.uid > b.through && (it.self || sent.draft.Kind == quire.KindEvent && sent.from.Base() == who) {
			want = append(want, it.uid)
		}
	}
	same(k, arrived, want, "%s: what arrived", where)
}

func (m *model) compareItems(who quire.Address, where string) {
	k, b := m.k, m.boxes[who]
	var list []quire.UID
	for _, it := range b.items {
		list = append(list, it.uid)
	}
	items := k.get(who, mailbox.Get{UIDs: list})
	same(k, len(items), len(list), "%s: items", where)
	for i, it := range b.items {
		got, sent := items[i], m.sent[it.sent]
		same(k, got.Draft, sent.draft, "%s: the draft of %s", where, it.uid)
		same(k, []any{got.UID, got.From, got.Flags, got.Thread, got.Self}, []any{it.uid, sent.from, it.flags, it.thread, it.self}, "%s: number, sender, flags, thread and self", where)
		same(k, got.VisibleAt.Equal(it.visible), true, "%s: visible at %s, want %s", where, got.VisibleAt, it.visible)
	}
}

func (m *model) compareQueries(who quire.Address, where string) {
	k, b := m.k, m.boxes[who]
	from := modelPeople[m.rnd.IntN(len(modelPeople))]
	has := quire.Flags(1 << m.rnd.IntN(7))
	queries := map[string]struct {
		q  mailbox.Query
		ok func(modelItem) bool
	}{
		"all":     {mailbox.Query{}, func(modelItem) bool { return true }},
		"pending": {mailbox.Query{Pending: true}, m.pending},
		"from":    {mailbox.Query{From: from}, func(it modelItem) bool { return m.sent[it.sent].from == from }},
		"flags":   {mailbox.Query{Has: has}, func(it modelItem) bool { return it.flags&has != 0 }},
		"turns":   {mailbox.Query{Kinds: []quire.Kind{quire.KindTurn}}, func(it modelItem) bool { return m.sent[it.sent].draft.Kind == quire.KindTurn }},
		"foreign": {mailbox.Query{Incoming: true}, func(it modelItem) bool { return !it.self }},
	}
	if len(b.items) > 0 {
		thread := b.items[m.rnd.IntN(len(b.items))].thread
		queries["thread"] = struct {
			q  mailbox.Query
			ok func(modelItem) bool
		}{mailbox.Query{Thread: thread}, func(it modelItem) bool { return it.thread == thread }}
	}
	for name, c := range queries {
		want, collapsed, threads := []quire.UID{}, []quire.UID{}, map[quire.MessageID]bool{}
		for _, it := range slices.Backward(b.items) {
			if !c.ok(it) {
				continue
			}
			want = append(want, it.uid)
			if !threads[it.thread] {
				threads[it.thread] = true
				collapsed = append(collapsed, it.uid)
			}
		}
		c.q.Now, c.q.Limit = m.now, 1000
		same(k, uids(k.query(who, c.q)), want, "%s: query %s", where, name)
		c.q.Collapse = true
		same(k, uids(k.query(who, c.q)), collapsed, "%s: query %s, collapsed", where, name)
	}
}

func (m *model) pending(it modelItem) bool {
	until := m.sent[it.sent].draft.ValidUntil
	return !it.self && it.flags&quire.FlagsSettled == 0 &&
		!it.visible.After(m.now) && (until.IsZero() || until.After(m.now))
}

// follow keeps a copy of the mailbox by its changes alone, and compares it.
func (m *model) follow(who quire.Address, where string) {
	k, b := m.k, m.boxes[who]
	for {
		c := k.changes(who, b.since, 1+m.rnd.IntN(4))
		for _, u := range append(slices.Clone(c.Created), c.Updated...) {
			if it := b.find(u); it != nil {
				b.mirror[u] = *it
			}
		}
		for _, u := range c.Destroyed {
			delete(b.mirror, u)
		}
		b.since = c.State
		if !c.More {
			break
		}
	}
	same(k, len(b.mirror), len(b.items), "%s: deliveries that a follower knows", where)
	for _, it := range b.items {
		same(k, b.mirror[it.uid], it, "%s: what a follower knows of %s", where, it.uid)
	}
}
