package postgresstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// limited is a transaction whose statements have a time limit each: until the last row
// of their answer.
type limited struct {
	pgx.Tx
	limit time.Duration
}

// Exec implements [pgx.Tx].
func (l *limited) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	defer cancel()
	return l.Tx.Exec(ctx, query, args...)
}

// Query implements [pgx.Tx]. The rows must be closed.
func (l *limited) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	rows, err := l.Tx.Query(ctx, query, args...)
	if err != nil {
		cancel()
		return rows, err
	}
	return &limitedRows{rows, cancel}, nil
}

// QueryRow implements [pgx.Tx]. The row must be scanned.
func (l *limited) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	ctx, cancel := context.WithTimeout(ctx, l.limit)
	return &limitedRow{l.Tx.QueryRow(ctx, query, args...), cancel}
}

type limitedRows struct {
	pgx.Rows
	cancel context.CancelFunc
}

// Close implements [pgx.Rows].
func (r *limitedRows) Close() {
	r.Rows.Close()
	r.cancel()
}

type limitedRow struct {
	pgx.Row
	cancel context.CancelFunc
}

// Scan implements [pgx.Row].
func (r *limitedRow) Scan(dest ...any) error {
	defer r.cancel()
	return r.Row.Scan(dest...)
}
