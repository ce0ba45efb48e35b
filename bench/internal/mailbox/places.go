package mailbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
	"github.com/quire-dev/quire/mailbox/rank"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// before is the state so many changes earlier. States are opaque to users; here it
// saves keeping one for each store.
func before(s quire.State, n uint64) (quire.State, error) {
	epoch, digits, _ := strings.Cut(string(s), ":")
	modseq, err := strconv.ParseUint(digits, 10, 64)
	return mailbox.FormatState(epoch, modseq-min(n, modseq)), err
}

// memory is the store in memory: opening it again gives the same one.
type memory struct{ kept *mailbox.Mem }

type unclosed struct{ mailbox.Store }

func (unclosed) Close() error { return nil }

func (m *memory) open(context.Context, bool) (mailbox.Store, error) {
	if m.kept == nil {
		m.kept = mailbox.NewMem()
	}
	return unclosed{m.kept}, nil
}

func (*memory) driver(context.Context, int) ([]time.Duration, error) { return nil, nil }

func (m *memory) remove() error {
	if m.kept == nil {
		return nil
	}
	return m.kept.Close()
}

// sqlite is a file.
type sqlite struct{ dir string }

func newSQLite() (*sqlite, error) {
	dir, err := os.MkdirTemp("", "quire-mailbox-")
	return &sqlite{dir}, err
}

func (s *sqlite) path() string { return filepath.Join(s.dir, "mail.db") }

func (s *sqlite) open(ctx context.Context, quick bool) (mailbox.Store, error) {
	return sqlitestore.Open(ctx, s.path(), &sqlitestore.Options{Normal: quick})
}

func (s *sqlite) remove() error { return os.RemoveAll(s.dir) }

// tables are those that a message writes a row to, and how its terms are kept.
func copies(columns []string, skip ...string) (names []string, keep []int) {
	for i, c := range columns {
		if !slices.Contains(skip, c) {
			names, keep = append(names, `"`+c+`"`), append(keep, i)
		}
	}
	return names, keep
}

