package postgresstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire/internal/oldstate"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
	"github.com/quire-dev/quire/mailbox/internal/uidlist"
)

// stateColumns came with format 6: an agent's state is one value, and what a store reads
// of it stands beside it.
const stateColumns = `
ALTER TABLE box ADD COLUMN through BIGINT NOT NULL DEFAULT 0, ADD COLUMN seen TEXT COLLATE "C" NOT NULL DEFAULT '',
	ADD COLUMN holds BYTEA, ADD COLUMN state BYTEA;
`

// joinStates makes format 6: it fills the columns from those of the formats before, a
// working set and a composer's bytes.
func joinStates(ctx context.Context, tx pgx.Tx) error {
	var there bool
	err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'box' AND column_name = 'holds')").Scan(&there)
	if err != nil || there {
		return err
	}
	if _, err := tx.Exec(ctx, stateColumns); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, "SELECT id FROM box WHERE wset IS NOT NULL OR composer IS NOT NULL")
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	for _, id := range ids {
		var set, composer []byte
		if err := tx.QueryRow(ctx, "SELECT wset, composer FROM box WHERE id = $1", id).Scan(&set, &composer); err != nil {
			return err
		}
		// What can't be read is kept as it is, for its agent to say so: the other
		// mailboxes are whole.
		refers, err := oldstate.Read(set)
		if err != nil {
			refers = oldstate.Refers{}
		}
		if _, err := tx.Exec(ctx, "UPDATE box SET through = $1, seen = $2, holds = $3, state = $4 WHERE id = $5",
			sqldriver.Num(refers.Through), string(refers.Seen), uidlist.Encode(refers.Holds), oldstate.Join(set, composer), id); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "ALTER TABLE box DROP COLUMN wset, DROP COLUMN composer")
	return err
}
