package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func everything(quire.Address, quire.Address, mailbox.Right) bool { return true }

func TestAStoreWithAllRightsHoldsTheContract(t *testing.T) {
	drivertest.Run(t, func(_ *testing.T, o *mailbox.Options) *mailbox.Store { return memstore.New(o).As("root", everything) })
}

// asked counts what a store asks of its driver.
type asked struct {
	driver.Driver
	times int
}

// asks is a store and the count of what it asks.
func asks() (*mailbox.Store, *asked) {
	d := &asked{Driver: memstore.NewDriver("")}
	return mailbox.New(d, nil), d
}

func (a *asked) View(ctx context.Context, fn func(driver.Read) error) error {
	a.times++
	return a.Driver.View(ctx, fn)
}

func (a *asked) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	a.times++
	return a.Driver.Update(ctx, u, fn)
}

func (a *asked) Watch(ctx context.Context, streams bool) (driver.Watch, error) {
	a.times++
	return a.Driver.Watch(ctx, streams)
}

func (a *asked) Close() error {
	a.times++
	return a.Driver.Close()
}

// calls are all that a store can be asked for about ada's mailbox.
var calls = []struct {
	name  string
	right mailbox.Right
	call  func(ctx context.Context, s *mailbox.Store) error
}{
	{"Snapshot", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Snapshot(ctx, "ada")) }},
	{"Status", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Status(ctx, "ada")) }},
	{"Query", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Query(ctx, "ada", mailbox.Query{}))
	}},
	{"Candidates", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Candidates(ctx, "ada", mailbox.Candidates{UIDs: []quire.UID{1}}))
	}},
	{"Get", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Get(ctx, "ada+x", mailbox.Get{})) }},
	{"Content", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Content(ctx, "ada", quire.Digest{}, 0, 0))
	}},
	{"Changes", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Changes(ctx, "ada", "", 0)) }},
	{"Receipts", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Receipts(ctx, "ada", 0, 1)) }},
	{"Wait", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Wait(ctx, "ada", mailbox.Wait{Since: "x"}))
	}},
	{"ReadStream", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.ReadStream(ctx, "ada", mailbox.StreamRead{}))
	}},
	{"WaitStream", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.WaitStream(ctx, "ada", mailbox.StreamRead{Epoch: "x"}))
	}},
	{"Follow", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		for _, err := range s.Follow(ctx, "ada", mailbox.StreamRead{Epoch: "x"}) {
			return err
		}
		return nil
	}},
	{"OpenStream", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 1}))
	}},
	{"AppendStream", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return s.AppendStream(ctx, "ada", mailbox.StreamAppend{})
	}},
	{"EndStream", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return s.EndStream(ctx, "ada", mailbox.StreamClose{})
	}},
	{"Vectors", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Vectors(ctx, "ada", "m", nil))
	}},
	{"PutVectors", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error { return s.PutVectors(ctx, "ada", "m", nil) }},
	{"DropVectors", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error { return s.DropVectors(ctx, "ada", "") }},
	{"Expunge", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Expunge(ctx, "ada", nil))
	}},
	{"Compact", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Compact(ctx, "ada", ""))
	}},
	{"DeleteMailbox", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.DeleteMailbox(ctx, "ada"))
	}},
	{"Import", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Import(ctx, "ada", mailbox.Import{}))
	}},
}

func second[T any](_ T, err error) error { return err }

var rights = []mailbox.Right{mailbox.RightPost, mailbox.RightRead, mailbox.RightFlag, mailbox.RightAdmin}

// lacks ends the test unless err says that ben lacks the right in a mailbox.
func lacks(t require.TestingT, err error, box quire.Address, right mailbox.Right) {
	require.ErrorIs(t, err, mailbox.ErrForbidden)
	var e *mailbox.Error
	require.ErrorAs(t, err, &e)
	assert.NotEmpty(t, e.Op)
	assert.Equal(t, []any{box, right}, []any{e.Box, e.Right})
	assert.ErrorContains(t, err, `"ben" has not the right`)
}

