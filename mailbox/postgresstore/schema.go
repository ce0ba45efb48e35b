package postgresstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire/internal/rank"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/sqldriver"
)

// migrations are all formats there ever were: the first makes format 1 of an empty
// schema. Never change one that was released; add another.
var migrations = []migration{run(tables), run(streamTables), run(lowTable), run(spanTerms), run(claimColumns), joinStates, run(vectorTable), run(commitTimes), run(revisions)}

// migration brings the tables from the format before to its own.
type migration func(ctx context.Context, tx pgx.Tx) error

// run makes a migration of SQL.
func run(sql string) migration {
	return func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql)
		return err
	}
}

// lowTable came with format 3: the low marks of mailboxes that were compacted.
const lowTable = `
CREATE TABLE low (box BIGINT PRIMARY KEY, modseq BIGINT NOT NULL);
`

// vectorTable came with format 7: what embedders made of messages, by delivery and model.
// Vectors do not get smaller by compressing: they are stored as they are.
const vectorTable = `
CREATE TABLE IF NOT EXISTS vector (box BIGINT NOT NULL, uid BIGINT NOT NULL, model BYTEA NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (box, uid, model));
ALTER TABLE vector ALTER COLUMN data SET STORAGE EXTERNAL;
`

const never = sqldriver.Never

// spanTerms came with format 4: the index knows spans of deliveries. What is still to
// be put in its place is looked through for each of them, so there is little of it.
const spanTerms = `
DROP INDEX search_terms;
UPDATE search SET terms = ARRAY(SELECT box || '·' || uid / 2048 || substring(t FROM '·[^·]*$') FROM unnest(terms) t);
CREATE INDEX search_terms ON search USING GIN (terms) WITH (gin_pending_list_limit = 64);
`

// claimColumns came with format 5: when a delivery was put off, by which a clock that
// was ahead is noticed; whom a message did not reach; and what stands around a body
// counts in the quota.
const claimColumns = `
ALTER TABLE delivery ADD COLUMN IF NOT EXISTS put_off BIGINT NOT NULL DEFAULT ` + never + `;
DROP INDEX IF EXISTS delivery_open;
CREATE INDEX delivery_open ON delivery (box, uid) INCLUDE (visible_at, put_off, valid_until, sent) WHERE open = 1;
CREATE TABLE IF NOT EXISTS bounced (msg BIGINT PRIMARY KEY, list BYTEA NOT NULL);
UPDATE box SET open_bytes = (SELECT coalesce(sum(least(m.bytes, 1099511627776) + coalesce(octet_length(m.head), 0)), 0) FROM delivery d JOIN message m ON m.id = d.msg WHERE d.box = box.id AND d.open = 1);
`

// commitTimes came with format 8: commits' ids are kept for an age, from now on for those
// of before; messages of which nothing is left are found; and receipts are packed, which
// the first byte says: those of before that begin with such a byte get one.
const commitTimes = `
CREATE INDEX IF NOT EXISTS message_gone ON message (sent) WHERE head IS NULL;
DO $$ BEGIN
	IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'done' AND column_name = 'at') THEN
		ALTER TABLE done ADD COLUMN at BIGINT NOT NULL DEFAULT 0;
		UPDATE done SET at = (extract(epoch FROM now()) * 1000000)::bigint;
		UPDATE receipt SET data = '\x00'::bytea || data WHERE substr(data, 1, 1) IN ('\x00'::bytea, '\x01'::bytea);
	END IF;
END $$;
`

// revisions came with format 9: ids of commits that changed an agent's state are kept for
// some revisions of it. What messages say is shrunk from then on; what was kept before is
// read as it is.
const revisions = `
ALTER TABLE done ADD COLUMN IF NOT EXISTS rev BIGINT NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS done_rev ON done (box, rev) WHERE rev > 0;
`

