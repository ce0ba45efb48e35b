//go:build unix

package postgresstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// How often a call goes to the server and back, whose transactions know what they are
// going to ask.
func TestRoundTrips(t *testing.T) {
	server := dsn(t)
	w := newWire(t, server)
	defer w.close()
	s, err := postgresstore.Open(t.Context(), w.dsn(), &postgresstore.Options{Schema: schema(t, server), Conns: 1})
	require.NoError(t, err)
	defer s.Close()
	commit := func(c mailbox.Commit) mailbox.Committed {
		c.Now = day
		done, err := s.Commit(t.Context(), c)
		require.NoError(t, err)
		return done
	}
	var list []quire.Draft
	for i := range 16 {
		list = append(list, mail(fmt.Sprint(i), "ada"))
	}
	commit(mailbox.Commit{Address: "mia", Sends: list})
	commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("first", "ben")}}) // what it sends later goes to a mailbox that is there
	rev := uint64(0)
	agent := func() {
		own := mail("turn", "ada")
		own.Kind = quire.KindTurn
		st, err := s.Status(t.Context(), "ada")
		require.NoError(t, err)
		commit(mailbox.Commit{Address: "ada", Rev: rev, Sends: []quire.Draft{own}, Agent: &driver.AgentState{State: []byte("s"), Through: 8, Seen: st.State, Holds: []quire.UID{1, 2, 3}}})
		rev++
	}
	var claimed []mailbox.Claimed
	for what, call := range map[string]struct {
		before, call func()
		trips        int
	}{
		"a snapshot": {agent, func() {
			snap, err := s.Snapshot(t.Context(), "ada")
			require.NoError(t, err)
			assert.Equal(t, rev, snap.Rev)
		}, 1},
		// begin and lock; take; write and commit
		"16 messages claimed": {func() {
			claimed = commit(mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: "w", Limit: 16}}).Claimed
			acknowledge(t, s, &claimed, false)
		}, func() {
			claimed = commit(mailbox.Commit{Address: "ada", Claim: &mailbox.Claim{Holder: "w", Limit: 16}}).Claimed
			require.NotEmpty(t, claimed)
			acknowledge(t, s, &claimed, false)
		}, 6},
		"a message sent": {func() {}, func() { commit(mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("x", "ben")}}) }, 4},
		"a search for many words": {func() {}, func() {
			_, err := s.Query(t.Context(), "ada", mailbox.Query{Text: "invoices paid late yesterday morning without reminders"})
			require.NoError(t, err)
		}, 3},
	} {
		for range 2 { // the first time statements are prepared
			call.before()
			w.sent.Store(0)
			call.call()
		}
		assert.EqualValues(t, call.trips, w.sent.Load(), what)
	}
}

// acknowledge gives claimed messages back, or says that they are done.
func acknowledge(t *testing.T, s *mailbox.Store, claimed *[]mailbox.Claimed, done bool) {
	c := mailbox.Commit{Address: "ada", Now: day}
	for _, d := range *claimed {
		c.Leases = append(c.Leases, mailbox.LeaseChange{UID: d.UID, Holder: "w", Attempt: d.Attempt, Done: done})
	}
	_, err := s.Commit(t.Context(), c)
	require.NoError(t, err)
}