// lacking is the right that an error says is missing; "" when it says none.
func lacking(err error) mailbox.Right {
	var e *mailbox.Error
	if errors.As(err, &e) {
		return e.Right
	}
	return ""
}

func TestEachCallTakesItsRightAndNoOther(t *testing.T) {
	for _, c := range calls {
		for _, right := range rights {
			t.Run(fmt.Sprintf("%s with %s", c.name, right), func(t *testing.T) {
				s, asked := asks()
				err := c.call(t.Context(), s.As("ben+work", func(who, box quire.Address, r mailbox.Right) bool { return who == "ben" && box == "ada" && r == right }))
				if right == c.right {
					assert.Empty(t, lacking(err), "rights are there: %v", err)
					assert.NotZero(t, asked.times)
					return
				}
				lacks(t, err, "ada", c.right)
				assert.Zero(t, asked.times, "the driver was asked")
			})
		}
	}
}

func TestWhatConcernsAllOfAStoreTakesTheRightToAll(t *testing.T) {
	s, asked := asks()
	lacks(t, s.As("ben", nil).Close(), "", mailbox.RightAdmin)
	lacks(t, s.As("ben", nil).NewEpoch(t.Context()), "", mailbox.RightAdmin)
	lacks(t, second(s.As("ben", nil).Forget(t.Context(), mailbox.Forget{From: "ben"})), "", mailbox.RightAdmin)
	lacks(t, second(s.As("ben", nil).Prune(t.Context(), mailbox.Retention{})), "", mailbox.RightAdmin)
	lacks(t, s.As("ben", nil).Keep(t.Context(), mailbox.Retention{}), "", mailbox.RightAdmin)
	assert.Zero(t, asked.times)
	require.NoError(t, s.As("ben", everything).NewEpoch(t.Context()))
	require.NoError(t, s.As("ben", everything).Close())
	assert.Equal(t, 2, asked.times)
}

func TestTheDriverIsForWhoeverMayAll(t *testing.T) {
	s, asked := asks()
	same := func(d driver.Driver) driver.Driver {
		assert.Equal(t, driver.Driver(asked), d)
		return d
	}
	_, err := s.Wrap(same)
	require.NoError(t, err)
	_, err = s.As("ben", everything).Wrap(same)
	require.NoError(t, err)
	_, err = s.As("ben", nil).Wrap(func(driver.Driver) driver.Driver { panic("it knows no rights") })
	lacks(t, err, "", mailbox.RightAdmin)
	_, err = s.Wrap(func(driver.Driver) driver.Driver { return nil })
	require.ErrorIs(t, err, mailbox.ErrInvalid)
}

// Every method of a store is in the table.
func TestNoCallIsLeftOut(t *testing.T) {
	covered := []string{"Commit", "Close", "NewEpoch", "Wrap", "Mailboxes", "WaitMailboxes", "Forget", "Prune", "Keep", // have tests of their own
		"As", "Box", "Within"} // ask for nothing
	for _, c := range calls {
		covered = append(covered, c.name)
	}
	var methods []string
	for i := range reflect.TypeFor[*mailbox.Store]().NumMethod() {
		methods = append(methods, reflect.TypeFor[*mailbox.Store]().Method(i).Name)
	}
	assert.ElementsMatch(t, methods, covered)
}

