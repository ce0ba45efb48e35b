package streamhttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(store *mailbox.Store, mayRead func(*http.Request, quire.Address) error) error {
	h, err := streamhttp.New(store, mayRead, nil)
	if err != nil {
		return err
	}
	http.Handle("/agents/", http.StripPrefix("/agents", h))
	return nil
}

// Mia, who has the key, asks how her mail to an agent stands. Nobody else may.
func Example() {
	store := memstore.New(nil)
	defer store.Close()
	h, err := streamhttp.New(store, func(r *http.Request, _ quire.Address) error {
		if r.Header.Get("Authorization") != "Bearer mias-key" {
			return errors.New("no key, or a wrong one")
		}
		return nil
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(h)
	defer server.Close()
	mail := quire.Draft{ID: "m1", To: []quire.Address{"ada"}, Subject: "Invoice"}
	if _, err := store.Commit(context.Background(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail}}); err != nil {
		fmt.Println(err)
		return
	}

	for _, key := range []string{"mias-key", "a guess"} {
		r, err := http.NewRequest("GET", server.URL+"/ada/requests/m1", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Print(answer.StatusCode, " ", string(body))
		if err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// 200 {"id":"m1","state":"accepted","uid":1}
	// 403 not allowed
}