// Times are microseconds since 1970; never is the zero time. Text that may be
// anything is BYTEA: TEXT has no NUL. Text is compared by its bytes, as on every
// other store.
//
// search has one row a delivery: each term of package rank behind the number of its
// mailbox and, since format 4, of its span of 2048 deliveries ("7·0·invoice"), so that
// a search looks at one mailbox only, and for a term that most messages have at the
// newest of them only. An array and no tsvector: that one ends at 1 MB. How often a
// term stands in a message is in message.freq when it is more than once.
const tables = `
CREATE TABLE box (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, addr TEXT COLLATE "C" NOT NULL UNIQUE,
	next_uid BIGINT NOT NULL DEFAULT 1, modseq BIGINT NOT NULL DEFAULT 0, rev BIGINT NOT NULL DEFAULT 0,
	total BIGINT NOT NULL DEFAULT 0, agent BOOLEAN NOT NULL DEFAULT false,
	open BIGINT NOT NULL DEFAULT 0, open_bytes BIGINT NOT NULL DEFAULT 0, open_tokens BIGINT NOT NULL DEFAULT 0,
	owner TEXT COLLATE "C" NOT NULL DEFAULT '', fence BIGINT NOT NULL DEFAULT 0, owned_until BIGINT NOT NULL DEFAULT ` + never + `,
	wset BYTEA, composer BYTEA
) WITH (fillfactor = 50);

CREATE TABLE message (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mid TEXT COLLATE "C" NOT NULL UNIQUE,
	digest BYTEA NOT NULL, sender TEXT COLLATE "C" NOT NULL, sent BIGINT NOT NULL, hops INTEGER NOT NULL, chain INTEGER NOT NULL, via BYTEA, signature BYTEA,
	bytes BIGINT NOT NULL, tokens BIGINT NOT NULL, snippet TEXT NOT NULL, words INTEGER NOT NULL,
	head BYTEA, parts BYTEA, freq BYTEA
);

CREATE TABLE delivery (
	box BIGINT NOT NULL, uid BIGINT NOT NULL, msg BIGINT NOT NULL,
	created BIGINT NOT NULL, modseq BIGINT NOT NULL, flags BIGINT NOT NULL,
	open INTEGER NOT NULL, arrives BOOLEAN NOT NULL, self BOOLEAN NOT NULL,
	trust TEXT COLLATE "C" NOT NULL, thread TEXT COLLATE "C" NOT NULL, visible_at BIGINT NOT NULL,
	sender TEXT COLLATE "C" NOT NULL, sender_base TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, sent BIGINT NOT NULL,
	valid_until BIGINT NOT NULL, reply_by BIGINT NOT NULL, same TEXT COLLATE "C" NOT NULL,
	rcpt TEXT COLLATE "C" NOT NULL, lease BYTEA, counts BYTEA,
	PRIMARY KEY (box, uid)
);
CREATE UNIQUE INDEX delivery_msg ON delivery (msg, box);
CREATE INDEX delivery_modseq ON delivery (box, modseq);
CREATE INDEX delivery_created ON delivery (box, created);
CREATE INDEX delivery_thread ON delivery (box, thread, uid);
CREATE INDEX delivery_sender ON delivery (box, sender_base, uid);
CREATE INDEX delivery_rcpt ON delivery (box, rcpt, uid) WHERE rcpt <> '';
CREATE INDEX delivery_queue ON delivery (box, rcpt, uid) WHERE open = 1 AND rcpt <> '';
CREATE INDEX delivery_kind ON delivery (box, kind, uid);
CREATE INDEX delivery_open ON delivery (box, uid) INCLUDE (visible_at, valid_until, sent) WHERE open = 1;
CREATE INDEX delivery_arrives ON delivery (box, uid) WHERE arrives;
CREATE INDEX delivery_visible ON delivery (box, visible_at) WHERE open = 1 AND visible_at <> ` + never + `;
CREATE INDEX delivery_due ON delivery (box, reply_by) WHERE open = 1 AND reply_by <> ` + never + `;
CREATE INDEX delivery_same ON delivery (box, same, sent) WHERE same <> '';

CREATE TABLE search (box BIGINT NOT NULL, uid BIGINT NOT NULL, terms TEXT[] COLLATE "C" NOT NULL, PRIMARY KEY (box, uid));
CREATE INDEX search_terms ON search USING GIN (terms);

CREATE TABLE gone (box BIGINT NOT NULL, modseq BIGINT NOT NULL, uid BIGINT NOT NULL, PRIMARY KEY (box, modseq));

CREATE TABLE blob (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest BYTEA NOT NULL UNIQUE, size BIGINT NOT NULL);
CREATE TABLE chunk (blob BIGINT NOT NULL, n INTEGER NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (blob, n));
CREATE TABLE refers (digest BYTEA NOT NULL, msg BIGINT NOT NULL, PRIMARY KEY (digest, msg));
CREATE INDEX refers_msg ON refers (msg);

CREATE TABLE journal (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, box BIGINT NOT NULL, step BYTEA NOT NULL, call BIGINT NOT NULL,
	call_id BYTEA NOT NULL, tool BYTEA NOT NULL, args BYTEA NOT NULL, status TEXT NOT NULL, is_error BOOLEAN NOT NULL,
	result BYTEA,
	UNIQUE (box, step, call)
);

CREATE TABLE receipt (
	box BIGINT NOT NULL, call BIGINT NOT NULL, time BIGINT NOT NULL, "full" BOOLEAN NOT NULL, data BYTEA,
	PRIMARY KEY (box, call)
);

CREATE TABLE done (box BIGINT NOT NULL, id BYTEA NOT NULL, content BYTEA NOT NULL, answer BYTEA NOT NULL, PRIMARY KEY (box, id));
`

