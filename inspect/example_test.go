package inspect_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/inspect"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
)

// mount is what the package's documentation shows.
func mount(mux *http.ServeMux, store *mailbox.Store) error {
	pages, err := inspect.New(store, nil)
	if err != nil {
		return err
	}
	mux.Handle("/debug/quire/", pages)
	return nil
}

// The pages stand below any path. Here whoever is logged in as mia may answer what waits
// for her, and nobody may do anything else.
func Example() {
	store := memstore.New(nil)
	defer store.Close()
	mux := http.NewServeMux()
	if err := mount(mux, store); err != nil {
		log.Fatal(err)
	}
	answering, err := inspect.New(store, &inspect.Options{Allow: func(r *http.Request, box quire.Address, action string) error {
		if user, _, _ := r.BasicAuth(); user == "mia" && box == "mia" && action == "answer" {
			return nil
		}
		return errors.New("only mia answers, and only for herself")
	}})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/team/", answering)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/debug/quire/", nil))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), "No agent made a call yet."))
	// Output: 200 true
}
