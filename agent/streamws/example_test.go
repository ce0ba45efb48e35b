package streamws_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/coder/websocket"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent/streamws"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// A client reads what an agent says in its first turn until it is over.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	store := mailbox.New(memstore.NewDriver("e"), nil)
	defer store.Close()
	h, err := streamws.New(store, func(*http.Request, quire.Address) error { return nil }, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(h)
	defer server.Close()
	if err := say(ctx, store, "Hello, Mia."); err != nil { // as an agent does, with agent.Options.Streaming
		fmt.Println(err)
		return
	}

	c, _, err := websocket.Dial(ctx, server.URL+"/ada/streams/1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	for {
		_, event, err := c.Read(ctx)
		if err != nil {
			fmt.Println(websocket.CloseStatus(err))
			return
		}
		fmt.Println(string(event))
	}
	// Output:
	// {"event":"attempt","data":{"stream":1,"attempt":1,"began":"2026-01-05T09:00:00Z"}}
	// {"event":"message","id":"e.1.1.1","data":{"attempt":1,"offset":0,"piece":"Hello, Mia."}}
	// {"event":"end","id":"e.1.over","data":{"attempt":1,"kind":"done"}}
	// StatusNormalClosure
}

func say(ctx context.Context, s *mailbox.Store, text string) error {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if _, err := s.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 1, Now: at}); err != nil {
		return err
	}
	if err := s.AppendStream(ctx, "ada", mailbox.StreamAppend{Stream: 1, Attempt: 1, Chunks: [][]byte{[]byte(text)}}); err != nil {
		return err
	}
	return s.EndStream(ctx, "ada", mailbox.StreamClose{Stream: 1, Attempt: 1, End: driver.StreamEnd{Kind: driver.StreamDone}})
}
