package mailbox

import (
	"time"

	"github.com/quire-dev/quire"
)

// The guards that a [Bounce] may name.
const (
	LimitHops    = "hops"    // automatic replies to automatic replies
	LimitRepeats = "repeats" // the same automatic message again and again
)

// Limits are what a store accepts. Zero fields have the stated defaults.
type Limits struct {
	Body       int64         // bytes of one message's content; 64 MiB
	Recipients int           // of one message; 1,000
	Hops       int           // of automatic replies; 8
	Repeats    int           // of one automatic message from one sender to one mailbox, within Window; 5
	Window     time.Duration // 1 hour
}

// Limits that are not a matter of taste: they bound what a header costs.
const (
	maxID         = 255     // bytes of a message id or commit id
	maxSubject    = 8 << 10 // bytes
	maxHeaders    = 64 << 10
	maxReferences = 1000
	maxKind       = 64
	maxCounts     = 8 // token counts kept of one delivery
	maxRows       = 1000
	defaultRows   = 20
)

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
	// [quire.TrustAgent]. Empty: every address that never had a working set is
	// taken for a person's.
	Persons []quire.Address
	// Trust decides instead, if it is set, for mail that came through no gateway
	// and is not the owner's own. It must be pure.
	Trust func(from, to quire.Address) quire.Trust
}
