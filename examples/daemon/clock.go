package main

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// epoch is where the logical clock begins.
var epoch = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// tick is how far one delivery moves the logical clock.
const tick = 5 * time.Second

// logicalClock tells a time that follows from the store's content alone: five
// seconds for every delivery there is. A run that was killed and started again
// sees the same times as one that was not. When the store
// can not be read, the time stands still.
func logicalClock(ctx context.Context, store *mailbox.Store, who []quire.Address) func() time.Time {
	last := epoch
	return func() time.Time {
		n := 0
		for _, addr := range who {
			s, err := store.Status(context.WithoutCancel(ctx), addr)
			if err != nil {
				return last // the next read of the store reports it
			}
			n += s.Total
		}
		last = epoch.Add(time.Duration(n) * tick)
		return last
	}
}
