package sqldriver

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Owner is the column that says who owns an address: his name and, behind a space, in
// microseconds since 1970 since when. It is no column of its own, since a new one would
// be read behind the working set of each row.
type Owner struct{ Box *driver.Box }

// Scan implements [database/sql.Scanner].
func (o Owner) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%w: an owner is %T", mailbox.ErrCorrupt, v)
	}
	name, since, dated := strings.Cut(text, " ")
	o.Box.Owner, o.Box.OwnedSince = name, time.Time{}
	if !dated {
		return nil
	}
	us, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: the owner %q", mailbox.ErrCorrupt, text)
	}
	o.Box.OwnedSince = time.UnixMicro(us).UTC()
	return nil
}

// OwnerOf is what the column holds.
func OwnerOf(m *driver.Box) string {
	if m.Owner == "" || m.OwnedSince.IsZero() {
		return m.Owner
	}
	return m.Owner + " " + strconv.FormatInt(m.OwnedSince.UnixMicro(), 10)
}
