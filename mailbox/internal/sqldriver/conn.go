package sqldriver

import (
	"database/sql"
	"errors"
	"time"

	"github.com/quire-dev/quire"
)

// Conn is a transaction. Its queries have ? for each argument.
type Conn interface {
	// Row is the first row of a query. Scanning one that is not there is an error
	// that is [sql.ErrNoRows].
	Row(query string, args ...any) Row
	// Each calls f for each row of a query.
	Each(f func(row Row) error, query string, args ...any) error
	// ID is the row number of a mailbox; 0 when it is unknown.
	ID(box quire.Address) (int64, error)
}

// Row is one row of an answer.
type Row interface{ Scan(dest ...any) error }

// WriteConn is a transaction that writes.
type WriteConn interface {
	Conn
	Exec(query string, args ...any) error
	// Insert inserts a row, and returns its number, column id.
	Insert(query string, args ...any) (id int64, err error)
	// Made is ID; an unknown mailbox is made.
	Made(box quire.Address) (int64, error)
	// PutBlob keeps that there is content, but none of it, and returns its row
	// number. made: it was not there.
	PutBlob(d quire.Digest, size int) (id int64, made bool, err error)
}

// Reader is what of a [driver.Read] is the same for SQLite and PostgreSQL.
type Reader struct {
	Conn    Conn
	Arrives string // the condition of index delivery_arrives
	Sealed  bool   // what messages say is written under a seal, whatever it takes
	Short   bool   // ids that are UUIDs are kept as 16 bytes
	epoch   string // "": not read yet
}

// Writer is what of a [driver.Write] is the same besides.
type Writer struct {
	Conn   WriteConn
	Reader *Reader
	// Fresh are the messages that were stored in this transaction.
	Fresh map[quire.MessageID]Fresh
}

// Fresh is a message that was stored: its number, and what it is found by.
type Fresh struct {
	ID    int64
	Terms []string
}

// None says whether a row was not there; other errors stay.
func None(err error) (bool, error) {
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return false, err
	}
	return true, nil
}

// listOf reads all rows of a query.
func listOf[T any](c Conn, scan func(row Row) (T, error), query string, args ...any) ([]T, error) {
	var list []T
	err := c.Each(func(row Row) error {
		one, err := scan(row)
		list = append(list, one)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Numbers reads a column of numbers.
func Numbers(c Conn, query string, args ...any) ([]int64, error) {
	return column[int64](c, query, args...)
}

// column reads a column.
func column[T any](c Conn, query string, args ...any) (list []T, err error) {
	var one T
	dest := []any{&one}
	err = c.Each(func(row Row) error {
		err := row.Scan(dest...)
		list = append(list, one)
		return err
	}, query, args...)
	return list, err
}

// Time reads a time as it is stored, in microseconds since 1970.
func Time(us int64) time.Time { return time.UnixMicro(us).UTC() }
