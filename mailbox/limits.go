package mailbox

import (
	"crypto/ed25519"
	"maps"
	"slices"
	"time"

	"github.com/quire-dev/quire"
)

// The guards that a [Bounce] may name.
const (
	limitHops    = "hops"    // automatic replies to automatic replies
	limitRepeats = "repeats" // the same automatic message again and again
	limitChain   = "chain"   // agents that answer each other, and no person among them
	limitRate    = "rate"    // an agent's or automatic messages from one sender to one mailbox
	limitQuota   = "quota"   // what waits in one mailbox
	limitContact = "contact" // its owner does not want mail from the sender
)

// Limits are what a store accepts. Zero fields have the stated defaults.
//
// What stands around a body has fixed limits besides: 255 bytes for an id and whatever
// refers to one, 64 for a kind or automatic class, 8 KiB for the subject, 64 KiB for
// headers and as much for a question's options with its default, 1,000 references,
// superseded messages, headers or options, 254 for an address, and 256 KiB for all of it
// together. What is larger is [ErrInvalid], and [Error].Field says which it is.
type Limits struct {
	Body       int64         // bytes of one message's content; 64 MiB
	Recipients int           // of one message, as written and by mailbox; 1,000
	Hops       int           // of automatic replies; 8
	Repeats    int           // of one automatic message from one sender to one mailbox, within Window; 5
	Chain      int           // of replies in a row that agents wrote to each other; 100
	Rate       int           // of messages of one agent or automatic ones to one mailbox, within Window; 1,000
	Window     time.Duration // 1 hour
	// What may wait unhandled in one mailbox, whoever sent it. What is handled
	// counts no more: a mailbox may grow for ever.
	Pending       int   // messages; 100,000
	PendingBytes  int64 // of bodies and of what stands around them; 1 GiB
	PendingTokens int64 // 100 million
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, to int) {
		if *v <= 0 {
			*v = to
		}
	}
	if l.Body <= 0 {
		l.Body = 64 << 20
	}
	set(&l.Recipients, 1000)
	set(&l.Hops, 8)
	set(&l.Repeats, 5)
	set(&l.Chain, 100)
	set(&l.Rate, 1000)
	set(&l.Pending, 100_000)
	if l.PendingBytes <= 0 {
		l.PendingBytes = 1 << 30
	}
	if l.PendingTokens <= 0 {
		l.PendingTokens = 100_000_000
	}
	if l.Window <= 0 {
		l.Window = time.Hour
	}
	return l
}

// Rules are what a store's owner decides about mail. They are plain data and a
// pure function; the zero value is ready to use.
type Rules struct {
	Limits Limits
	// Persons are the addresses whose mail has [quire.TrustPerson]; others have
	// [quire.TrustAgent]. Empty: every address that never had an agent's state is
	// taken for a person's.
	Persons []quire.Address
	// Trust decides instead, if it is set, for mail that came through no gateway
	// and is not the owner's own. It must be pure.
	Trust func(from, to quire.Address) quire.Trust
	// Groups are addresses that stand for others: mail to one goes to each member
	// but its sender. A member that is a group is taken as a plain address.
	// There is no address for everybody.
	Groups map[quire.Address][]quire.Address
	// Contact, if it is set, says who may write to whom. It must be pure, and safe
	// for concurrent use. Nobody is kept from writing to himself. Mail that came
	// through a gateway only claims its sender: Contact is asked about him and about
	// the empty address, which stands for a stranger, and the stricter answer holds.
	Contact func(from, to quire.Address) Contact
	// Keys are addresses whose mail must be signed, by any of their keys, see
	// [Sign]. The mailboxes of the others need none.
	Keys map[quire.Address][]ed25519.PublicKey
}

// Contact says what becomes of mail from one address to another.
type Contact string

// The rules of contact.
const (
	ContactAllow  Contact = ""       // it is delivered
	ContactAsk    Contact = "ask"    // it is held ([quire.FlagHeld]) and the owner told once: clearing the flag accepts it
	ContactRefuse Contact = "refuse" // it bounces
)

// clone copies rules, for a store that keeps them.
func (r *Rules) clone() Rules {
	c := *r
	c.Persons = slices.Clone(r.Persons)
	c.Groups = maps.Clone(r.Groups)
	c.Keys = maps.Clone(r.Keys)
	return c
}