// commitFields say what each field of a commit takes; "" is nothing of its own.
var commitFields = map[string]struct {
	right mailbox.Right
	set   func(c *mailbox.Commit)
}{
	"ID": {"", func(c *mailbox.Commit) { c.ID = "x" }}, "Rev": {"", func(c *mailbox.Commit) { c.Rev = 7 }},
	"Now": {"", func(c *mailbox.Commit) { c.Now = day }}, "Fence": {"", func(c *mailbox.Commit) { c.Fence = 1 }},
	"TellBounces": {"", func(c *mailbox.Commit) { c.TellBounces = true }},
	"Via":         {"", func(c *mailbox.Commit) { c.Via = []quire.Via{{}} }}, "Signatures": {"", func(c *mailbox.Commit) { c.Signatures = [][]byte{nil} }},
	"Agent":   {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Agent = &driver.AgentState{} }},
	"Sends":   {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Sends = []quire.Draft{{ID: "x", Kind: quire.KindTurn}} }},
	"Retract": {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Retract = []quire.MessageID{"x"} }},
	"Own":     {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Own = &mailbox.Own{Holder: "x"} }},
	"Journal": {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Journal = []driver.JournalEntry{{}} }},
	"Done":    {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Done = []string{"x"} }},
	"Receipt": {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Receipt = &driver.Receipt{} }},
	"Flags":   {mailbox.RightFlag, func(c *mailbox.Commit) { c.Flags = []mailbox.FlagChange{{}} }},
	"Counts":  {mailbox.RightFlag, func(c *mailbox.Commit) { c.Counts = []mailbox.CountChange{{}} }},
	"Leases":  {mailbox.RightFlag, func(c *mailbox.Commit) { c.Leases = []mailbox.LeaseChange{{}} }},
	"Claim":   {mailbox.RightFlag, func(c *mailbox.Commit) { c.Claim = &mailbox.Claim{} }},
}

// allButOne are rights to all but one thing.
func allButOne(box quire.Address, right mailbox.Right) mailbox.Rights {
	return func(_, b quire.Address, r mailbox.Right) bool { return b != box || r != right }
}

func TestEachPartOfACommitTakesItsRight(t *testing.T) {
	refuses := func(c mailbox.Commit, box quire.Address, right mailbox.Right) {
		s, asked := asks()
		_, err := s.As("ben", allButOne(box, right)).Commit(t.Context(), c)
		lacks(t, err, box, right)
		assert.Zero(t, asked.times, "the driver was asked")
	}
	for name, field := range commitFields {
		c := mailbox.Commit{Address: "ada+x"}
		field.set(&c)
		right := field.right
		if right == "" {
			right = mailbox.RightFlag // as a commit that changes nothing
		}
		t.Log(name)
		refuses(c, "ada", right)
	}
	d := mail("hi", "x", "cleo+y")
	d.CC = []quire.Address{"dan"}
	for _, to := range []quire.Address{"cleo", "dan"} {
		refuses(mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("first", "x", "eve"), d}}, to, mailbox.RightPost)
	}
}

