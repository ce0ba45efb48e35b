package drivertest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var modelCases = []testCase{
	{rule: "random work gives what a plain model of the contract gives", run: func(k *kit) {
		for seed := range uint64(raced.Fewer(4)) {
			runModel(k, seed, 150)
			k.must(k.store.Close(), "Close")
			k.store = k.open(k.t)
		}
	}},
}

// model is the contract, written down a second time and as plainly as possible.
// It does not guard against storms, so that nothing in it bounces.
type model struct {
	k       *kit
	rnd     *rand.Rand
	sent    []modelSent
	boxes   map[quire.Address]*modelBox
	commits []mailbox.Commit
	answers []mailbox.Committed
	now     time.Time
}

type modelSent struct {
	draft quire.Draft
	from  quire.Address
}

type modelBox struct {
	items   []modelItem
	next    quire.UID
	rev     uint64
	state   string    // of its agent
	through quire.UID // likewise
	journal []driver.JournalEntry
	mirror  map[quire.UID]modelItem // what a follower of Changes knows
	since   quire.State
}

type modelItem struct {
	uid     quire.UID
	sent    int // index in model.sent
	flags   quire.Flags
	thread  quire.MessageID
	self    bool
	visible time.Time
}

var modelPeople = []quire.Address{"ada", "ben", "cid@x.org"}

func runModel(k *kit, seed uint64, steps int) {
	m := &model{k: k, rnd: rand.New(rand.NewPCG(seed, 99)), boxes: map[quire.Address]*modelBox{}, now: day}
	for _, who := range modelPeople {
		m.boxes[who] = &modelBox{next: 1, mirror: map[quire.UID]modelItem{}, since: k.status(who).State}
	}
	for step := range steps {
		what := m.step()
		for _, who := range modelPeople {
			where := fmt.Sprintf("seed %d, step %d (%s), mailbox of %s", seed, step, what, who)
			m.compare(who, where)
			// Reading everything in every way takes most of the time.
			if m.rnd.IntN(8) == 0 || step == steps-1 {
				m.compareItems(who, where)
				m.compareQueries(who, where)
			}
		}
	}
}

// step does one random thing to store and model.
func (m *model) step() string {
	m.now = m.now.Add(time.Duration(m.rnd.IntN(120)) * time.Second)
	who := modelPeople[m.rnd.IntN(len(modelPeople))]
	switch n := m.rnd.IntN(20); {
	case n == 0 && len(m.commits) > 0:
		i := m.rnd.IntN(len(m.commits))
		got, want := m.k.commit(m.commits[i]), m.answers[i]
		want.Replayed = true
		same(m.k, got, want, "the answer to a commit that is repeated")
		return "repeat"
	case n == 1:
		return m.expunge(who)
	case n == 2:
		c := m.random(who)
		c.Flags = append(c.Flags, mailbox.FlagChange{UID: m.boxes[who].next + quire.UID(len(c.Sends))})
		if _, err := m.k.store.Commit(m.k.ctx, c); err == nil {
			m.k.failf("a commit that names an unknown number got through")
		}
		return "failing commit"
	}
	c := m.random(who)
	done := m.k.commit(c)
	m.apply(c, done)
	if c.ID != "" {
		m.commits, m.answers = append(m.commits, c), append(m.answers, done)
	}
	return "commit"
}

// random makes a commit.
func (m *model) random(who quire.Address) mailbox.Commit {
	b := m.boxes[who]
	c := mailbox.Commit{Address: who, Now: m.now}
	if m.rnd.IntN(2) == 0 {
		c.ID = fmt.Sprint("commit", m.k.id())
	}
	for range m.rnd.IntN(3) {
		c.Sends = append(c.Sends, m.draft(who))
	}
	for range m.rnd.IntN(3) {
		if len(b.items) > 0 {
			f := mailbox.FlagChange{UID: b.items[m.rnd.IntN(len(b.items))].uid, Set: quire.Flags(1 << m.rnd.IntN(5)), Clear: quire.Flags(1 << m.rnd.IntN(5))}
			if m.rnd.IntN(4) == 0 {
				at := m.now.Add(time.Duration(m.rnd.IntN(600)-200) * time.Second)
				f.VisibleAt = &at
			}
			c.Flags = append(c.Flags, f)
		}
	}
	if m.rnd.IntN(3) == 0 {
		c.Rev, c.Agent = b.rev, &driver.AgentState{State: []byte(fmt.Sprint(m.rnd.IntN(1000))), Through: quire.UID(m.rnd.IntN(int(b.next)))}
	}
	if m.rnd.IntN(4) == 0 {
		c.Journal = append(c.Journal, driver.JournalEntry{Step: fmt.Sprint("s", m.rnd.IntN(3)), Call: m.rnd.IntN(2), Tool: "t", Args: fmt.Sprint(m.rnd.IntN(9)), Status: driver.JournalBegun})
	}
	if m.rnd.IntN(6) == 0 {
		c.Done = []string{fmt.Sprint("s", m.rnd.IntN(3))}
	}
	return c
}

