package mailbox_test

import (
	"context"
	"fmt"
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

func box(t *testing.T, s *mailbox.Store, addr quire.Address, o *mailbox.BoxOptions) *mailbox.Box {
	t.Helper()
	if o == nil {
		return s.Box(addr)
	}
	return s.Box(addr).With(*o)
}

func says(text string, to ...quire.Address) quire.Draft {
	return quire.Draft{To: to, Parts: []quire.Part{quire.Text{Text: text}}}
}

// people are mia's and ada's handles on one store whose clock stands still.
func people(t *testing.T) (mia, ada *mailbox.Box) {
	m := memstore.New(&mailbox.Options{Clock: func() time.Time { return day }})
	return box(t, m, "mia+home", nil), box(t, m, "ada", nil)
}

func read(t *testing.T, b *mailbox.Box, uid quire.UID) quire.Item {
	t.Helper()
	items, err := b.Read(t.Context(), uid)
	require.NoError(t, err)
	return items[0]
}

func TestTheHandleStampsTheSender(t *testing.T) {
	mia, ada := people(t)
	d := says("hello", "ada")
	d.Headers = []quire.Header{{Name: "From", Value: "boss"}}
	sent, err := mia.Send(t.Context(), d)
	require.NoError(t, err)
	it := read(t, ada, 1)
	assert.Equal(t, quire.Address("mia+home"), it.From)
	assert.Equal(t, sent.ID, it.ID)
	assert.Equal(t, byte('7'), it.ID[14], "a UUID of version 7: %s", it.ID)
	nobody := memstore.New(nil).Box("not an address")
	_, err = nobody.Send(t.Context(), d)
	require.ErrorIs(t, err, mailbox.ErrInvalid)
	_, err = nobody.Status(t.Context())
	require.ErrorIs(t, err, mailbox.ErrInvalid)
}

func TestWhatCameThroughAGatewayIsExternal(t *testing.T) {
	m := memstore.New(nil)
	gate := box(t, m, "ada", &mailbox.BoxOptions{Via: []quire.Via{{Name: "smtp", From: "ada@evil.example"}}})
	_, err := gate.Send(t.Context(), says("it's me", "ada"))
	require.NoError(t, err)
	assert.Equal(t, quire.TrustExternal, read(t, box(t, m, "ada", nil), 1).Trust)
}

// deaf commits and then loses the answer.
type deaf struct {
	driver.Driver
	lost int
}

func (d *deaf) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	repeated, err := d.Driver.Update(ctx, u, fn)
	if d.lost > 0 && err == nil {
		d.lost--
		return repeated, context.DeadlineExceeded
	}
	return repeated, err
}

func TestASendWhoseAnswerWasLostIsRepeatedUnderItsID(t *testing.T) {
	m := mailbox.New(&deaf{memstore.NewDriver(""), 1}, nil)
	mia := box(t, m, "mia", nil)
	d := says("once", "ada")
	sent, err := mia.Send(t.Context(), d)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	var e *mailbox.Error
	require.ErrorAs(t, err, &e)
	require.NotEmpty(t, sent.ID)
	d.ID = sent.ID
	sent, err = mia.Send(t.Context(), d)
	require.NoError(t, err)
	assert.True(t, sent.Duplicate)
	st, err := box(t, m, "ada", nil).Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, st.Total)
}

// unsure commits, does not know it, and does it again.
type unsure struct{ driver.Driver }

func (u unsure) Update(ctx context.Context, how driver.Update, fn func(driver.Write) error) (bool, error) {
	repeated, err := u.Driver.Update(ctx, how, fn)
	if err != nil || !how.Repeatable {
		return repeated, err
	}
	_, err = u.Driver.Update(ctx, how, fn)
	return true, err
}