// A commit reaches the store exactly when each right that one of its fields takes is
// there; one that changes nothing takes the right to flag.
func TestACommitTakesTheRightsOfAllThatIsInIt(t *testing.T) {
	var fields []string
	for i := range reflect.TypeFor[mailbox.Commit]().NumField() {
		if name := reflect.TypeFor[mailbox.Commit]().Field(i).Name; name != "Address" {
			fields = append(fields, name)
			assert.Contains(t, commitFields, name, "say which right it takes")
		}
	}
	boxes := []quire.Address{"ada", "ben", "cleo", "team"}
	rapid.Check(t, func(t *rapid.T) {
		c := mailbox.Commit{Address: rapid.SampledFrom([]quire.Address{"ada", "ada+x", "ben"}).Draw(t, "address")}
		want := map[boxRight]bool{}
		set := rapid.SliceOfNDistinct(rapid.SampledFrom(fields), 0, 3, rapid.ID).Draw(t, "fields")
		if rapid.Bool().Draw(t, "sends") {
			set = append(set, "Sends")
		}
		for _, name := range set {
			commitFields[name].set(&c)
			if right := commitFields[name].right; right != "" {
				want[boxRight{c.Address.Base(), right}] = true
			}
		}
		if len(want) == 0 {
			want[boxRight{c.Address.Base(), mailbox.RightFlag}] = true
		}
		if len(c.Sends) > 0 {
			d := &c.Sends[0]
			d.Kind = quire.KindMail
			d.To = rapid.SliceOfN(rapid.SampledFrom([]quire.Address{"ada", "ben", "cleo+y"}), 0, 2).Draw(t, "to")
			d.CC = rapid.SliceOfN(rapid.SampledFrom([]quire.Address{"cleo", "team"}), 0, 2).Draw(t, "cc")
			for _, to := range slices.Concat(d.To, d.CC) {
				want[boxRight{to.Base(), mailbox.RightPost}] = true
			}
		}
		has := map[boxRight]bool{}
		needed := slices.DeleteFunc(allRights(boxes), func(r boxRight) bool { return !want[r] })
		one, random := rapid.SampledFrom(needed).Draw(t, "lacking"), rapid.Bool().Draw(t, "random")
		for _, at := range allRights(boxes) {
			has[at] = at != one
			if random {
				has[at] = rapid.IntRange(0, 4).Draw(t, "has") > 0
			}
		}
		missing := 0
		for h := range want {
			if !has[h] {
				missing++
			}
		}
		s, asked := asks()
		_, err := s.As("ben", func(_, box quire.Address, right mailbox.Right) bool { return has[boxRight{box, right}] }).Commit(t.Context(), c)
		if missing == 0 {
			assert.Empty(t, lacking(err), "rights are there: %v", err) // a claim that takes back is forbidden by the store
			return
		}
		var f *mailbox.Error
		require.ErrorAs(t, err, &f)
		assert.True(t, want[boxRight{f.Box, f.Right}] && !has[boxRight{f.Box, f.Right}], "it names what is missing: %v", err)
		assert.Zero(t, asked.times, "the driver was asked")
	})
}

type boxRight struct {
	box   quire.Address
	right mailbox.Right
}

// allRights are all rights in some mailboxes.
func allRights(boxes []quire.Address) (list []boxRight) {
	for _, box := range boxes {
		for _, right := range rights {
			list = append(list, boxRight{box, right})
		}
	}
	return list
}

func TestTheUsualRights(t *testing.T) {
	m := memstore.New(nil)
	granted := mailbox.Granted(mailbox.Grant{Who: "ben+x", Box: "ada+y", Rights: []mailbox.Right{mailbox.RightRead}})
	ada, ben := m.As("ada", granted), m.As("ben", granted)
	ctx := t.Context()
	_, err := ben.Commit(ctx, mailbox.Commit{Address: "ben", Sends: []quire.Draft{mail("hi", "secret", "ada", "ben")}})
	require.NoError(t, err, "everybody may post, the owner may all")
	_, err = ben.Commit(ctx, mailbox.Commit{Address: "ada", Sends: []quire.Draft{mail("hi", "in ada's name", "ben")}})
	lacks(t, err, "ada", mailbox.RightAdmin)
	_, err = ben.Commit(ctx, mailbox.Commit{Address: "ada", Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}})
	lacks(t, err, "ada", mailbox.RightFlag)
	items, err := ben.Get(ctx, "ada", mailbox.Get{UIDs: []quire.UID{1}})
	require.NoError(t, err, "it was granted")
	assert.Len(t, items, 1)
	_, err = ada.Expunge(ctx, "ada", []quire.UID{1})
	require.NoError(t, err)
	_, err = ada.Status(ctx, "ben")
	require.ErrorIs(t, err, mailbox.ErrForbidden)
	there := err.Error()
	assert.Equal(t, `mailbox: status ben: not allowed: "ada" has not the right to read the mailbox of "ben"`, there)
	_, err = ada.Status(ctx, "nobody")
	assert.Equal(t, `mailbox: status nobody: not allowed: "ada" has not the right to read the mailbox of "nobody"`, err.Error(), "it does not say whether there is one")
	assert.False(t, granted("ada", "", mailbox.RightAdmin))
	assert.False(t, granted("", "", mailbox.RightPost))
}

