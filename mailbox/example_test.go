package mailbox_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// Two people write to each other over a store in memory.
func Example() {
	ctx := context.Background()
	store := memstore.New(nil)
	defer store.Close()
	mia := store.Box("mia")
	ben := store.Box("ben")

	if _, err := mia.Send(ctx, quire.Draft{
		To: []quire.Address{"ben"}, Subject: "Export",
		Parts: []quire.Part{quire.Text{Text: "The export of invoices fails."}},
	}); err != nil {
		log.Fatal(err)
	}

	woken, err := ben.Wait(ctx, mailbox.Wait{}) // returns at once: something is pending
	if err != nil {
		log.Fatal(err)
	}
	page, err := ben.Find(ctx, mailbox.Query{Text: "invoice", Pending: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range page.Rows {
		fmt.Println(woken.Matched, row.UID, row.From, row.Subject, "-", row.Snippet)
		if _, err := ben.Reply(ctx, row.UID, quire.Draft{Parts: []quire.Part{quire.Text{Text: "Fixed."}}}); err != nil {
			log.Fatal(err)
		}
		if err := ben.Done(ctx, row.UID); err != nil {
			log.Fatal(err)
		}
	}
	items, err := mia.Read(ctx, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(items[0].From, items[0].Subject, "-", quire.PlainText(items[0].Parts))
	// Output:
	// true #1 mia Export - The export of invoices fails.
	// ben Re: Export - Fixed.
}

// A question says until when it wants an answer and what is done without one.
func ExampleBox_Ask() {
	ctx := context.Background()
	store := memstore.New(nil)
	defer store.Close()
	deployer := store.Box("deployer")
	mia := store.Box("mia")
	asked, err := deployer.Ask(ctx, quire.Draft{To: []quire.Address{"mia"}, Subject: "Deploy 1.4?"}, quire.Question{
		Options: []string{"now", "tomorrow"}, ReplyBy: time.Now().Add(time.Hour), Default: "tomorrow", Reversible: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := mia.Answer(ctx, 1, quire.Draft{Parts: []quire.Part{quire.Text{Text: "now"}}}); err != nil {
		log.Fatal(err)
	}
	page, err := deployer.Find(ctx, mailbox.Query{Kinds: []quire.Kind{quire.KindAnswer}})
	if err != nil {
		log.Fatal(err)
	}
	row := page.Rows[0]
	fmt.Println(row.InReplyTo == asked.ID, row.From, row.Snippet)
	// Output: true mia now
}
