package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// applicationID stands in the file's header: "quir".
const applicationID = 0x71756972

// session is a transaction or a connection inside one.
type session interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// migration brings a file from the format before to its own.
type migration func(ctx context.Context, tx session) error

// firstFormat is the first that was in a release.
const firstFormat = 3

// lowTable came with format 5: the low marks of mailboxes that were compacted. It is
// no column of table box, where each would be read behind a working set.
const lowTable = `
CREATE TABLE low (box INTEGER PRIMARY KEY, modseq INTEGER NOT NULL);
`

// migrations are all formats there ever were: the first makes a file of
// firstFormat from an empty one. Never change one that was released; add another.
var migrations = []migration{
	run(tables, searchTables),
	run(streamTables),
	run(lowTable),
	run(putOffColumn, claimTables),
	run(joinStates),
	run(vectorTable),
	run(commitTimes),
	run(shortIDs, revisions),
	run(tailTable),
}

// format is what this program writes.
var format = firstFormat - 1 + len(migrations)

// Times are microseconds since 1970; never is the zero time. Text that may be
// anything is a BLOB, so that it comes back byte for byte. Columns that large
// content follows in come last: SQLite reads a row from its front.
//
// Each index is there so that no call looks at what it does not return: a
// mailbox grows for ever. delivery_open has the columns that Status reads, so
// that counting what is pending reads no rows.
const never = sqldriver.Never

const tables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE box (
	id INTEGER PRIMARY KEY, addr TEXT NOT NULL UNIQUE,
	next_uid INTEGER NOT NULL DEFAULT 1, modseq INTEGER NOT NULL DEFAULT 0, rev INTEGER NOT NULL DEFAULT 0,
	total INTEGER NOT NULL DEFAULT 0, agent INTEGER NOT NULL DEFAULT 0,
	open INTEGER NOT NULL DEFAULT 0, open_bytes INTEGER NOT NULL DEFAULT 0, open_tokens INTEGER NOT NULL DEFAULT 0,
	owner TEXT NOT NULL DEFAULT '', fence INTEGER NOT NULL DEFAULT 0, owned_until INTEGER NOT NULL DEFAULT ` + never + `,
	wset BLOB, composer BLOB
);

CREATE TABLE message (
	id INTEGER PRIMARY KEY, mid TEXT NOT NULL UNIQUE,
	digest BLOB NOT NULL, sender TEXT NOT NULL, sent INTEGER NOT NULL, hops INTEGER NOT NULL, chain INTEGER NOT NULL, via BLOB, signature BLOB,
	bytes INTEGER NOT NULL, tokens INTEGER NOT NULL, words INTEGER NOT NULL, freq BLOB, snippet TEXT NOT NULL,
	head BLOB, parts BLOB
);

CREATE TABLE delivery (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	box INTEGER NOT NULL, uid INTEGER NOT NULL, msg INTEGER NOT NULL,
	created INTEGER NOT NULL, modseq INTEGER NOT NULL, flags INTEGER NOT NULL,
	open INTEGER NOT NULL, arrives INTEGER NOT NULL, self INTEGER NOT NULL,
	trust TEXT NOT NULL, thread TEXT NOT NULL, visible_at INTEGER NOT NULL,
	sender TEXT NOT NULL, sender_base TEXT NOT NULL, kind TEXT NOT NULL, sent INTEGER NOT NULL,
	valid_until INTEGER NOT NULL, reply_by INTEGER NOT NULL, same TEXT NOT NULL,
	rcpt TEXT NOT NULL, lease BLOB, counts BLOB
);
CREATE UNIQUE INDEX delivery_uid ON delivery (box, uid);
CREATE UNIQUE INDEX delivery_msg ON delivery (msg, box);
CREATE INDEX delivery_modseq ON delivery (box, modseq);
CREATE INDEX delivery_created ON delivery (box, created);
CREATE INDEX delivery_thread ON delivery (box, thread, uid);
CREATE INDEX delivery_sender ON delivery (box, sender_base, uid);
CREATE INDEX delivery_rcpt ON delivery (box, rcpt, uid) WHERE rcpt <> '';
CREATE INDEX delivery_queue ON delivery (box, rcpt, uid) WHERE open = 1 AND rcpt <> '';
CREATE INDEX delivery_kind ON delivery (box, kind, uid);
CREATE INDEX delivery_open ON delivery (box, uid, visible_at, valid_until, sent) WHERE open = 1;
CREATE INDEX delivery_arrives ON delivery (box, uid) WHERE arrives = 1;
CREATE INDEX delivery_visible ON delivery (box, visible_at) WHERE open = 1 AND visible_at <> ` + never + `;
CREATE INDEX delivery_due ON delivery (box, reply_by) WHERE open = 1 AND reply_by <> ` + never + `;
CREATE INDEX delivery_same ON delivery (box, same, sent) WHERE same <> '';

