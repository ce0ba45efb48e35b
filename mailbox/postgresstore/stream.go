package postgresstore

// streamTables came with format 2. said has the chunks of table stream's attempts.
const streamTables = `
CREATE TABLE stream (
	box BIGINT NOT NULL, stream BIGINT NOT NULL, attempt INTEGER NOT NULL,
	holder BYTEA NOT NULL, fence BIGINT NOT NULL, began BIGINT NOT NULL,
	first BIGINT NOT NULL, next BIGINT NOT NULL, bytes BIGINT NOT NULL, keep BIGINT NOT NULL,
	about BYTEA, ending BYTEA,
	PRIMARY KEY (box, stream, attempt)
) WITH (fillfactor = 50);
CREATE TABLE said (box BIGINT NOT NULL, stream BIGINT NOT NULL, attempt INTEGER NOT NULL, n BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (box, stream, attempt, n));
`
