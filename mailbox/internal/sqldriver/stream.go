package sqldriver

import (
	"encoding/json"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// ofBox names a mailbox by its address: whoever only writes to streams need not know
// more of it.
const ofBox = " WHERE box = (SELECT id FROM box WHERE addr = ?) "

// StreamNumbers implements [driver.ReadStreams].
func (r *Reader) StreamNumbers(addr quire.Address) ([]uint64, error) {
	return column[uint64](r.Conn, "SELECT DISTINCT stream FROM stream"+ofBox+"ORDER BY stream", string(addr))
}

// StreamAttempts implements [driver.ReadStreams].
func (r *Reader) StreamAttempts(addr quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	return r.AttemptsFor("", addr, stream)
}

// AttemptsFor is StreamAttempts with what stands behind its statement.
func (r *Reader) AttemptsFor(update string, addr quire.Address, stream uint64) ([]driver.StreamAttempt, error) {
	return listOf(r.Conn, func(row Row) (driver.StreamAttempt, error) {
		a := driver.StreamAttempt{Stream: stream}
		var holder, ending []byte
		var began int64
		if err := row.Scan(&a.Attempt, &holder, &a.Fence, &began, &a.First, &a.Next, &a.Bytes, &a.Keep, &a.About, &ending); err != nil {
			return a, err
		}
		a.Holder, a.Began = string(holder), Time(began)
		if ending != nil {
			if err := json.Unmarshal(ending, &a.End); err != nil {
				return a, fmt.Errorf("%w: a stream's end: %w", mailbox.ErrCorrupt, err)
			}
		}
		return a, nil
	}, "SELECT attempt, holder, fence, began, first, next, bytes, keep, about, ending FROM stream"+ofBox+"AND stream = ? ORDER BY attempt"+update, string(addr), Num(stream))
}

// StreamChunks implements [driver.ReadStreams].
func (r *Reader) StreamChunks(addr quire.Address, stream uint64, attempt int, from uint64, limit int) ([][]byte, error) {
	return column[[]byte](r.Conn, "SELECT data FROM said"+ofBox+"AND stream = ? AND attempt = ? AND n >= ? ORDER BY n LIMIT ?", string(addr), Num(stream), attempt, Num(from), limit)
}

// PutStreamAttempt implements [driver.Write].
func (w *Writer) PutStreamAttempt(addr quire.Address, a *driver.StreamAttempt) (err error) {
	var ending []byte
	if a.End != nil {
		if ending, err = json.Marshal(a.End); err != nil {
			return err
		}
	}
	return w.inBox("INSERT INTO stream (stream, attempt, holder, fence, began, first, next, bytes, keep, about, ending, box) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (box, stream, attempt) DO UPDATE SET first = excluded.first, next = excluded.next, bytes = excluded.bytes, ending = excluded.ending", addr,
		Num(a.Stream), a.Attempt, []byte(a.Holder), Num(a.Fence), a.Began.UnixMicro(), Num(a.First), Num(a.Next), a.Bytes, a.Keep, a.About, ending)
}

// PutStreamChunk implements [driver.Write].
func (w *Writer) PutStreamChunk(addr quire.Address, stream uint64, attempt int, offset uint64, data []byte) error {
	return w.inBox("INSERT INTO said (stream, attempt, n, data, box) VALUES (?, ?, ?, ?, ?)", addr, Num(stream), attempt, Num(offset), data)
}

// DropStreamChunks implements [driver.Write].
func (w *Writer) DropStreamChunks(addr quire.Address, stream uint64, attempt int, below uint64) error {
	return w.inBox("DELETE FROM said WHERE stream = ? AND attempt = ? AND n < ? AND box = ?", addr, Num(stream), attempt, Num(below))
}

// DropStreams implements [driver.Write].
func (w *Writer) DropStreams(addr quire.Address, below uint64) error {
	if err := w.inBox("DELETE FROM said WHERE stream < ? AND box = ?", addr, Num(below)); err != nil {
		return err
	}
	return w.inBox("DELETE FROM stream WHERE stream < ? AND box = ?", addr, Num(below))
}
