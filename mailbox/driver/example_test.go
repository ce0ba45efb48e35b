package driver_test

import (
	"context"
	"fmt"
	"log"
	"sync/atomic"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// counting counts what is committed, and passes all else on.
type counting struct {
	driver.Driver
	commits atomic.Int64
}

func (c *counting) Update(ctx context.Context, u driver.Update, fn func(driver.Write) error) (bool, error) {
	repeated, err := c.Driver.Update(ctx, u, fn)
	if err == nil {
		c.commits.Add(1)
	}
	return repeated, err
}

// Whoever wants to stand between a store and what keeps its mail wraps its driver.
// The store is a whole one: it waits, streams and restores like every other.
func Example() {
	ctx := context.Background()
	c := &counting{Driver: memstore.NewDriver("")}
	store := mailbox.New(c, nil)
	defer store.Close()
	for range 3 {
		_, err := store.Box("mia").Send(ctx, quire.Draft{To: []quire.Address{"ada"}, Subject: "Release"})
		if err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(c.commits.Load())
	// Output: 3
}
