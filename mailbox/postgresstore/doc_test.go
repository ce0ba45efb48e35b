package postgresstore_test

import (
	"context"

	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(ctx context.Context) error {
	store, err := postgresstore.Open(ctx, "postgres://quire@db.example/agents", nil)
	if err != nil {
		return err
	}
	defer store.Close()
	return nil
}