// prepare makes the schema's format this program's, whatever is in it now. One
// process at a time does.
func prepare(ctx context.Context, tx pgx.Tx, schema string) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended('quire:' || $1, 0))", schema); err != nil {
		return err
	}
	var known bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema).Scan(&known); err != nil {
		return err
	}
	if !known {
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)"); err != nil {
		return err
	}
	if err := migrate(ctx, tx); err != nil {
		return err
	}
	epoch, err := driver.NewEpoch()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO meta (key, value) VALUES ('epoch', $1) ON CONFLICT DO NOTHING", epoch); err != nil {
		return err
	}
	return keepRank(ctx, tx)
}

// migrate brings the tables up to date.
func migrate(ctx context.Context, tx pgx.Tx) error {
	at, err := number(ctx, tx, "format")
	if err != nil {
		return err
	}
	if at < 0 || at > len(migrations) {
		return fmt.Errorf("%w (format %d; this program knows %d): use that version", mailbox.ErrNewerFormat, at, len(migrations))
	}
	for i := at; i < len(migrations); i++ {
		if err := migrations[i](ctx, tx); err != nil {
			return fmt.Errorf("bringing the tables to format %d: %w", i+1, err)
		}
	}
	return putNumber(ctx, tx, "format", len(migrations))
}

// keepRank builds the search index anew when it holds other terms than this program
// would write.
func keepRank(ctx context.Context, tx pgx.Tx) error {
	version, err := number(ctx, tx, "rank")
	if err != nil || version == rank.Version {
		return err
	}
	if err := reindex(ctx, tx); err != nil {
		return fmt.Errorf("building the search index anew: %w", err)
	}
	return putNumber(ctx, tx, "rank", rank.Version)
}

// number reads a number of table meta; 0 when it has none.
func number(ctx context.Context, tx pgx.Tx, key string) (int, error) {
	var value string
	err := tx.QueryRow(ctx, "SELECT value FROM meta WHERE key = $1", key).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("%w: the %s %q in table meta is no number", mailbox.ErrCorrupt, key, value)
	}
	return n, nil
}

func putNumber(ctx context.Context, tx pgx.Tx, key string, n int) error {
	_, err := tx.Exec(ctx, "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value <> excluded.value", key, strconv.Itoa(n))
	return err
}
