package mailbox

import (
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// Right is what somebody may do in a mailbox.
type Right string

// The rights. None includes another one.
const (
	RightPost  Right = "post"  // send to it
	RightRead  Right = "read"  // read what is in it, also streams, and wait for it
	RightFlag  Right = "flag"  // set flags and counts, claim, and change leases
	RightAdmin Right = "admin" // write in its owner's name (Box.Send needs it too), own it, expunge, compact, import
)

// Rights say who may do what in whose mailbox, for [Store.As]. Both addresses are
// mailboxes ([quire.Address.Base]); box is a group's address when mail goes to a
// group, and "" for what concerns all of a store. It must be pure, and safe for
// concurrent use.
type Rights func(who, box quire.Address, right Right) bool

// Grant gives somebody rights in a mailbox.
type Grant struct {
	Who, Box quire.Address
	Rights   []Right
}

// Granted are the usual rights and those in list: the owner has all in his own
// mailbox, and everybody may post ([Rules.Contact] decides then).
func Granted(list ...Grant) Rights {
	type key struct {
		who, box quire.Address
		right    Right
	}
	granted := map[key]bool{}
	for _, g := range list {
		for _, right := range g.Rights {
			granted[key{g.Who.Base(), g.Box.Base(), right}] = true
		}
	}
	return func(who, box quire.Address, right Right) bool {
		return box != "" && (who == box || right == RightPost) || granted[key{who, box, right}]
	}
}

// forbiddenError says which right was missing.
type forbiddenError struct {
	who, box quire.Address // box is "" for all of the store
	right    Right
}

func (e *forbiddenError) Error() string {
	if e.box == "" {
		return fmt.Sprintf("%v: %q has not the right to %s the store", ErrForbidden, e.who, e.right)
	}
	return fmt.Sprintf("%v: %q has not the right to %s the mailbox of %q", ErrForbidden, e.who, e.right, e.box)
}

func (e *forbiddenError) Unwrap() error { return ErrForbidden }

// need is a right that something takes.
type need struct {
	box   quire.Address
	right Right
}

// As is the store as somebody sees it who may do only what rights grant, besides what
// the store's own rights already forbid; nil rights are the usual ones ([Granted]).
// Whatever lacks a right fails with [ErrForbidden], before anything is read.
//
// A grant adds to the usual rights: with Granted somebody still does all in his own
// mailbox, and posts to any. A view that only reads is a function that lets nothing
// but [RightRead] through.
func (s *Store) As(who quire.Address, rights Rights) *Store {
	if rights == nil {
		rights = Granted()
	}
	c := *s
	c.who = who.Base()
	c.rights = rights
	if before, as := s.rights, s.who; before != nil {
		me := c.who
		c.rights = func(who, box quire.Address, right Right) bool {
			return rights(me, box, right) && before(as, box, right)
		}
	}
	return &c
}

// may is nil when all that is needed is granted.
func (s *Store) may(op string, addr quire.Address, list ...need) error {
	if s.rights == nil {
		return nil
	}
	for _, n := range list {
		if box := n.box.Base(); !s.rights(s.who, box, n.right) {
			return fail(op, addr, &forbiddenError{s.who, box, n.right})
		}
	}
	return nil
}

// needs are the rights that a commit takes.
func needs(c *Commit) []need {
	var list []need
	if len(c.Sends) > 0 || len(c.Retract) > 0 || c.Agent != nil || len(c.Journal) > 0 || len(c.Done) > 0 || c.Receipt != nil || c.Own != nil {
		list = append(list, need{c.Address, RightAdmin})
	}
	if len(c.Flags) > 0 || len(c.Counts) > 0 || len(c.Leases) > 0 || c.Claim != nil || len(list) == 0 { // also to learn the state, and to use an id
		list = append(list, need{c.Address, RightFlag})
	}
	for i := range c.Sends {
		d := &c.Sends[i]
		for _, to := range slices.Concat(d.To, d.CC) {
			list = append(list, need{quire.Address(jsontext.Clean(string(to))), RightPost}) // as stores clean it
		}
	}
	return list
}
