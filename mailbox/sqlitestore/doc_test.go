package sqlitestore_test

import (
	"context"

	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(ctx context.Context) error {
	store, err := sqlitestore.Open(ctx, "mail.db", nil)
	if err != nil {
		return err
	}
	defer store.Close()
	return nil
}
