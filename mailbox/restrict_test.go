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
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/memstore"
)

func everything(quire.Address, quire.Address, mailbox.Right) bool { return true }

func TestAStoreWithAllRightsHoldsTheContract(t *testing.T) {
	open := func(*testing.T) *mailbox.Store { return mailbox.Restrict(memstore.New(nil), "root", everything) }
	drivertest.Run(t, open)
	drivertest.RunStreams(t, open)
	drivertest.RunRules(t, func(_ *testing.T, r mailbox.Rules) *mailbox.Store {
		return mailbox.Restrict(memstore.New(&mailbox.Options{Rules: r}), "root", everything)
	})
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
	{"Get", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Get(ctx, "ada+x", mailbox.Get{})) }},
	{"Content", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.Content(ctx, "ada", quire.Digest{}, 0, 0))
	}},
	{"Changes", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Changes(ctx, "ada", "", 0)) }},
	{"Receipts", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error { return second(s.Receipts(ctx, "ada", 0, 1)) }},
	{"Wait", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Waiter).Wait(ctx, "ada", mailbox.Wait{Since: "x"}))
	}},
	{"ReadStream", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Streams).ReadStream(ctx, "ada", mailbox.StreamRead{}))
	}},
	{"WaitStream", mailbox.RightRead, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Streams).WaitStream(ctx, "ada", mailbox.StreamRead{Epoch: "x"}))
	}},
	{"OpenStream", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Streams).OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 1}))
	}},
	{"AppendStream", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return s.(mailbox.Streams).AppendStream(ctx, "ada", mailbox.StreamAppend{})
	}},
	{"EndStream", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return s.(mailbox.Streams).EndStream(ctx, "ada", mailbox.StreamClose{})
	}},
	{"Expunge", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Expunger).Expunge(ctx, "ada", nil))
	}},
	{"Compact", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Compacter).Compact(ctx, "ada", ""))
	}},
	{"Import", mailbox.RightAdmin, func(ctx context.Context, s *mailbox.Store) error {
		return second(s.(mailbox.Importer).Import(ctx, "ada", mailbox.Import{}))
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
	var f *mailbox.ForbiddenError
	require.ErrorAs(t, err, &f)
	assert.Equal(t, mailbox.ForbiddenError{Who: "ben", Box: box, Right: right}, *f)
}

func TestEachCallTakesItsRightAndNoOther(t *testing.T) {
	for _, c := range calls {
		for _, right := range rights {
			t.Run(fmt.Sprintf("%s with %s", c.name, right), func(t *testing.T) {
				asked := &asking{Mem: memstore.New(nil)}
				s := mailbox.Restrict(asked, "ben+work", func(who, box quire.Address, r mailbox.Right) bool { return who == "ben" && box == "ada" && r == right })
				err := c.call(t.Context(), s)
				if right == c.right {
					var f *mailbox.ForbiddenError
					assert.False(t, errors.As(err, &f), "rights are there: %v", err) // a claim that takes back is forbidden by the store
					assert.Equal(t, []string{c.name}, asked.names)
					return
				}
				lacks(t, err, "ada", c.right)
				assert.Empty(t, asked.names, "the store was asked")
			})
		}
	}
}

func TestClosingTakesTheRightToAll(t *testing.T) {
	asked := &asking{Mem: memstore.New(nil)}
	lacks(t, mailbox.Restrict(asked, "ben", nil).Close(), "", mailbox.RightAdmin)
	assert.Empty(t, asked.names)
	require.NoError(t, mailbox.Restrict(asked, "ben", everything).Close())
}

// Every method of a store and of what a store may be besides is in the table.
func TestNoCallIsLeftOut(t *testing.T) {
	type all interface {
		mailbox.Waiter
		mailbox.Expunger
		mailbox.Compacter
		mailbox.Importer
		mailbox.Streams
	}
	covered := []string{"Commit", "Close"} // have tests of their own
	for _, c := range calls {
		covered = append(covered, c.name)
	}
	var methods []string
	for i := range reflect.TypeFor[all]().NumMethod() {
		methods = append(methods, reflect.TypeFor[all]().Method(i).Name)
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
	"Agent":   {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Agent = &mailbox.AgentState{} }},
	"Sends":   {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Sends = []quire.Draft{{ID: "x", Kind: quire.KindTurn}} }},
	"Retract": {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Retract = []quire.MessageID{"x"} }},
	"Own":     {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Own = &mailbox.Own{Holder: "x"} }},
	"Journal": {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Journal = []mailbox.JournalEntry{{}} }},
	"Done":    {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Done = []string{"x"} }},
	"Receipt": {mailbox.RightAdmin, func(c *mailbox.Commit) { c.Receipt = &mailbox.Receipt{} }},
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
		asked := &asking{Mem: memstore.New(nil)}
		_, err := mailbox.Restrict(asked, "ben", allButOne(box, right)).Commit(t.Context(), c)
		lacks(t, err, box, right)
		assert.Empty(t, asked.names, "the store was asked")
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
		asked := &asking{Mem: memstore.New(nil)}
		_, err := mailbox.Restrict(asked, "ben", func(_, box quire.Address, right mailbox.Right) bool { return has[boxRight{box, right}] }).Commit(t.Context(), c)
		if missing == 0 {
			var f *mailbox.ForbiddenError
			assert.False(t, errors.As(err, &f), "rights are there: %v", err) // a claim that takes back is forbidden by the store
			assert.Equal(t, []string{"Commit"}, asked.names)
			return
		}
		var f *mailbox.ForbiddenError
		require.ErrorAs(t, err, &f)
		assert.True(t, want[boxRight{f.Box, f.Right}] && !has[boxRight{f.Box, f.Right}], "it names what is missing: %v", err)
		assert.Empty(t, asked.names, "the store was asked")
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
	ada, ben := mailbox.Restrict(m, "ada", granted), mailbox.Restrict(m, "ben", granted)
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
	_, err = ada.(mailbox.Expunger).Expunge(ctx, "ada", []quire.UID{1})
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
	_, err := mailbox.Restrict(memstore.New(nil), "ben", func(_, box quire.Address, _ mailbox.Right) bool { return box != "a\ufffd" }).
		Commit(t.Context(), mailbox.Commit{Address: "ben", Sends: []quire.Draft{mail("hi", "x", "a\xff")}})
	lacks(t, err, "a\ufffd", mailbox.RightPost)
}
