package mailbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// notices are a notice as an agent's state has it: by itself, and within JSON. What it shows of
// the subject is not the subject: no bracket or quote of it.
func notices(t *testing.T) []byte {
	said := "<<notice>> 2 waiting in your mailbox.\n#1 from=eve \"(TICKET-7) 'zebra' ( b\" 9 tokens\n#2 from=mia \"(TICKET-8)\" 9 tokens\n<</notice>>"
	b, err := json.Marshal(map[string]string{"said": said})
	require.NoError(t, err)
	return append([]byte(said), b...)
}

// What a step that was under way commits after a message was forgotten is cleared of it when it is
// forgotten again, as far as that is seen by its number.
func TestForgettingClearsNoticesByNumberAlsoWhenCalledAgain(t *testing.T) {
	s := memstore.New(nil)
	ctx := t.Context()
	d := quire.Mail("ada", `[TICKET-7] "zebra" < b`, "see above")
	_, err := s.Box("eve").Send(ctx, d)
	require.NoError(t, err)
	_, err = s.Box("mia").Send(ctx, quire.Mail("ada", "[TICKET-8]", "x"))
	require.NoError(t, err)
	rev := uint64(0)
	for range 2 {
		data := notices(t)
		done, err := s.Commit(ctx, mailbox.Commit{Address: "ada", Rev: rev, Agent: &driver.AgentState{State: data}, Receipt: &driver.Receipt{Call: rev + 1, Time: time.Now(), Data: data}})
		require.NoError(t, err)
		rev = done.Rev
		at, err := s.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: rev, Holder: "h"})
		require.NoError(t, err)
		require.NoError(t, s.AppendStream(ctx, "ada", mailbox.StreamAppend{Stream: rev, Attempt: at.Attempt, Chunks: [][]byte{[]byte("zebra")}}))
		cert, err := s.Forget(ctx, mailbox.Forget{From: "eve"})
		require.NoError(t, err)
		assert.Equal(t, []int{1, 1, 1}, []int{cert.States, cert.Receipts, cert.Chunks})
		snap, err := s.Snapshot(ctx, "ada")
		require.NoError(t, err)
		receipts, err := s.Receipts(ctx, "ada", rev, rev)
		require.NoError(t, err)
		for _, b := range [][]byte{snap.Agent.State, receipts[0].Data} {
			assert.Len(t, b, len(data), "letter for letter")
			assert.NotContains(t, string(b), "TICKET-7")
			assert.NotContains(t, string(b), "zebra")
			assert.Contains(t, string(b), `#2 from=mia "(TICKET-8)" 9 tokens`)
			assert.Contains(t, string(b), `#2 from=mia \"(TICKET-8)\" 9 tokens`)
		}
	}
}

// A call that is not done with has the arguments of the reply that made it; without them it is not run.
func TestForgettingAReplyEmptiesItsOpenCalls(t *testing.T) {
	s := memstore.New(nil)
	ctx := t.Context()
	call := quire.ToolCall{ID: "1", Name: "look", Args: `{"pin":4711}`}
	turn := quire.Draft{ID: "turn", Kind: quire.KindTurn, Parts: []quire.Part{call}}
	entry := driver.JournalEntry{Step: "s", Call: 0, CallID: "1", Tool: "look", Args: call.Args, Status: driver.JournalIntended}
	other := driver.JournalEntry{Step: "s", Call: 1, CallID: "1", Tool: "look", Args: `{"pin":4712}`, Status: driver.JournalIntended}
	quoting := driver.JournalEntry{Step: "s", Call: 2, CallID: "3", Tool: "look", Args: `{"key":"zebra-4711-lima"}`, Status: driver.JournalIntended}
	_, err := s.Box("eve").Send(ctx, quire.Draft{ID: "mail", To: []quire.Address{"ada"}, Parts: []quire.Part{quire.Text{Text: "It is zebra-4711-lima"}}})
	require.NoError(t, err)
	_, err = s.Commit(ctx, mailbox.Commit{Address: "ada", Sends: []quire.Draft{turn}, Agent: &driver.AgentState{}, Journal: []driver.JournalEntry{entry, other, quoting}})
	require.NoError(t, err)
	cert, err := s.Forget(ctx, mailbox.Forget{Messages: []quire.MessageID{"turn", "mail"}})
	require.NoError(t, err)
	assert.Equal(t, 2, cert.Journal)
	snap, err := s.Snapshot(ctx, "ada")
	require.NoError(t, err)
	require.Len(t, snap.Journal, 3)
	assert.Equal(t, other, snap.Journal[1])
	for _, i := range []int{0, 2} {
		e := snap.Journal[i]
		assert.Equal(t, "{}", e.Args)
		assert.Equal(t, driver.JournalDone, e.Status)
		assert.True(t, e.IsError)
		assert.Contains(t, string(e.Result), "This was forgotten")
	}
}

