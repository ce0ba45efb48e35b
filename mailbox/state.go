package mailbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/quire-dev/quire"
)

// NewID makes the id of a draft: a UUID version 7. Make it before the first
// attempt to send, so that a repeated send is seen as the same message. Ids of one
// process are in order of time also within a millisecond.
func NewID() quire.MessageID {
	id, err := uuid.NewV7()
	if err != nil { // the system's randomness failed; there is no safe way on
		panic(fmt.Sprintf("mailbox: no randomness for an id: %v", err))
	}
	return quire.MessageID(id.String())
}

// formatState makes a state. To all others a state is opaque.
func formatState(epoch string, modseq uint64) quire.State {
	return quire.State(epoch + ":" + strconv.FormatUint(modseq, 10))
}

// parseState reads a state of the given epoch, up to the mailbox's modseq now.
// Any other, also the empty one, is [ErrCannotCalculateChanges].
func parseState(s quire.State, epoch string, now uint64) (uint64, error) {
	e, digits, ok := strings.Cut(string(s), ":")
	if !ok || e != epoch {
		return 0, ErrCannotCalculateChanges
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > now || strconv.FormatUint(n, 10) != digits {
		return 0, ErrCannotCalculateChanges
	}
	return n, nil
}

// instant is t as stores keep it: in UTC, cut to microseconds, without a
// monotonic reading.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// validInstant says whether t has a year that encodings can write.
func validInstant(t time.Time) bool {
	y := t.UTC().Year()
	return t.IsZero() || y >= 1 && y <= 9999
}
