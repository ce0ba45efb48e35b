// Httpchat is a chat service for several users: each has an agent, replies are
// followed as server-sent events while they are made, and all of it lives in one SQLite
// file, so that a message which was taken is answered, whatever dies in between.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/agent/streamhttp"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	model := scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text(fmt.Sprintf("A real model would answer to %d messages.", len(p.Messages)))
		return &reply, nil
	})
	users := map[string]quire.Address{"secret-of-mia": "mia", "secret-of-ben": "ben"} // by token
	listener, err := net.Listen("tcp", "localhost:8080")
	if err == nil {
		fmt.Printf("curl -H 'Authorization: Bearer secret-of-mia' -d 'Hello!' http://%s/messages\n", listener.Addr())
		err = serve(ctx, listener, "httpchat.db", model, users)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve runs the service, and an agent for each user, until ctx ends. Agents begin with
// what waits: with what was left when the process before this one ended, first of all.
func serve(ctx context.Context, listener net.Listener, path string, model providers.Model, users map[string]quire.Address) error {
	store, err := sqlitestore.Open(ctx, path, nil)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer store.Close()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	handler, err := newHandler(store.Store, users)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: handler, BaseContext: func(net.Listener) context.Context { return ctx }}
	ended := make(chan error, len(users)+1)
	for _, user := range users {
		helper, err := agent.New(store.Box(helperOf(user)), model, &agent.Options{
			System: "You are a helpful assistant of " + string(user) + ".",
			Budget: 8000, Answer: true, Streaming: agent.Streaming{On: true},
		})
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		go func() { ended <- helper.Run(ctx) }()
	}
	go func() { ended <- server.Serve(listener) }()
	go func() { <-ctx.Done(); _ = server.Close() }()

	for range len(users) + 1 { // when one ends, all do
		if e := <-ended; !errors.Is(e, context.Canceled) && !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		stop()
	}
	return err
}

// helperOf is the address of a user's agent.
func helperOf(user quire.Address) quire.Address { return "helper-of-" + user }

// newHandler serves POST /messages, which takes what a user says to their agent, and
// /agents/{address}/…, where streamhttp says how it stands and what is answered.
func newHandler(store *mailbox.Store, users map[string]quire.Address) (http.Handler, error) {
	userOf := func(r *http.Request) (quire.Address, error) {
		if user, ok := users[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; ok {
			return user, nil
		}
		return "", errors.New("who are you?")
	}
	streams, err := streamhttp.New(store, func(r *http.Request, addr quire.Address) error {
		user, err := userOf(r)
		if err == nil && addr != helperOf(user) {
			err = errors.New("not your agent")
		}
		return err
	}, nil)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/agents/", http.StripPrefix("/agents", streams))
	mux.HandleFunc("POST /messages", func(w http.ResponseWriter, r *http.Request) {
		user, err := userOf(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
			return
		}
		// A client that says an id of its own may repeat a request, and is answered once.
		draft := quire.Mail(helperOf(user), "Chat", string(text))
		if key := r.Header.Get("Idempotency-Key"); key != "" { // ids are the whole store's: another user may say the same
			draft.ID = quire.MessageID(string(user) + "~" + key)
		}
		sent, err := store.Box(user).Send(r.Context(), draft)
		switch {
		case errors.Is(err, mailbox.ErrInvalid), errors.Is(err, mailbox.ErrConflict):
			http.Error(w, err.Error(), http.StatusBadRequest)
		case err != nil || len(sent.Bounced) > 0:
			http.Error(w, "not taken: try again later", http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusAccepted)
			_ = json.NewEncoder(w).Encode(map[string]string{"agent": string(helperOf(user)), "id": string(sent.ID)})
		}
	})
	return mux, nil
}