// A picture that somebody sent on is a copy.
func TestForgettingListsCopiesOfPictures(t *testing.T) {
	s := memstore.New(nil)
	ctx := t.Context()
	picture := func(id quire.MessageID, to quire.Address, data byte) quire.Draft {
		return quire.Draft{ID: id, To: []quire.Address{to}, Parts: []quire.Part{quire.Image{MediaType: "image/png", Data: bytes.Repeat([]byte{0x89, 0xfb, data, 0}, 50)}}}
	}
	_, err := s.Box("eve").Send(ctx, picture("first", "ada", 1))
	require.NoError(t, err)
	for _, d := range []quire.Draft{picture("copy", "ben", 1), picture("other", "ben", 2)} {
		_, err = s.Box("ada").Send(ctx, d)
		require.NoError(t, err)
	}
	cert, err := s.Forget(ctx, mailbox.Forget{From: "eve"})
	require.NoError(t, err)
	require.Len(t, cert.Quotes, 1)
	assert.Equal(t, quire.MessageID("copy"), cert.Quotes[0].Message)
	assert.Equal(t, quire.MessageID("first"), cert.Quotes[0].Of)
}

// Where others say what was forgotten more than once, or answer it under its subject, the certificate
// says so, however short the subject and however often.
func TestForgettingListsRepeatsAndSubjectsOfReplies(t *testing.T) {
	s := memstore.New(nil)
	ctx := t.Context()
	_, err := s.Box("eve").Send(ctx, quire.Draft{ID: "first", To: []quire.Address{"ada"}, Subject: "Divorce", Parts: []quire.Part{quire.Text{Text: "we part in the spring"}}})
	require.NoError(t, err)
	for _, d := range []quire.Draft{
		{ID: "repeats", To: []quire.Address{"ben"}, Parts: []quire.Part{quire.Text{Text: strings.Repeat("She says: we part in the spring.\n", 20)}}},
		{ID: "reply", To: []quire.Address{"eve"}, Subject: "Re: Divorce", InReplyTo: "first", Parts: []quire.Part{quire.Text{Text: "ok"}}},
		{ID: "other", To: []quire.Address{"ben"}, Subject: "Divorce", Parts: []quire.Part{quire.Text{Text: "ok"}}},
	} {
		_, err = s.Box("ada").Send(ctx, d)
		require.NoError(t, err)
	}
	cert, err := s.Forget(ctx, mailbox.Forget{From: "eve"})
	require.NoError(t, err)
	of := map[quire.MessageID]mailbox.Quoted{}
	for _, q := range cert.Quotes {
		of[q.Message] = q
	}
	assert.Len(t, of, 2)
	assert.Contains(t, of, quire.MessageID("repeats"))
	q := of["reply"]
	assert.Equal(t, []int{-1, 4, 7}, []int{q.Part, q.Offset, q.Length})
}

// sendsLate is a driver that has mail come for a mailbox while it is deleted.
type sendsLate struct {
	driver.Driver
	wait int // for so many transactions
	send func()
}

func (d *sendsLate) Update(ctx context.Context, u driver.Update, f func(w driver.Write) error) (bool, error) {
	done, err := d.Driver.Update(ctx, u, f)
	if d.wait--; d.wait == 0 {
		d.send()
	}
	return done, err
}

// Mail that comes while a mailbox is deleted is in a new one, which has nothing of the old one.
func TestAMailboxThatGetsMailWhileItIsDeletedIsNew(t *testing.T) {
	ctx := t.Context()
	d := &sendsLate{Driver: memstore.NewDriver("")}
	s := mailbox.New(d, nil)
	_, err := s.Commit(ctx, mailbox.Commit{Address: "ada", Agent: &driver.AgentState{State: []byte("x")}, Journal: []driver.JournalEntry{{Step: "s", Tool: "t", Status: driver.JournalBegun}}})
	require.NoError(t, err)
	d.wait = 2 // its state and its deliveries have gone
	d.send = func() {
		_, err := s.Box("mia").Send(ctx, quire.Mail("ada", "New", "mail"))
		require.NoError(t, err)
	}
	_, err = s.DeleteMailbox(ctx, "ada")
	require.NoError(t, err)
	_, err = s.Commit(ctx, mailbox.Commit{Address: "ada", Sends: []quire.Draft{{ID: "own", Kind: quire.KindNote, Parts: []quire.Part{quire.Text{Text: "own"}}}}})
	require.NoError(t, err)
	snap, err := s.Snapshot(ctx, "ada")
	require.NoError(t, err)
	assert.Empty(t, snap.Journal)
	assert.Len(t, snap.Arrived, 1, "what its new owner wrote")
}