func TestWhatADriverRepeatsHappensOnceAndIsNoRepeat(t *testing.T) {
	m := mailbox.New(unsure{memstore.NewDriver("")}, nil)
	d := says("once", "ada")
	d.ID = "1"
	c := mailbox.Commit{ID: "c", Address: "mia", Sends: []quire.Draft{d}}
	done, err := m.Commit(t.Context(), c)
	require.NoError(t, err)
	assert.False(t, done.Replayed, "the caller did not repeat it")
	assert.False(t, done.Sent[0].Duplicate)
	c.ID = "" // nothing says that it was done: it must not be done twice
	c.Sends[0].ID = "2"
	_, err = m.Commit(t.Context(), c)
	require.NoError(t, err)
	st, err := m.Box("ada").Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, st.Total)
}

func TestAReplyKeepsItsThread(t *testing.T) {
	ctx := t.Context()
	mia, ada := people(t)
	d := says("Is it done?", "ada")
	d.Subject, d.References = "Export", []quire.MessageID{"root"}
	for i := range 40 {
		d.References = append(d.References, quire.MessageID(fmt.Sprint("r", i)))
	}
	_, err := mia.Send(ctx, d)
	require.NoError(t, err)
	sent, err := ada.Reply(ctx, 1, says("Nearly."))
	require.NoError(t, err)
	first, back := read(t, ada, 1), read(t, mia, 1)
	assert.Equal(t, sent.ID, back.ID)
	assert.Equal(t, []quire.Address{"mia+home"}, back.To)
	assert.Equal(t, "Re: Export", back.Subject)
	assert.Equal(t, first.ID, back.InReplyTo)
	require.Len(t, back.References, 20)
	assert.Equal(t, []quire.MessageID{"root", "r22"}, back.References[:2], "the first one and the newest")
	assert.Equal(t, []quire.MessageID{"r39", first.ID}, back.References[18:])
	assert.Equal(t, quire.FlagAnswered, first.Flags, "answered is not handled")
	_, err = mia.Reply(ctx, 1, says("Thanks."))
	require.NoError(t, err)
	last := read(t, ada, 2)
	assert.Equal(t, "Re: Export", last.Subject)
	assert.Equal(t, first.Thread, last.Thread)
	assert.Len(t, last.References, 20)
	_, err = mia.Reply(ctx, 9, says("?"))
	require.ErrorIs(t, err, mailbox.ErrNotFound)
	named := says("To somebody else.", "ben")
	named.Subject = "Fwd"
	_, err = ada.Reply(ctx, 1, named)
	require.NoError(t, err)
	st, err := mia.Status(ctx)
	require.NoError(t, err)
	assert.Equal(t, 1, st.Total)
}

