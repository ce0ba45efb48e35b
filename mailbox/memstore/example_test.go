package memstore_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// A store for a test: its clock stands still.
func Example() {
	ctx := context.Background()
	store := memstore.New(&mailbox.Options{Clock: func() time.Time { return time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC) }})
	defer store.Close()
	if _, err := store.Box("mia").Send(ctx, quire.Draft{
		To: []quire.Address{"ada"}, Subject: "Release", Parts: []quire.Part{quire.Text{Text: "Shall we ship?"}},
	}); err != nil {
		log.Fatal(err)
	}
	page, err := store.Box("ada").Find(ctx, mailbox.Query{Text: "ship"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Rows[0].From, page.Rows[0].Sent.Format(time.DateOnly), page.Rows[0].Snippet)
	// Output: mia 2026-01-05 Shall we ship?
}
