package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// peers are two agents on one store, who each do something in every turn.
type peers struct {
	*bench
	ada, ben *Agent
	calls    int
}

// handing is a model that sends n new mails to a peer in every turn, while more says so.
func (p *peers) handing(to string, n int, more func() bool) modelFunc {
	sent := false
	return func(*quire.Prompt) (*quire.Reply, error) {
		p.calls++
		if sent = !sent && more(); !sent {
			return &quire.Reply{Parts: []quire.Part{text("Done.")}}, nil
		}
		var parts []quire.Part
		for i := range n {
			parts = append(parts, use("mail_send", fmt.Sprintf(`{"to":"%s","subject":"Your turn","text":"number %d of %d"}`, to, p.calls, i)))
		}
		return &quire.Reply{Parts: parts}, nil
	}
}

func newPeers(t *testing.T, owner quire.Address, n int, more func(*peers) bool) *peers {
	p := &peers{bench: newBench(t)}
	opt := func(o *settings) { o.Owner, o.OnPlan, o.OnStep = owner, nil, nil }
	do := func() bool { return more(p) }
	p.ada = p.agent(script(), opt)
	p.ben = p.agent(script(), opt, func(o *settings) { o.Address = "ben" })
	p.ada.chain[0].Model, p.ben.chain[0].Model = p.handing("ben", n, do), p.handing("ada", n, do)
	for _, addr := range []quire.Address{"ada", "ben", "cron"} { // they are agents
		_, err := p.store.Commit(t.Context(), mailbox.Commit{Address: addr, Agent: &driver.AgentState{}, Now: p.now})
		require.NoError(t, err)
	}
	return p
}

func forever(*peers) bool { return true }

// live lets both take turns until neither has anything to do; at most so many.
func (p *peers) live(most int) (turns int) {
	p.t.Helper()
	for turns < most {
		idle := 0
		for _, a := range []*Agent{p.ada, p.ben} {
			p.now = p.now.Add(time.Second)
			if r := p.turn(a); r.Idle {
				idle++
			} else {
				turns++
			}
		}
		if idle == 2 {
			return turns
		}
	}
	return turns
}

// questions are those that somebody was asked.
func (p *peers) questions(addr quire.Address) (out []quire.Item) {
	for _, it := range p.inbox(addr) {
		if it.Kind == quire.KindQuestion {
			out = append(out, it)
		}
	}
	return out
}

// says answers a question that one of the agents asked.
func (p *peers) says(q *quire.Item, words string) {
	p.t.Helper()
	d := quire.Draft{ID: messageID(p.now, "answer", words), To: []quire.Address{q.From}, Kind: quire.KindAnswer, InReplyTo: q.ID, Parts: []quire.Part{text(words)}}
	_, err := p.store.Commit(p.t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{d}, Now: p.now})
	require.NoError(p.t, err)
}

func (p *peers) pending(addr quire.Address) int {
	s, err := p.store.Status(p.t.Context(), addr)
	require.NoError(p.t, err)
	return s.Pending
}

func TestTwoAgentsThatWriteNewMailAskTheirOwner(t *testing.T) {
	raced.Skip(t)
	for _, c := range []struct {
		from quire.Address
		most int
	}{{"cron", 25}, {"mia", 90}} {
		for _, n := range []int{1, 3} {
			p := newPeers(t, "mia", n, forever)
			p.send(c.from, "Go", "go")
			turns := p.live(2000)
			assert.LessOrEqual(t, turns, c.most, "%s, %d", c.from, n)
			assert.Greater(t, turns, c.most*2/3)
			require.Len(t, p.questions("mia"), 1)
			q := p.questions("mia")[0]
			assert.Equal(t, []string{"go on", "stop"}, q.Question.Options)
			assert.Equal(t, "stop", q.Question.Default)
			assert.Contains(t, quire.PlainText(q.Parts), "no person took part")
		}
	}
}

func TestTheOwnerLetsAgentsGoOn(t *testing.T) {
	p := newPeers(t, "mia", 1, forever)
	p.send("cron", "Go", "go")
	first := p.live(2000)
	q := p.questions("mia")
	require.Len(t, q, 1)
	p.says(&q[0], "Go on")
	again := p.live(2000)
	assert.InDelta(t, first, again, 4, "for as long again")
	asks := p.questions("mia")[1].From
	var put quire.Item
	for _, it := range p.inbox(asks) {
		if it.VisibleAt.After(p.now) {
			put = it
		}
	}
	r, err := RequestStatus(t.Context(), p.store, asks, put.ID, p.now)
	require.NoError(t, err)
	assert.Equal(t, RequestWaiting, r.State)
	assert.Contains(t, r.Reason, "no person took part")
	assert.Equal(t, put.VisibleAt, r.Until)
	require.Len(t, p.questions("mia"), 2)
}

