package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
)

// A reply is followed by two readers while the model makes it. One of them goes away
// after its first piece, and later goes on exactly there.
func ExampleStreaming() {
	ctx := context.Background()
	store := memstore.New(nil)
	model := scripted.New(scripted.Text("The invoice is paid; the receipt is in your mailbox."))
	a, err := agent.New(store.Box("ada"), model, &agent.Options{
		Streaming: agent.Streaming{On: true, Bytes: 1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mail := quire.Draft{ID: "01890000-0000-7000-8000-000000000001", To: []quire.Address{"ada"},
		Kind: quire.KindMail, Subject: "Invoice", Parts: []quire.Part{quire.Text{Text: "Is it paid?"}}}
	if _, err := store.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail}}); err != nil {
		fmt.Println(err)
		return
	}

	// read follows the stream of turn 1 from a position on, and tells what it reads.
	read := func(from mailbox.StreamRead) (text, end string) {
		var b strings.Builder
		for page, err := range store.Follow(ctx, "ada", from) {
			if err != nil {
				return b.String(), err.Error()
			}
			for _, chunk := range page.Chunks {
				var piece agent.StreamPiece
				if err := json.Unmarshal(chunk, &piece); err != nil {
					return b.String(), err.Error()
				}
				b.WriteString(piece.Text)
			}
			if page.Over {
				end = fmt.Sprint(page.Last.Kind, " as ", page.Last.UID)
			}
		}
		return b.String(), end
	}

	first := make(chan string)
	go func() { // it is there before anything is said
		text, end := read(mailbox.StreamRead{Stream: 1})
		first <- text + " " + end
	}()
	if _, err := a.Turn(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-first)

	page, err := store.ReadStream(ctx, "ada", mailbox.StreamRead{Stream: 1, Limit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	var piece agent.StreamPiece
	err = json.Unmarshal(page.Chunks[0], &piece) // and then it goes away
	text, end := read(page.Read)                 // and comes back
	if err == nil {
		fmt.Println(piece.Text+text, end)
	}

	request, err := agent.RequestStatus(ctx, store, "ada", mail.ID, page.Began)
	fmt.Println(request.State, "in turn", request.Turn, err)

	// Output:
	// The invoice is paid; the receipt is in your mailbox. done as #2
	// The invoice is paid; the receipt is in your mailbox. done as #2
	// done in turn 1 <nil>
}
