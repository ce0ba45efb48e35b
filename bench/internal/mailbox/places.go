package mailbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	drivers "github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mailbox/postgresstore"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
)

// before is the state so many changes earlier. States are opaque to users; here it
// saves keeping one for each store.
func before(s quire.State, n uint64) (quire.State, error) {
	epoch, digits, _ := strings.Cut(string(s), ":")
	modseq, err := strconv.ParseUint(digits, 10, 64)
	return quire.State(epoch + ":" + strconv.FormatUint(modseq-min(n, modseq), 10)), err
}

// memory is the store in memory: opening it again gives the same one.
type memory struct{ kept *mailbox.Store }

type unclosed struct{ drivers.Driver }

func (unclosed) Close() error { return nil }

func (m *memory) open(context.Context, bool) (*mailbox.Store, error) {
	if m.kept == nil {
		m.kept = memstore.New(nil)
	}
	return m.kept.Wrap(func(d drivers.Driver) drivers.Driver { return unclosed{d} })
}

func (*memory) driver(context.Context) (driver, error) { return nil, nil }

func (m *memory) remove() error {
	if m.kept == nil {
		return nil
	}
	return m.kept.Close()
}

// sqlite is a file, in a folder of its own unless it is kept.
type sqlite struct{ dir, kept string }

func newSQLite(keep string) (*sqlite, error) {
	if keep != "" {
		return &sqlite{kept: keep}, nil
	}
	dir, err := os.MkdirTemp("", "quire-mailbox-")
	return &sqlite{dir: dir}, err
}

func (s *sqlite) path() string {
	if s.kept != "" {
		return s.kept
	}
	return filepath.Join(s.dir, "mail.db")
}

func (s *sqlite) open(ctx context.Context, quick bool) (*mailbox.Store, error) {
	store, err := sqlitestore.Open(ctx, s.path(), &sqlitestore.Options{Normal: quick})
	if err != nil {
		return nil, err
	}
	return store.Store, nil
}

func (s *sqlite) remove() error {
	if s.kept != "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// postgres is a schema on a server.
type postgres struct {
	dsn, schema string
	kept        bool
}

func newPostgres(dsn, keep string) (*postgres, error) {
	if keep != "" {
		return &postgres{dsn, keep, true}, nil
	}
	return &postgres{dsn, "quire bench " + string(mailbox.NewID()), false}, nil
}

func (p *postgres) open(ctx context.Context, _ bool) (*mailbox.Store, error) {
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
	if p.kept {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	c, err := p.connect(ctx)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{p.schema}.Sanitize()+" CASCADE")
	return errors.Join(err, c.Close(ctx))
}