CREATE TABLE gone (box INTEGER NOT NULL, modseq INTEGER NOT NULL, uid INTEGER NOT NULL, PRIMARY KEY (box, modseq)) WITHOUT ROWID;

CREATE TABLE blob (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, size INTEGER NOT NULL);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, blob INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX chunk_n ON chunk (blob, n);
CREATE TABLE refers (digest BLOB NOT NULL, msg INTEGER NOT NULL, PRIMARY KEY (digest, msg)) WITHOUT ROWID;
CREATE INDEX refers_msg ON refers (msg);

CREATE TABLE journal (
	id INTEGER PRIMARY KEY AUTOINCREMENT, box INTEGER NOT NULL, step BLOB NOT NULL, call INTEGER NOT NULL,
	call_id BLOB NOT NULL, tool BLOB NOT NULL, args BLOB NOT NULL, status TEXT NOT NULL, is_error INTEGER NOT NULL,
	result BLOB
);
CREATE UNIQUE INDEX journal_call ON journal (box, step, call);

CREATE TABLE receipt (
	id INTEGER PRIMARY KEY, box INTEGER NOT NULL, call INTEGER NOT NULL, time INTEGER NOT NULL, full INTEGER NOT NULL,
	data BLOB
);
CREATE UNIQUE INDEX receipt_call ON receipt (box, call);

