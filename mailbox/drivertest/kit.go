package drivertest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// kit is what a case works with. Its methods end the case when a call fails
// that must not.
type kit struct {
	ctx   context.Context
	store store
	t     *testing.T
	open  open
	made  int
}

// day is when everything happens.
var day = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// failf ends the case.
func (k *kit) failf(format string, args ...any) {
	where := ""
	for skip := 1; skip < 6; skip++ {
		_, file, line, ok := runtime.Caller(skip)
		if base := filepath.Base(file); ok && base != "kit.go" {
			where = fmt.Sprintf("%s:%d: ", base, line)
			break
		}
	}
	panic(failure{fmt.Errorf(where+format, args...)})
}

func (k *kit) must(err error, what string) {
	if err != nil {
		k.failf("%s: %w", what, err)
	}
}

// wants ends the case if err does not wrap want in an Error.
func (k *kit) wants(err, want error, what string) {
	var e *mailbox.Error
	switch {
	case !errors.Is(err, want):
		k.failf("%s: the error is %v, want one that wraps %q", what, err, want)
	case !errors.As(err, &e):
		k.failf("%s: the error %v is no *mailbox.Error", what, err)
	}
}

// same ends the case if got and want differ.
func same[T any](k *kit, got, want T, what string, args ...any) {
	if !reflect.DeepEqual(got, want) {
		k.failf("%s:\n got %+v\nwant %+v", fmt.Sprintf(what, args...), got, want)
	}
}

// id makes a message id that no other message of the case has.
func (k *kit) id() quire.MessageID {
	k.made++
	return quire.MessageID(fmt.Sprintf("01890000-0000-7000-8000-%012d", k.made))
}

// mail makes a draft.
func (k *kit) mail(body string, to ...quire.Address) quire.Draft {
	return quire.Draft{ID: k.id(), To: to, Kind: quire.KindMail, Subject: "About " + body, Parts: []quire.Part{quire.Text{Text: body}}}
}

// own makes a turn.
func (k *kit) own(body string) quire.Draft {
	d := k.mail(body)
	d.Kind = quire.KindTurn
	return d
}

func (k *kit) commit(c mailbox.Commit) mailbox.Committed {
	if c.Now.IsZero() {
		c.Now = day
	}
	done, err := k.store.Commit(k.ctx, c)
	k.must(err, "Commit")
	if len(done.Sent) != len(c.Sends) {
		k.failf("Commit: %d fates for %d drafts", len(done.Sent), len(c.Sends))
	}
	for i, s := range done.Sent {
		if s.ID != c.Sends[i].ID {
			k.failf("Commit: fate %d is of %q, the draft is %q", i, s.ID, c.Sends[i].ID)
		}
	}
	return done
}

// send commits drafts and nothing else.
func (k *kit) send(from quire.Address, drafts ...quire.Draft) mailbox.Committed {
	return k.commit(mailbox.Commit{Address: from, Sends: drafts})
}

// refused commits what must not be accepted, and sees that nothing of it is there.
func (k *kit) refused(c mailbox.Commit, want error, what string) {
	before := k.all(c.Address)
	_, err := k.store.Commit(k.ctx, c)
	k.wants(err, want, what)
	same(k, k.all(c.Address), before, "%s: the mailbox after a commit that failed", what)
}

func (k *kit) snapshot(addr quire.Address) mailbox.Snapshot {
	s, err := k.store.Snapshot(k.ctx, addr)
	k.must(err, "Snapshot")
	return s
}

func (k *kit) status(addr quire.Address) mailbox.Status {
	s, err := k.store.Status(k.ctx, addr)
	k.must(err, "Status")
	return s
}

func (k *kit) query(addr quire.Address, q mailbox.Query) mailbox.Page {
	if q.Now.IsZero() {
		q.Now = day
	}
	p, err := k.store.Query(k.ctx, addr, q)
	k.must(err, "Query")
	for _, r := range p.Rows {
		if r.Parts != nil {
			k.failf("Query: %s has a body; rows have none", r.UID)
		}
	}
	if p.More != (p.Next != "") {
		k.failf("Query: More is %v and the cursor is %q", p.More, p.Next)
	}
	return p
}

// uids are the numbers of a page.
func uids(p mailbox.Page) []quire.UID {
	list := []quire.UID{}
	for _, r := range p.Rows {
		list = append(list, r.UID)
	}
	return list
}

func (k *kit) get(addr quire.Address, g mailbox.Get) []quire.Item {
	items, err := k.store.Get(k.ctx, addr, g)
	k.must(err, "Get")
	return items
}

// item reads the one delivery of a message.
func (k *kit) item(addr quire.Address, id quire.MessageID) quire.Item {
	items := k.get(addr, mailbox.Get{IDs: []quire.MessageID{id}})
	if len(items) != 1 {
		k.failf("Get: %d deliveries of %s in the mailbox of %s, want 1", len(items), id, addr)
	}
	return items[0]
}

func (k *kit) changes(addr quire.Address, since quire.State, max int) mailbox.Changes {
	c, err := k.store.Changes(k.ctx, addr, since, max)
	k.must(err, "Changes")
	return c
}

// all is everything that can be read of a mailbox, for comparing.
type all struct {
	Status   mailbox.Status
	Snapshot mailbox.Snapshot
	Items    []quire.Item
	Receipts []driver.Receipt
}

func (k *kit) all(addr quire.Address) all {
	a := all{Status: k.status(addr), Snapshot: k.snapshot(addr)}
	var err error
	a.Receipts, err = k.store.Receipts(k.ctx, addr, 0, 1<<62)
	k.must(err, "Receipts")
	q := mailbox.Query{Oldest: true, Limit: 1000}
	for {
		p := k.query(addr, q)
		a.Items = append(a.Items, k.get(addr, mailbox.Get{UIDs: uids(p)})...)
		if !p.More {
			return a
		}
		q.Cursor = p.Next
	}
}

// at is a clock that stands still.
func at(t time.Time) func() time.Time { return func() time.Time { return t } }