// draft makes a draft, or takes one that was sent before.
func (m *model) draft(who quire.Address) quire.Draft {
	some := func() quire.MessageID { return m.sent[m.rnd.IntN(len(m.sent))].draft.ID }
	d := m.k.mail(fmt.Sprint("text ", m.rnd.IntN(50)))
	if m.rnd.IntN(3) == 0 {
		d.Kind = []quire.Kind{quire.KindTurn, quire.KindResult, quire.KindNote}[m.rnd.IntN(3)]
		d.To = []quire.Address{who}
	} else {
		d.Kind = []quire.Kind{quire.KindMail, quire.KindMail, quire.KindAnswer, quire.KindEvent}[m.rnd.IntN(4)]
		for range 1 + m.rnd.IntN(3) {
			d.To = append(d.To, []quire.Address{"ada", "ada+x", "ben", "cid@x.org", "cid+y@x.org"}[m.rnd.IntN(5)])
		}
	}
	if len(m.sent) == 0 {
		return d
	}
	if old := m.sent[m.rnd.IntN(len(m.sent))]; m.rnd.IntN(10) == 0 && old.from == who {
		return old.draft
	}
	if m.rnd.IntN(2) == 0 {
		d.InReplyTo = some()
	}
	for range m.rnd.IntN(3) {
		d.References = append(d.References, some())
	}
	if m.rnd.IntN(8) == 0 {
		d.Supersedes = []quire.MessageID{some(), some()}
	}
	if m.rnd.IntN(6) == 0 {
		d.ValidUntil = m.now.Add(time.Duration(m.rnd.IntN(600)) * time.Second)
	}
	return d
}

// apply does to the model what the store was told.
func (m *model) apply(c mailbox.Commit, done mailbox.Committed) {
	b := m.boxes[c.Address]
	for _, f := range c.Flags {
		it := b.find(f.UID)
		it.flags = it.flags&^f.Clear | f.Set
		if f.VisibleAt != nil {
			it.visible = *f.VisibleAt
		}
	}
	for i, d := range c.Sends {
		m.send(c.Address, d, done.Sent[i])
	}
	if c.Agent != nil {
		b.rev++
		b.state, b.through = string(c.Agent.State), c.Agent.Through
	}
	same(m.k, done.Rev, b.rev, "the revision")
	for _, e := range c.Journal {
		i := slices.IndexFunc(b.journal, func(o driver.JournalEntry) bool { return o.Step == e.Step && o.Call == e.Call })
		if i < 0 {
			b.journal = append(b.journal, e)
		} else {
			b.journal[i] = e
		}
	}
	for _, step := range c.Done {
		b.journal = slices.DeleteFunc(b.journal, func(e driver.JournalEntry) bool { return e.Step == step })
	}
}

func (b *modelBox) find(uid quire.UID) *modelItem {
	for i := range b.items {
		if b.items[i].uid == uid {
			return &b.items[i]
		}
	}
	return nil
}

// of finds a message's delivery.
func (m *model) of(b *modelBox, id quire.MessageID) *modelItem {
	for i := range b.items {
		if m.sent[b.items[i].sent].draft.ID == id {
			return &b.items[i]
		}
	}
	return nil
}

func (m *model) send(from quire.Address, d quire.Draft, got mailbox.Sent) {
	old := slices.IndexFunc(m.sent, func(s modelSent) bool { return s.draft.ID == d.ID })
	same(m.k, got.Duplicate, old >= 0, "duplicate")
	same(m.k, len(got.Bounced), 0, "bounces")
	if old >= 0 {
		return
	}
	m.sent = append(m.sent, modelSent{d, from})
	for _, who := range modelPeople {
		if !slices.ContainsFunc(d.To, func(a quire.Address) bool { return a.Base() == who }) {
			continue
		}
		b := m.boxes[who]
		it := modelItem{uid: b.next, sent: len(m.sent) - 1, thread: d.ID, self: who == from}
		parents := append(slices.Clone(d.References), d.InReplyTo)
		for _, p := range parents { // the last one that is here counts
			if parent := m.of(b, p); parent != nil {
				it.thread = parent.thread
			}
		}
		b.items = append(b.items, it)
		b.next++
	}
	for _, id := range d.Supersedes {
		for _, who := range modelPeople {
			if it := m.of(m.boxes[who], id); it != nil && m.sent[it.sent].from == from {
				it.flags |= quire.FlagSuperseded
			}
		}
	}
	if d.Kind == quire.KindMail || d.Kind == quire.KindAnswer {
		if it := m.of(m.boxes[from], d.InReplyTo); it != nil && !it.self {
			it.flags |= quire.FlagAnswered
		}
	}
}

func (m *model) expunge(who quire.Address) string {
	b := m.boxes[who]
	if len(b.items) == 0 {
		return "nothing"
	}
	i := m.rnd.IntN(len(b.items))
	_, err := m.k.store.Expunge(m.k.ctx, who, []quire.UID{b.items[i].uid})
	if it := b.items[i]; b.rev > 0 && it.self && it.uid > b.through {
		m.k.wants(err, mailbox.ErrInUse, "Expunge of what has not entered the agent's context")
		return "nothing"
	}
	m.k.must(err, "Expunge")
	b.items = slices.Delete(b.items, i, i+1)
	return "expunge"
}
