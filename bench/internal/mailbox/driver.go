package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// driver is a bare driver: it writes the rows of the last messages once more, each
// message in a transaction, and says how long each took.
type driver interface {
	again(ctx context.Context, messages int) ([]time.Duration, error)
	close(ctx context.Context) error
}

// sqliteDriver has its statements prepared.
type sqliteDriver struct {
	db                             *sql.DB
	message, delivery, search, box *sql.Stmt
}

func (s *sqlite) driver(context.Context) (driver, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(s.path())+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=cache_size(-8000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &sqliteDriver{db: db}, nil
}

func (d *sqliteDriver) close(context.Context) error { return d.db.Close() }

func (d *sqliteDriver) again(ctx context.Context, messages int) (took []time.Duration, err error) {
	list, err := readRows(messages, func(query string) (rows, error) { return d.db.QueryContext(ctx, query) })
	if err == nil && d.message == nil {
		err = d.prepare(ctx, list[0].columns)
	}
	if err != nil {
		return nil, err
	}
	for i := range list {
		terms := make([]string, len(list[i].terms))
		for k, t := range list[i].terms {
			terms[k] = fmt.Sprint(list[i].box, "·", t)
		}
		text := strings.Join(terms, " ")
		start := time.Now()
		if err := d.write(ctx, &list[i], text); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func (d *sqliteDriver) prepare(ctx context.Context, columns map[string][]string) error {
	mark := func(int) string { return "?" }
	for _, p := range []struct {
		stmt  **sql.Stmt
		query string
	}{
		{&d.message, insertInto("message", columns["message"], mark)},
		{&d.delivery, insertInto("delivery", columns["delivery"], mark)},
		{&d.search, "INSERT INTO search (rowid, terms) VALUES (?, ?)"},
		{&d.box, updateBox},
	} {
		var err error
		if *p.stmt, err = d.db.PrepareContext(ctx, p.query); err != nil {
			return err
		}
	}
	return nil
}

func (d *sqliteDriver) write(ctx context.Context, w *written, terms string) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	insert := func(s *sql.Stmt, args ...any) (id int64, err error) {
		res, err := tx.StmtContext(ctx, s).ExecContext(ctx, args...)
		if err != nil {
			return 0, err
		}
		return res.LastInsertId()
	}
	var row int64
	if w.delivery[w.msg], err = insert(d.message, w.message...); err == nil {
		row, err = insert(d.delivery, w.delivery...)
	}
	if err == nil {
		_, err = insert(d.search, row, terms)
	}
	if err == nil {
		_, err = insert(d.box, w.uid+1, w.box)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// postgresDriver is a connection; it prepares what it is asked for by itself.
type postgresDriver struct{ c *pgx.Conn }

func (p *postgres) driver(ctx context.Context) (driver, error) {
	c, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &postgresDriver{c}, nil
}

func (d *postgresDriver) close(ctx context.Context) error { return d.c.Close(ctx) }

func (d *postgresDriver) again(ctx context.Context, messages int) (took []time.Duration, err error) {
	list, err := readRows(messages, func(query string) (rows, error) {
		r, err := d.c.Query(ctx, query)
		return pgRows{r}, err
	})
	if err != nil {
		return nil, err
	}
	mark := func(i int) string { return "$" + strconv.Itoa(i) }
	message := insertInto("message", list[0].columns["message"], mark) + " RETURNING id"
	delivery := insertInto("delivery", list[0].columns["delivery"], mark)
	for i := range list {
		w := &list[i]
		terms := make([]string, len(w.terms))
		for k, t := range w.terms {
			terms[k] = fmt.Sprint(w.box, "·", w.uid/2048, "·", t) // as the store has them: by spans
		}
		start := time.Now()
		if err := pgx.BeginFunc(ctx, d.c, func(tx pgx.Tx) error { return w.insert(ctx, tx, message, delivery, terms) }); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

func (w *written) insert(ctx context.Context, tx pgx.Tx, message, delivery string, terms []string) error {
	var id int64
	if err := tx.QueryRow(ctx, message, w.message...).Scan(&id); err != nil {
		return err
	}
	w.delivery[w.msg] = id
	if _, err := tx.Exec(ctx, delivery, w.delivery...); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO search (box, uid, terms) VALUES ($1, $2, $3)", w.box, w.uid, terms); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, updateBox, w.uid+1, w.box)
	return err
}