// What a store makes of a recipient's bytes is what the right is asked for.
func TestARecipientIsAskedForAsStoresReadIt(t *testing.T) {
	_, err := memstore.New(nil).As("ben", func(_, box quire.Address, _ mailbox.Right) bool { return box != "a\ufffd" }).
		Commit(t.Context(), mailbox.Commit{Address: "ben", Sends: []quire.Draft{mail("hi", "x", "a\xff")}})
	lacks(t, err, "a\ufffd", mailbox.RightPost)
}

// Whoever sees a store as somebody, and lets others see it so as somebody else, hands on
// at most the rights that are there: each view asks its own rights and those of the
// views below it, each for the one it was made for.
func TestAViewOfAViewNeverGainsRights(t *testing.T) {
	people := []quire.Address{"ada", "ben", "cleo"}
	calls := map[mailbox.Right]func(s *mailbox.Store, box quire.Address) error{
		mailbox.RightRead: func(s *mailbox.Store, box quire.Address) error { return second(s.Status(t.Context(), box)) },
		mailbox.RightFlag: func(s *mailbox.Store, box quire.Address) error {
			return second(s.Commit(t.Context(), mailbox.Commit{Address: box}))
		},
		mailbox.RightAdmin: func(s *mailbox.Store, box quire.Address) error { return second(s.Expunge(t.Context(), box, nil)) },
	}
	type view struct {
		*mailbox.Store
		as      quire.Address
		granted map[quire.Address]map[boxRight]bool // by who asks
		of      *view
	}
	rapid.Check(t, func(t *rapid.T) {
		views := []*view{{Store: memstore.New(nil)}}
		for n := range rapid.IntRange(1, 4).Draw(t, "views") {
			v := &view{as: rapid.SampledFrom(people).Draw(t, "as"), granted: map[quire.Address]map[boxRight]bool{}}
			v.of = views[rapid.IntRange(0, n).Draw(t, "of")]
			for _, who := range people {
				v.granted[who] = map[boxRight]bool{}
				for _, r := range allRights(people) {
					v.granted[who][r] = rapid.IntRange(0, 4).Draw(t, "granted") > 0
				}
			}
			v.Store = v.of.As(v.as+"+x", func(who, box quire.Address, right mailbox.Right) bool { return v.granted[who][boxRight{box, right}] })
			views = append(views, v)
		}
		for _, v := range views {
			for _, box := range people {
				for right, call := range calls {
					may := true
					for at := v; at.of != nil; at = at.of {
						may = may && at.granted[at.as][boxRight{box, right}]
					}
					if err := call(v.Store, box); may {
						require.NoError(t, err)
					} else {
						require.ErrorIs(t, err, mailbox.ErrForbidden)
					}
				}
			}
		}
	})
}

func TestOnlyWhatMayBeReadIsListed(t *testing.T) {
	store := memstore.New(nil)
	_, err := store.Box("mia").Send(t.Context(), quire.Draft{To: []quire.Address{"ada", "ben", "cleo"}})
	require.NoError(t, err)
	view := store.As("ben", mailbox.Granted(mailbox.Grant{Who: "ben", Box: "cleo", Rights: []mailbox.Right{mailbox.RightRead}}))
	for name, list := range map[string]func(context.Context, mailbox.MailboxQuery) ([]mailbox.Mailbox, error){
		"Mailboxes": view.Mailboxes, "WaitMailboxes": view.WaitMailboxes,
	} {
		got, err := list(t.Context(), mailbox.MailboxQuery{})
		require.NoError(t, err, name)
		require.Len(t, got, 2, name)
		assert.Equal(t, []quire.Address{"ben", "cleo"}, []quire.Address{got[0].Address, got[1].Address}, name)
	}
}
