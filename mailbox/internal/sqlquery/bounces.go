package sqlquery

import (
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Bounces reads a list of bounces as a store keeps it; nil is none.
func Bounces(list []byte) (b []driver.Bounce, err error) {
	if list == nil {
		return nil, nil
	}
	if err := json.Unmarshal(list, &b); err != nil {
		return nil, fmt.Errorf("bounces: %w: %w", mailbox.ErrCorrupt, err)
	}
	return b, nil
}
