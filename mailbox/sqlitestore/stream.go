package sqlitestore

// streamTables came with format 4. said has the chunks of table stream's attempts.
const streamTables = `
CREATE TABLE stream (
	box INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL,
	holder BLOB NOT NULL, fence INTEGER NOT NULL, began INTEGER NOT NULL,
	first INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL, keep INTEGER NOT NULL,
	about BLOB, ending BLOB,
	PRIMARY KEY (box, stream, attempt)
) WITHOUT ROWID;
CREATE TABLE said (id INTEGER PRIMARY KEY, box INTEGER NOT NULL, stream INTEGER NOT NULL, attempt INTEGER NOT NULL, n INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX said_n ON said (box, stream, attempt, n);
`
