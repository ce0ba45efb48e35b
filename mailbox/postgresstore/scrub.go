package postgresstore

import (
	"context"
	"strings"
)

// emptied are the tables from which content is deleted, or in which it is replaced.
var emptied = []string{"message", "delivery", "search", "chunk", "blob", "refers", "journal", "receipt", "said", "stream", "box", "done"}

// Scrub implements [driver.Driver]: dead rows are vacuumed away, while others write. What
// the server keeps besides is its own: its log, replicas, backups, and the bytes of
// what was vacuumed in free space of its files.
func (s *server) Scrub(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return explain(ctx, err)
	}
	defer c.Release()
	if _, err := c.Exec(ctx, "SET statement_timeout = 0"); err != nil {
		return explain(ctx, err)
	}
	_, err = c.Exec(ctx, "VACUUM "+strings.Join(emptied, ", "))
	if _, reset := c.Exec(context.WithoutCancel(ctx), "RESET statement_timeout"); err == nil {
		err = reset
	}
	return explain(ctx, err)
}
