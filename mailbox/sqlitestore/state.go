package sqlitestore

import (
	"context"

	"github.com/quire-dev/quire/internal/oldstate"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
	"github.com/quire-dev/quire/mailbox/internal/uidlist"
)

// What came with format 7: an agent's state is one value, and what a store reads of it
// stands beside it.
const stateColumns = `
ALTER TABLE box ADD COLUMN through INTEGER NOT NULL DEFAULT 0;
ALTER TABLE box ADD COLUMN seen TEXT NOT NULL DEFAULT '';
ALTER TABLE box ADD COLUMN holds BLOB;
ALTER TABLE box ADD COLUMN state BLOB;
`

const oldStateColumns = `
ALTER TABLE box DROP COLUMN wset;
ALTER TABLE box DROP COLUMN composer;
`

// joinStates makes the columns, and fills them from those of the formats before: a
// working set and a composer's bytes.
func joinStates(ctx context.Context, tx session) error {
	var there bool
	err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM pragma_table_info('box') WHERE name = 'holds'").Scan(&there)
	if err != nil || there {
		return err
	}
	if _, err := tx.ExecContext(ctx, stateColumns); err != nil {
		return err
	}
	ids, err := boxesWithState(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		var set, composer []byte
		if err := tx.QueryRowContext(ctx, "SELECT wset, composer FROM box WHERE id = ?", id).Scan(&set, &composer); err != nil {
			return err
		}
		// What can't be read is kept as it is, for its agent to say so: the other
		// mailboxes are whole.
		refers, err := oldstate.Read(set)
		if err != nil {
			refers = oldstate.Refers{}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE box SET through = ?, seen = ?, holds = ?, state = ? WHERE id = ?",
			sqldriver.Num(refers.Through), string(refers.Seen), uidlist.Encode(refers.Holds), oldstate.Join(set, composer), id); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, oldStateColumns)
	return err
}

func boxesWithState(ctx context.Context, tx session) (ids []int64, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT id FROM box WHERE wset IS NOT NULL OR composer IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