func TestTheOwnerStopsAgents(t *testing.T) {
	for _, answer := range []string{"stop", ""} {
		p := newPeers(t, "mia", 1, forever)
		p.send("cron", "Go", "go")
		p.live(2000)
		q := p.questions("mia")
		require.Len(t, q, 1)
		if answer != "" {
			p.says(&q[0], answer)
		} else {
			p.now = p.now.Add(25 * time.Hour)
		}
		calls := p.calls
		assert.Zero(t, p.live(2000))
		assert.Equal(t, calls, p.calls, "no call is made for it")
		assert.Zero(t, p.pending("ada")+p.pending("ben"))
		var notes []string
		for _, it := range append(p.inbox("ada"), p.inbox("ben")...) {
			if it.Kind == quire.KindNote {
				notes = append(notes, quire.PlainText(it.Parts))
			}
		}
		require.Len(t, notes, 1)
		assert.Contains(t, notes[0], "was set aside")
		p.send("mia", "Go", "a person writes") // and it may begin anew
		assert.Greater(t, p.live(2000), 40)
	}
}

func TestAgentsWithoutAnOwnerPauseForAnHour(t *testing.T) {
	p := newPeers(t, "", 1, forever)
	p.send("cron", "Go", "go")
	first := p.live(2000)
	assert.Less(t, first, 26)
	assert.Zero(t, p.live(2000))
	p.now = p.now.Add(time.Hour)
	assert.InDelta(t, first, p.live(2000), 4)
	assert.Zero(t, p.live(2000), "and again")
}

// TestAPersonsJobIsHandedToAndFro: sixty times, as long as somebody began it.
func TestAPersonsJobIsHandedToAndFro(t *testing.T) {
	p := newPeers(t, "mia", 1, func(p *peers) bool { return p.calls < 2*60 })
	p.send("mia", "Go", "go")
	assert.Equal(t, 61, p.live(2000))
	assert.Empty(t, p.questions("mia"))
	assert.Zero(t, p.pending("ada")+p.pending("ben"))
}

// TestManyJobsThroughOnePeer: who only ever hears of another agent is not held up.
func TestManyJobsThroughOnePeer(t *testing.T) {
	p := newPeers(t, "mia", 1, forever)
	p.ben.chain[0].Model = script()
	for i := range raced.Fewer(150) {
		p.send("mia", fmt.Sprintf("Job %d", i), "build it")
		p.live(10)
	}
	assert.Empty(t, p.questions("mia"))
	assert.Zero(t, p.pending("ben"))
}

// TestAPersonInBetweenBeginsAnew: she takes part.
func TestAPersonInBetweenBeginsAnew(t *testing.T) {
	p := newPeers(t, "mia", 1, forever)
	p.send("mia", "Go", "go")
	for i := range raced.Fewer(20) {
		p.live(20)
		require.Positive(t, p.pending("ada"))
		p.send("mia", "And", fmt.Sprintf("go on with it, %d", i))
	}
	assert.Empty(t, p.questions("mia"))
}

func TestHowFarMailCame(t *testing.T) {
	at := func(trust quire.Trust, value string) handed {
		return handedOf(&quire.Item{Message: quire.Message{Draft: quire.Draft{Headers: []quire.Header{{Name: headerHanded, Value: value}}}}, Delivery: quire.Delivery{Trust: trust}})
	}
	assert.Equal(t, handed{7, true, "m1"}, at(quire.TrustAgent, handed{6, true, "m1"}.next().Value))
	assert.Equal(t, handed{7, false, "m1"}, at(quire.TrustAgent, handed{6, false, "m1"}.next().Value))
	for _, bad := range []string{"", "x", "-3 nobody m1", "7 person", "99999999999999999999999 person m1", strings.Repeat("9", 1000)} {
		assert.Zero(t, at(quire.TrustAgent, bad).Times, bad)
	}
	assert.Equal(t, handed{0, true, ""}, at(quire.TrustPerson, "90 nobody m1"), "a person can't be counted")
	assert.Equal(t, handed{0, true, ""}, at(quire.TrustExternal, "90 nobody m1"))
}

// TestMailThatMultiplies: it comes no further than other mail, and is stopped all the same.
func TestMailThatMultiplies(t *testing.T) {
	raced.Skip(t)
	for n, most := range map[int]int{5: 100, 10: 400} {
		p := newPeers(t, "mia", n, forever)
		p.send("cron", "Go", "go")
		assert.LessOrEqual(t, p.live(4000), most)
		assert.NotEmpty(t, p.questions("mia"))
	}
}

// TestAJobInManyPieces: what a person's job is cut into comes back, and nobody is asked.
func TestAJobInManyPieces(t *testing.T) {
	p := newPeers(t, "mia", 100, func(p *peers) bool { return p.calls < 2 })
	p.ben.chain[0].Model = p.handing("ada", 1, func() bool { return p.calls < 1000 })
	p.send("mia", "Go", "go")
	assert.Greater(t, p.live(4000), 60)
	assert.Empty(t, p.questions("mia"))
}

func TestAgentsMayBeLetAlone(t *testing.T) {
	raced.Skip(t)
	for _, never := range []int{-1, 1<<63 - 1} {
		p := newPeers(t, "mia", 1, func(p *peers) bool { return p.calls < 250 })
		for _, a := range []*Agent{p.ada, p.ben} {
			a.o.Limits = Limits{Unattended: never}.filled()
		}
		p.send("mia", "Go", "go")
		assert.Greater(t, p.live(2000), 120)
		assert.Empty(t, p.questions("mia"))
	}
}
