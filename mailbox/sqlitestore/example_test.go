package sqlitestore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// What was sent is there when the file is opened again.
func ExampleOpen() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "quire")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "mail.db")

	store, err := sqlitestore.Open(ctx, path, nil) // made, if it is not there
	if err != nil {
		log.Fatal(err)
	}
	mail := quire.Mail("ben", "Export", "It fails.")
	if _, err := store.Box("mia").Send(ctx, mail); err != nil {
		log.Fatal(err)
	}
	if err := store.Close(); err != nil {
		log.Fatal(err)
	}

	store, err = sqlitestore.Open(ctx, path, &sqlitestore.Options{ReadOnly: true})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	items, err := store.Get(ctx, "ben", mailbox.Get{UIDs: []quire.UID{1}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(items[0].From, items[0].Subject, "-", quire.PlainText(items[0].Parts))
	// Output: mia Export - It fails.
}