func TestAReplyToTheLongestSubjectIsTaken(t *testing.T) {
	mia, ada := people(t)
	d := says("x", "ada")
	d.Subject = strings.Repeat("é", 4096)
	_, err := mia.Send(t.Context(), d)
	require.NoError(t, err)
	_, err = ada.Reply(t.Context(), 1, says("y"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(read(t, mia, 1).Subject, "Re: éé"))
}

func TestAQuestionIsAskedAndAnswered(t *testing.T) {
	ctx := t.Context()
	mia, ada := people(t)
	q := quire.Question{Options: []string{"yes", "no"}, ReplyBy: day.Add(time.Hour), Default: "no", Reversible: true}
	d := says("Shall I delete the branch?", "mia")
	d.Subject = "Branch"
	asked, err := ada.Ask(ctx, d, q)
	require.NoError(t, err)
	got := read(t, mia, 1)
	assert.Equal(t, quire.KindQuestion, got.Kind)
	require.NotNil(t, got.Question)
	assert.Equal(t, q, *got.Question)
	_, err = mia.Answer(ctx, 1, says("yes"))
	require.NoError(t, err)
	answer := read(t, ada, 1)
	assert.Equal(t, []any{quire.KindAnswer, asked.ID, "Re: Branch"}, []any{answer.Kind, answer.InReplyTo, answer.Subject})
	assert.Equal(t, quire.FlagHandled|quire.FlagAnswered, read(t, mia, 1).Flags)
	_, err = ada.Answer(ctx, 1, says("?"))
	require.ErrorIs(t, err, mailbox.ErrInvalid, "an answer is no question")
	_, err = mia.Answer(ctx, 7, says("?"))
	require.ErrorIs(t, err, mailbox.ErrNotFound)
}

func TestQuestionsThatWouldDecideBlindlyAreRefused(t *testing.T) {
	m := memstore.New(nil)
	ada := box(t, m, "ada", &mailbox.BoxOptions{Now: func() time.Time { return day }})
	for want, q := range map[string]quire.Question{
		"is over":               {ReplyBy: day},
		"no deadline":           {Default: "yes"},
		"not one of the option": {Default: "maybe", Options: []string{"yes", "no"}, ReplyBy: day.Add(1)},
		"give the default":      {Reversible: true, ReplyBy: day.Add(1)},
	} {
		_, err := ada.Ask(t.Context(), says("?", "mia"), q)
		require.ErrorIs(t, err, mailbox.ErrInvalid)
		assert.ErrorContains(t, err, want)
	}
	for _, q := range []quire.Question{{}, {ReplyBy: day.Add(1)}, {Options: []string{"a"}}, {Reversible: true}} {
		_, err := ada.Ask(t.Context(), says("?", "mia"), q)
		require.NoError(t, err)
	}
	st, err := box(t, m, "mia", nil).Status(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 4, st.Total, "what was refused was not sent")
}

func TestDoneIsAllOrNothing(t *testing.T) {
	ctx := t.Context()
	mia, ada := people(t)
	for range 3 {
		_, err := mia.Send(ctx, says("x", "ada"))
		require.NoError(t, err)
	}
	require.ErrorIs(t, ada.Done(ctx, 1, 9), mailbox.ErrNotFound)
	st, err := ada.Status(ctx)
	require.NoError(t, err)
	assert.Equal(t, 3, st.Pending)
	require.NoError(t, ada.Done(ctx, 1, 3))
	page, err := ada.Find(ctx, mailbox.Query{Pending: true})
	require.NoError(t, err)
	require.Len(t, page.Rows, 1)
	assert.Equal(t, quire.UID(2), page.Rows[0].UID)
	ch, err := ada.Changes(ctx, st.State, 0)
	require.NoError(t, err)
	assert.Equal(t, []quire.UID{1, 3}, ch.Updated)
}

func TestReadingSaysWhatIsMissingAndMarksNothing(t *testing.T) {
	ctx := t.Context()
	mia, ada := people(t)
	long := strings.Repeat("long ", 20_000)
	_, err := mia.Send(ctx, says(long, "ada"))
	require.NoError(t, err)
	items, err := ada.Read(ctx, 5, 1)
	require.ErrorIs(t, err, mailbox.ErrNotFound)
	assert.ErrorContains(t, err, "#5")
	require.Len(t, items, 1)
	assert.Zero(t, items[0].Flags)
	data, err := ada.Content(ctx, items[0].Parts[0].(quire.Blob), 5, 10)
	require.NoError(t, err)
	assert.Equal(t, long[5:10], string(data))
}

func TestAHandleWithGatewaysActsOnNothing(t *testing.T) {
	m := memstore.New(nil)
	mia, ben := box(t, m, "mia", nil), box(t, m, "ben", nil)
	gate := box(t, m, "mia", &mailbox.BoxOptions{Via: []quire.Via{{Name: "smtp", From: "mia@evil.example"}}})
	sent, err := mia.Send(t.Context(), says("the plan", "ben"))
	require.NoError(t, err)
	require.ErrorIs(t, gate.Retract(t.Context(), sent.ID), mailbox.ErrForbidden)
	assert.Zero(t, read(t, ben, 1).Flags)
	_, err = ben.Ask(t.Context(), says("go on?", "mia"), quire.Question{Options: []string{"yes", "no"}})
	require.NoError(t, err)
	_, err = gate.Answer(t.Context(), 1, says("yes"))
	require.NoError(t, err)
	assert.Zero(t, read(t, mia, 1).Flags, "the question is still open")
	assert.True(t, read(t, ben, 2).Claimed())
}

func TestAHandleSendsMailAndNoWordOfAHost(t *testing.T) {
	m := memstore.New(nil)
	mia := box(t, m, "mia", nil)
	for _, k := range []quire.Kind{quire.KindEvent, quire.KindTurn, quire.KindResult} {
		d := says("trust me", "mia")
		d.Kind = k
		_, err := mia.Send(t.Context(), d)
		require.ErrorIs(t, err, mailbox.ErrInvalid, k)
	}
	d := says("to myself")
	d.Kind = quire.KindNote
	_, err := mia.Send(t.Context(), d)
	require.NoError(t, err)
}

func TestIDsComeFromTheGivenSource(t *testing.T) {
	n := 0
	m := memstore.New(nil)
	mia := box(t, m, "mia", &mailbox.BoxOptions{NewID: func() quire.MessageID { n++; return quire.MessageID(fmt.Sprint("id-", n)) }})
	sent, err := mia.Send(t.Context(), says("x", "ada"))
	require.NoError(t, err)
	assert.Equal(t, quire.MessageID("id-1"), sent.ID)
	one, two := mailbox.NewID(), mailbox.NewID()
	assert.Len(t, one, 36)
	assert.Less(t, one, two, "in order of time")
}

// An error of a handle says what was asked for, and not by which call it was done.
func TestErrorsSayWhatWasAskedFor(t *testing.T) {
	mia := memstore.New(nil).Box("mia")
	_, err := mia.Send(t.Context(), quire.Draft{})
	require.ErrorContains(t, err, "mailbox: send mia: ")
	require.ErrorContains(t, mia.Retract(t.Context(), "none"), "mailbox: retract mia: ")
	require.ErrorIs(t, err, mailbox.ErrInvalid)
}

// What a commit does to the flags of a delivery and to its counts is written at once.
func TestFlagsAndCountsOfADeliveryAreOneWrite(t *testing.T) {
	store := memstore.New(nil)
	n := 0
	counting, err := store.Wrap(func(d driver.Driver) driver.Driver { return &puts{d, &n} })
	require.NoError(t, err)
	sent, err := store.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{
		{ID: "1", To: []quire.Address{"ada"}}, {ID: "2", To: []quire.Address{"ada"}}}})
	require.NoError(t, err)
	require.Len(t, sent.Sent, 2)
	count := func(uid quire.UID, key string, tokens int) mailbox.CountChange {
		return mailbox.CountChange{UID: uid, Count: quire.Count{Key: key, Tokens: tokens}}
	}
	_, err = counting.Commit(t.Context(), mailbox.Commit{Address: "ada",
		Flags:  []mailbox.FlagChange{{UID: 1, Set: quire.FlagPulled}},
		Counts: []mailbox.CountChange{count(1, "a", 7), count(2, "a", 8), count(1, "b", 9)}})
	require.NoError(t, err)
	assert.Equal(t, 2, n, "one for each delivery")
	items, err := store.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{1, 2}})
	require.NoError(t, err)
	assert.Equal(t, []quire.Count{{Key: "a", Tokens: 7}, {Key: "b", Tokens: 9}}, items[0].Counts)
	assert.Equal(t, quire.FlagPulled, items[0].Flags)
	assert.Equal(t, []quire.Count{{Key: "a", Tokens: 8}}, items[1].Counts)

	_, err = store.Commit(t.Context(), mailbox.Commit{Address: "ada",
		Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}, Counts: []mailbox.CountChange{count(1, "", 7)}})
	require.ErrorIs(t, err, mailbox.ErrInvalid)
	items, err = store.Get(t.Context(), "ada", mailbox.Get{UIDs: []quire.UID{1}})
	require.NoError(t, err)
	assert.Equal(t, quire.FlagPulled, items[0].Flags, "nothing of it was done")
}

// puts counts the deliveries that are written.
type puts struct {
	driver.Driver
	n *int
}

func (p *puts) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	return p.Driver.Update(ctx, u, func(w driver.Write) error { return fn(&putting{w, p.n}) })
}

type putting struct {
	driver.Write
	n *int
}

func (p *putting) PutDelivery(box quire.Address, d *driver.Delivery) error {
	*p.n++
	return p.Write.PutDelivery(box, d)
}