CREATE TABLE done (box INTEGER NOT NULL, id BLOB NOT NULL, content BLOB NOT NULL, answer BLOB NOT NULL, PRIMARY KEY (box, id)) WITHOUT ROWID;
`

// putOffColumn came with format 6: when a delivery was put off, by which a clock that was
// ahead is noticed.
func putOffColumn(ctx context.Context, tx session) error {
	var there bool
	err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM pragma_table_info('delivery') WHERE name = 'put_off'").Scan(&there)
	if err == nil && !there {
		_, err = tx.ExecContext(ctx, "ALTER TABLE delivery ADD COLUMN put_off INTEGER NOT NULL DEFAULT "+never)
	}
	return err
}

// claimTables came with format 6: whom a message did not reach; and what stands around a
// body counts in the quota.
const claimTables = `
DROP INDEX IF EXISTS delivery_open;
CREATE INDEX delivery_open ON delivery (box, uid, visible_at, put_off, valid_until, sent) WHERE open = 1;
CREATE TABLE IF NOT EXISTS bounced (msg INTEGER PRIMARY KEY, list BLOB NOT NULL);
UPDATE box SET open_bytes = (SELECT coalesce(sum(min(m.bytes, 1099511627776) + max(coalesce(length(m.head), 0) - 5, 0)), 0) FROM delivery d JOIN message m ON m.id = d.msg WHERE d.box = box.id AND d.open = 1);
`

// vectorTable came with format 8: what embedders made of messages, by delivery and model.
const vectorTable = `
CREATE TABLE IF NOT EXISTS vector (id INTEGER PRIMARY KEY, box INTEGER NOT NULL, uid INTEGER NOT NULL, model BLOB NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS vector_uid ON vector (box, uid, model);
`

// commitTimes came with format 9: commits' ids are kept for an age, from now on for those
// of before; messages of which nothing is left are found; and receipts are packed, which
// the first byte says: those of before that begin with such a byte get one.
func commitTimes(ctx context.Context, tx session) error {
	var there bool
	err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM pragma_table_info('done') WHERE name = 'at'").Scan(&there)
	if err == nil && !there {
		_, err = tx.ExecContext(ctx, "ALTER TABLE done ADD COLUMN at INTEGER NOT NULL DEFAULT 0; UPDATE done SET at = unixepoch() * 1000000; CREATE INDEX IF NOT EXISTS message_gone ON message (sent) WHERE head IS NULL; UPDATE receipt SET data = CAST(x'00' || data AS BLOB) WHERE substr(data, 1, 1) IN (x'00', x'01')")
	}
	return err
}

// shortIDs came with format 10: ids that are UUIDs are 16 bytes. What messages say is
// shrunk from then on; what was kept before is read as it is.
var shortIDs = "UPDATE message SET mid = unhex(mid, '-') WHERE " + sqldriver.LongIDs("mid") + ";" +
	"UPDATE delivery SET thread = unhex(thread, '-') WHERE " + sqldriver.LongIDs("thread") + ";"

// revisions came with format 10: ids of commits that changed an agent's state are kept for
// some revisions of it.
func revisions(ctx context.Context, tx session) error {
	var there bool
	err := tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM pragma_table_info('done') WHERE name = 'rev'").Scan(&there)
	if err == nil && !there {
		_, err = tx.ExecContext(ctx, "ALTER TABLE done ADD COLUMN rev INTEGER NOT NULL DEFAULT 0; CREATE INDEX IF NOT EXISTS done_rev ON done (box, rev) WHERE rev > 0")
	}
	return err
}

// The index has one row a delivery, under its id, once it has left the tail: each term of package rank
// behind the number of its mailbox ("7·invoice"), so that a search reads the
// newest deliveries of one mailbox and no others. The ascii tokenizer takes
// everything beyond ASCII for letters: terms come back as they are. How often a
// term stands in a message is in message.freq when it is more than once.
const searchTables = `
CREATE VIRTUAL TABLE search USING fts5 (terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
`

// tailTable came with format 11: the terms of the newest deliveries, which go to the index
// together. See tail.go.
const tailTable = `
CREATE TABLE IF NOT EXISTS tail (id INTEGER PRIMARY KEY, terms TEXT NOT NULL);
`

// run makes a migration of SQL and functions, in order.
func run(steps ...any) migration {
	return func(ctx context.Context, tx session) error {
		for _, s := range steps {
			switch s := s.(type) {
			case string:
				if _, err := tx.ExecContext(ctx, s); err != nil {
					return err
				}
			case func(context.Context, session) error:
				if err := s(ctx, tx); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// prepare makes the file's format this program's, whatever is in it now.
func prepare(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	version, err := formatOf(ctx, tx)
	if err != nil {
		return err
	}
	if err := migrate(ctx, tx, version); err != nil {
		return err
	}
	if err := keepEpoch(ctx, tx); err != nil {
		return err
	}
	if err := keepRank(ctx, tx); err != nil {
		return err
	}
	var off bool // by a scrub that did not end
	if err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM search_config WHERE k = 'automerge' AND v = 0)").Scan(&off); err != nil {
		return err
	}
	if off {
		if err := mergeByItself(ctx, tx, true); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// formatOf reads the file's format; an empty file has format 0.
func formatOf(ctx context.Context, tx session) (int, error) {
	var app, version, objects int
	row := tx.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)")
	if err := row.Scan(&app, &version, &objects); err != nil {
		return 0, err
	}
	switch {
	case objects > 0 && app != applicationID || objects == 0 && version != 0:
		return 0, fmt.Errorf("%w: it is the database of another program", mailbox.ErrCorrupt)
	case version > format:
		return 0, fmt.Errorf("%w (format %d; this program knows %d): use that version", mailbox.ErrNewerFormat, version, format)
	case version != 0 && version < firstFormat:
		return 0, fmt.Errorf("%w: it says that it has format %d; the first that was released is %d", mailbox.ErrCorrupt, version, firstFormat)
	}
	return version, nil
}

// checkFormat lets a file be read as it is.
func checkFormat(ctx context.Context, db *sql.DB) error {
	version, err := formatOf(ctx, db)
	if err == nil && version < format {
		return fmt.Errorf("%w: it has format %d: open it once for writing, which brings it to format %d", mailbox.ErrReadOnly, version, format)
	}
	return err
}

// migrate runs the migrations after a format.
func migrate(ctx context.Context, tx session, from int) error {
	for i := max(from, firstFormat-1); i < format; i++ {
		if err := migrations[i-firstFormat+1](ctx, tx); err != nil {
			return fmt.Errorf("bringing the file to format %d: %w", i+1, err)
		}
	}
	if from == format {
		return nil
	}
	_, err := tx.ExecContext(ctx, "PRAGMA application_id = "+strconv.Itoa(applicationID)+"; PRAGMA user_version = "+strconv.Itoa(format))
	return err
}

// keepEpoch gives a file without an epoch one: a new file, or a backup.
func keepEpoch(ctx context.Context, tx session) error {
	epoch, err := driver.NewEpoch()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING", epoch)
	return err
}

// keepRank builds the search index anew when it holds other terms than this
// program would write.
func keepRank(ctx context.Context, tx session) error {
	var version string
	err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'rank'").Scan(&version)
	if err != nil && err != sql.ErrNoRows {
		return err
	}
	if version == strconv.Itoa(rank.Version) {
		return nil
	}
	return reindex(ctx, tx)
}

// terms is the text of a row of the index.
func terms(box int64, list []string) string {
	prefix := strconv.FormatInt(box, 10) + "·"
	var b strings.Builder
	for i, t := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(prefix)
		b.WriteString(t)
	}
	return b.String()
}
