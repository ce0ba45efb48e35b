//go:build unix

package postgresstore_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/internal/raced"
	"github.com/quire-dev/quire/mailbox/drivertest"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// TestCanaries: nothing of what was forgotten is in a live row of any table, but where
// the certificate says so.
func TestCanaries(t *testing.T) {
	raced.Skip(t)
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	drivertest.Canaries(t, open(t, server, o), func(ctx context.Context) ([]byte, error) {
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return nil, err
		}
		defer c.Close(context.WithoutCancel(ctx))
		rows, err := c.Query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = $1", o.Schema)
		if err != nil {
			return nil, err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, err
		}
		var all bytes.Buffer
		for _, table := range tables {
			rows, err := c.Query(ctx, "SELECT * FROM "+pgx.Identifier{o.Schema, table}.Sanitize())
			if err != nil {
				return nil, err
			}
			for rows.Next() {
				values, err := rows.Values()
				if err != nil {
					return nil, err
				}
				for _, v := range values {
					if b, ok := v.([]byte); ok {
						all.Write(b)
					} else {
						fmt.Fprint(&all, v)
					}
					all.WriteByte('\n')
				}
			}
			require.NoError(t, rows.Err())
		}
		return all.Bytes(), nil
	})
}
