// Replicas runs one agent in several processes over PostgreSQL: with agent.Options.Lease
// one of them works, and the others wait. When it ends, or is gone and its lease runs
// out, the next one goes on where it stood; what is late from the old one is refused.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// newReplica is the agent as one process runs it. The process's name must differ from
// all others', also from that of the same machine's process before.
func newReplica(store *mailbox.Store, model providers.Model, process string, lease time.Duration) (*agent.Agent, error) {
	return agent.New(store.Box("ada"), model, &agent.Options{
		System: "You answer mail.", Budget: 8000, Answer: true,
		Lease: agent.Lease{Holder: process, For: lease},
		Log:   slog.Default(), // says who holds the lease
	})
}

func main() {
	// SIGTERM is how most schedulers end a process: Shutdown then lets a call that is
	// under way end, and gives the lease back, so that nobody waits for it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv("QUIRE_POSTGRES_DSN")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dsn string) error {
	if dsn == "" {
		return errors.New("set QUIRE_POSTGRES_DSN to a database, and start this more than once")
	}
	store, err := postgresstore.Open(ctx, dsn, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	process := fmt.Sprintf("%s-%d-%d", host, os.Getpid(), time.Now().UnixNano())
	model := scripted.Func(func(context.Context, int, *quire.Prompt) (*quire.Reply, error) {
		reply := scripted.Text("It was " + process + " that answered.")
		return &reply, nil
	})
	ada, err := newReplica(store, model, process, 15*time.Second)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- ada.Run(context.WithoutCancel(ctx)) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	patience, stop := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer stop()
	if err := ada.Shutdown(patience); err != nil {
		return err
	}
	if err := <-ended; !errors.Is(err, agent.ErrShutdown) {
		return err
	}
	return nil
}