func (s *sqlite) driver(ctx context.Context, messages int) (took []time.Duration, err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(s.path())+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=cache_size(-8000)")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	list, err := readRows(messages, func(query string) (rows, error) { return db.QueryContext(ctx, query) })
	if err != nil {
		return nil, err
	}
	insert := map[string]*sql.Stmt{}
	for table, columns := range list[0].columns {
		if insert[table], err = db.PrepareContext(ctx, insertInto(table, columns, func(int) string { return "?" })); err != nil {
			return nil, err
		}
	}
	search, err := db.PrepareContext(ctx, "INSERT INTO search (rowid, terms) VALUES (?, ?)")
	if err != nil {
		return nil, err
	}
	box, err := db.PrepareContext(ctx, updateBox)
	if err != nil {
		return nil, err
	}
	for i := range list {
		terms := strings.Join(list[i].terms, " ")
		start := time.Now()
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		res, err := tx.StmtContext(ctx, insert["message"]).ExecContext(ctx, list[i].message...)
		if err == nil {
			list[i].delivery[list[i].msg], err = res.LastInsertId()
		}
		if err == nil {
			res, err = tx.StmtContext(ctx, insert["delivery"]).ExecContext(ctx, list[i].delivery...)
		}
		if err == nil {
			var row int64
			row, err = res.LastInsertId()
			if err == nil {
				_, err = tx.StmtContext(ctx, search).ExecContext(ctx, row, terms)
			}
		}
		if err == nil {
			_, err = tx.StmtContext(ctx, box).ExecContext(ctx, list[i].uid+1, list[i].uid, list[i].box)
		}
		if err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

const updateBox = "UPDATE box SET next_uid = $1, modseq = $2, total = total + 1 WHERE id = $3"

func insertInto(table string, columns []string, place func(i int) string) string {
	list := make([]string, len(columns))
	for i := range columns {
		list[i] = place(i + 1)
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(list, ", ") + ")"
}

// written is what one message wrote, made ready to be written again.
type written struct {
	columns           map[string][]string
	message, delivery []any
	msg               int // place of the message's number in delivery
	terms             []string
	box, uid          int64
}

// rows is what two drivers have in common.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// readRows reads the last messages' rows, with new ids and numbers.
func readRows(messages int, query func(string) (rows, error)) ([]written, error) {
	list := make([]written, messages)
	last := fmt.Sprintf("FROM delivery d JOIN message m ON m.id = d.msg ORDER BY d.uid DESC LIMIT %d", messages)
	var columns = map[string][]string{}
	for _, table := range []string{"message", "delivery"} {
		names, values, err := readTable("SELECT "+table[:1]+".* "+last, query)
		if err != nil {
			return nil, err
		}
		if len(values) != messages {
			return nil, fmt.Errorf("%d rows of table %s for %d messages", len(values), table, messages)
		}
		kept, keep := copies(names, "id")
		columns[table] = kept
		for k, row := range values {
			w := &list[messages-1-k] // oldest first
			w.columns = columns
			for j, i := range keep {
				v := row[i]
				switch names[i] {
				case "mid":
					v = fmt.Sprint(v, "-again")
				case "msg":
					w.msg = j
				case "uid", "modseq", "created":
					w.uid = v.(int64) + int64(messages)
					v = w.uid
				case "box":
					w.box = v.(int64)
				}
				if table == "message" {
					w.message = append(w.message, v)
				} else {
					w.delivery = append(w.delivery, v)
				}
			}
		}
	}
	for i := range list {
		text := past{}.text(i)
		for _, t := range rank.Analyze(text).Terms() {
			list[i].terms = append(list[i].terms, fmt.Sprint(list[i].box, "·", t))
		}
	}
	return list, nil
}

func readTable(q string, query func(string) (rows, error)) (names []string, values [][]any, err error) {
	r, err := query(q)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	switch r := r.(type) {
	case *sql.Rows:
		if names, err = r.Columns(); err != nil {
			return nil, nil, err
		}
	case pgRows:
		for _, f := range r.FieldDescriptions() {
			names = append(names, f.Name)
		}
	}
	for r.Next() {
		row, dest := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := r.Scan(dest...); err != nil {
			return nil, nil, err
		}
		values = append(values, row)
	}
	return names, values, r.Err()
}

// pgRows closes as the rows of database/sql do.
type pgRows struct{ pgx.Rows }

func (r pgRows) Close() error { r.Rows.Close(); return nil }

// postgres is a schema on a server.
type postgres struct{ dsn, schema string }

func newPostgres(dsn string) (*postgres, error) {
	return &postgres{dsn, "quire bench " + string(mailbox.NewID())}, nil
}

func (p *postgres) open(ctx context.Context, _ bool) (mailbox.Store, error) {
	return postgresstore.Open(ctx, p.dsn, &postgresstore.Options{Schema: p.schema})
}

func (p *postgres) connect(ctx context.Context) (*pgx.Conn, error) {
	c, err := pgx.ParseConfig(p.dsn)
	if err != nil {
		return nil, err
	}
	c.RuntimeParams["search_path"] = pgx.Identifier{p.schema}.Sanitize()
	return pgx.ConnectConfig(ctx, c)
}

func (p *postgres) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{p.schema}.Sanitize()+" CASCADE")
	return errors.Join(err, c.Close(ctx))
}

func (p *postgres) driver(ctx context.Context, messages int) (took []time.Duration, err error) {
	c, err := p.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	list, err := readRows(messages, func(query string) (rows, error) {
		r, err := c.Query(ctx, query)
		return pgRows{r}, err
	})
	if err != nil {
		return nil, err
	}
	place := func(i int) string { return "$" + strconv.Itoa(i) }
	message := insertInto("message", list[0].columns["message"], place) + " RETURNING id"
	delivery := insertInto("delivery", list[0].columns["delivery"], place)
	for i := range list {
		w := &list[i]
		start := time.Now()
		if err := pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
			var id int64
			if err := tx.QueryRow(ctx, message, w.message...).Scan(&id); err != nil {
				return err
			}
			w.delivery[w.msg] = id
			if _, err := tx.Exec(ctx, delivery, w.delivery...); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "INSERT INTO search (box, uid, terms) VALUES ($1, $2, $3)", w.box, w.uid, w.terms); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, updateBox, w.uid+1, w.uid, w.box)
			return err
		}); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}
