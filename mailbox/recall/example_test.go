package recall_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/recall"
)

func Example() {
	ctx := context.Background()
	store := memstore.New(nil)
	defer store.Close()
	mia := store.Box("mia")
	for _, text := range []string{"The server stands in rack 12.", "Lunch is at noon.", "Rack 12 was moved to the cellar."} {
		if _, err := mia.Send(ctx, quire.Mail("ada", "", text)); err != nil {
			log.Fatal(err)
		}
	}
	r := recall.Recaller{Store: store, Address: "ada", Count: func(s string) int { return len(strings.Fields(s)) }}
	found, err := r.Recall(ctx, recall.Query{Text: "Where does the server stand?", Budget: 100})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.UIDs[0])
	// Output: #1
}
