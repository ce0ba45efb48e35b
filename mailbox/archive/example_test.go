package archive_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/archive"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// A mailbox moves to another store through a file. There it is a claim of whoever made
// the file, and importing it again changes nothing.
func Example() {
	ctx := context.Background()
	from, to := memstore.New(nil), memstore.New(nil)
	mail := quire.Draft{ID: "m1", To: []quire.Address{"ben"}, Subject: "Export", Parts: []quire.Part{quire.Text{Text: "It fails."}}}
	if _, err := from.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail}}); err != nil {
		fmt.Println(err)
		return
	}

	var file bytes.Buffer
	messages, err := archive.Export(ctx, from, &file, "ben")
	fmt.Println(messages, "written", err)
	for range 2 {
		counts, err := archive.Import(ctx, to, bytes.NewReader(file.Bytes()), nil)
		fmt.Println(counts.Added, "added,", counts.Known, "known", err)
	}
	items, err := to.Get(ctx, "ben", mailbox.Get{UIDs: []quire.UID{1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(items[0].From, items[0].Subject, items[0].Trust == quire.TrustExternal)
	// Output:
	// 1 written <nil>
	// 1 added, 0 known <nil>
	// 0 added, 1 known <nil>
	// mia Export true
}
