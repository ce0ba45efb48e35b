package mailbox_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// tenancy are rights for tenants on one store: the part of an address behind the @
// is the tenant, nobody has any right in a mailbox of another one.
func tenancy(who, box quire.Address, right mailbox.Right) bool {
	_, mine, _ := strings.Cut(string(who), "@")
	_, other, _ := strings.Cut(string(box), "@")
	return mine != "" && mine == other && mailbox.Granted()(who, box, right)
}

// Of two tenants on one store each sees what it would see if it were alone, whatever
// the other one has or tries: the same rows in the same order with the same scores,
// the same messages, counts, changes and receipts.
func TestTenantsOnOneStoreAreApart(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) *mailbox.Store{
		"in memory": func(*testing.T) *mailbox.Store { return memstore.New(nil) },
		"in a file": func(t *testing.T) *mailbox.Store {
			s, err := sqlitestore.Open(t.Context(), filepath.Join(t.TempDir(), "mail.db"), nil)
			require.NoError(t, err)
			return s.Store
		},
	} {
		t.Run(name, func(t *testing.T) {
			alone, shared := open(t), open(t)
			defer alone.Close()
			defer shared.Close()
			ben := tenant{alone.As("ben@north", tenancy), "ben@north", "cleo@north", "n"}
			ben.live(t, 1)
			ben.live(t, 2)
			want := ben.sees(t)
			require.Contains(t, want, "Invoice 2")

			ben.store = shared.As("ben@north", tenancy)
			eve := tenant{shared.As("eve@south", tenancy), "eve@south", "dan@south", "s"}
			eve.live(t, 1)
			ben.live(t, 1)
			eve.attack(t, &ben)
			eve.live(t, 2)
			ben.live(t, 2)
			eve.attack(t, &ben)
			assert.Equal(t, want, ben.sees(t))
		})
	}
}

// tenant is somebody on a store, with a colleague. Its ids begin with prefix.
type tenant struct {
	store     *mailbox.Store
	who, with quire.Address
	prefix    string
}

// live sends some mail. Both tenants' has the same words and ids of commits, and one
// large text in common.
func (a *tenant) live(t *testing.T, n int) {
	var sends []quire.Draft
	for i, text := range []string{"invoice paid", "invoice open, invoice late", strings.Repeat("in the mail of both, ", 5000), a.secret()} {
		d := mail(fmt.Sprintf("Invoice %d", n), text, a.who, a.with)
		d.ID = a.id(n, i)
		sends = append(sends, d)
	}
	_, err := a.store.Commit(t.Context(), mailbox.Commit{
		ID: fmt.Sprintf("commit %d", n), Address: a.who, Sends: sends, Agent: &driver.AgentState{State: []byte("state")}, Rev: uint64(n - 1), Now: day.Add(time.Duration(n) * time.Hour),
		Receipt: &driver.Receipt{Call: uint64(n), Time: day, Data: []byte(a.prefix)},
	})
	require.NoError(t, err)
}

// secret is a text that is large enough to be kept apart, and that only this tenant has.
func (a *tenant) secret() string { return strings.Repeat(a.prefix+" alone, ", 10_000) }

func (a *tenant) id(n, i int) quire.MessageID {
	return quire.MessageID(fmt.Sprintf("%s%d.%d", a.prefix, n, i))
}

// sees is all that a tenant can read, without what names the store.
func (a *tenant) sees(t *testing.T) string {
	var all []any
	add := func(v any, err error) {
		require.NoError(t, err)
		all = append(all, v)
	}
	status, err := a.store.Status(t.Context(), a.who)
	add(status, err)
	epoch, _, _ := strings.Cut(string(status.State), ":")
	for _, q := range []mailbox.Query{{}, {Text: "invoice late"}, {Text: "mail of both"}, {Pending: true}} {
		q.Now = day.Add(24 * time.Hour)
		add(a.store.Query(t.Context(), a.who, q))
	}
	items, err := a.store.Get(t.Context(), a.who, mailbox.Get{UIDs: []quire.UID{1, 2, 3, 4, 5, 6, 7, 8}})
	add(items, err)
	blob := items[2].Parts[0].(quire.Blob)
	add(a.store.Content(t.Context(), a.who, blob.Digest, 0, 100))
	add(a.store.Changes(t.Context(), a.who, quire.State(epoch+":0"), 0))
	add(a.store.Receipts(t.Context(), a.who, 0, 100))
	add(a.store.Snapshot(t.Context(), a.who))
	b, err := json.MarshalIndent(all, "", " ")
	require.NoError(t, err)
	return strings.ReplaceAll(string(b), epoch, "EPOCH")
}

// attack tries to read, change and answer what another tenant has.
func (a *tenant) attack(t *testing.T, other *tenant) {
	pretended := a.store.As(other.who, everything) // on top of its own rights it changes nothing
	_, err := pretended.Get(t.Context(), other.who, mailbox.Get{UIDs: []quire.UID{1}})
	require.ErrorIs(t, err, mailbox.ErrForbidden)
	_, err = a.store.Get(t.Context(), other.who, mailbox.Get{UIDs: []quire.UID{1}})
	require.ErrorIs(t, err, mailbox.ErrForbidden)
	items, err := a.store.Get(t.Context(), a.who, mailbox.Get{IDs: []quire.MessageID{other.id(1, 0)}})
	require.NoError(t, err)
	require.Empty(t, items, "an id alone shows nothing")

	theirs, err := other.store.Get(t.Context(), other.who, mailbox.Get{UIDs: []quire.UID{1}})
	require.NoError(t, err)
	secret := quire.DigestOf([]byte(other.secret()))
	_, err = a.store.Content(t.Context(), a.who, secret, 0, 0)
	require.ErrorIs(t, err, mailbox.ErrNotFound, "a digest alone shows nothing")
	for _, c := range []struct {
		commit mailbox.Commit
		err    error
	}{
		{mailbox.Commit{Address: other.who, Flags: []mailbox.FlagChange{{UID: 1, Set: quire.FlagHandled}}}, mailbox.ErrForbidden},
		{mailbox.Commit{Address: a.who, Sends: []quire.Draft{mail("hi", "x", other.who)}}, mailbox.ErrForbidden},
		{mailbox.Commit{Address: a.who, Retract: []quire.MessageID{theirs[0].ID}}, mailbox.ErrNotFound},
		{mailbox.Commit{Address: a.who, Sends: []quire.Draft{theirs[0].Draft}}, mailbox.ErrForbidden},
		{mailbox.Commit{Address: a.who, Sends: []quire.Draft{{ID: mailbox.NewID(), To: []quire.Address{a.with}, Parts: []quire.Part{quire.Blob{Digest: secret, Size: int64(len(other.secret()))}}}}}, mailbox.ErrInvalid},
	} {
		_, err := a.store.Commit(t.Context(), c.commit)
		require.ErrorIs(t, err, c.err)
	}
	d := mail("Re: Invoice 1", "x", a.with)
	d.InReplyTo, d.Supersedes = theirs[0].ID, []quire.MessageID{theirs[0].ID}
	_, err = a.store.Commit(t.Context(), mailbox.Commit{Address: a.who, Sends: []quire.Draft{d}})
	require.NoError(t, err, "it replaces nothing")
}
