package sqldriver

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Message implements [driver.ReadMail].
func (r *Reader) Message(id quire.MessageID) (*driver.Message, error) {
	if !Storable(id) {
		return nil, nil
	}
	m := driver.Message{ID: id}
	var digest, bounced []byte
	gone, err := None(r.Conn.Row("SELECT m.digest, m.sender, m.hops, m.chain, b.list FROM message m LEFT JOIN bounced b ON b.msg = m.id WHERE m.mid = ?", r.IDOf(id)).Scan(&digest, &m.From, &m.Hops, &m.Chain, &bounced))
	if gone || err != nil {
		return nil, err
	}
	copy(m.Digest[:], digest)
	if bounced != nil {
		if err := json.Unmarshal(bounced, &m.Bounced); err != nil {
			return nil, fmt.Errorf("bounces: %w: %w", mailbox.ErrCorrupt, err)
		}
	}
	return &m, nil
}

// Holders implements [driver.ReadMail].
func (r *Reader) Holders(id quire.MessageID) ([]quire.Address, error) {
	if !Storable(id) {
		return nil, nil
	}
	return column[quire.Address](r.Conn, "SELECT b.addr FROM message m JOIN delivery d ON d.msg = m.id JOIN box b ON b.id = d.box WHERE m.mid = ? ORDER BY b.addr", r.IDOf(id))
}

// Contents implements [driver.ReadMail].
func (r *Reader) Contents(behind int64, limit int) (list []driver.Message, last int64, err error) {
	list, err = listOf(r.Conn, func(row Row) (m driver.Message, err error) {
		err = row.Scan(&last, r.ScanID(&m.ID), &m.From, &m.Snippet, &m.Head, &m.Parts)
		return m, err
	}, "SELECT id, mid, sender, snippet, head, parts FROM message WHERE id > ? AND head IS NOT NULL ORDER BY id LIMIT ?+0", behind, limit)
	if err == nil {
		err = unsealAll(list)
	}
	return list, last, err
}

// unsealAll is unseal of many messages, on all processors: who reads all that there is
// waits for this longer than for the rows.
func unsealAll(list []driver.Message) error {
	each := max((len(list)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0), 16)
	errs := make([]error, (len(list)+each-1)/each)
	var wg sync.WaitGroup
	for n := range errs {
		wg.Go(func() {
			for i := n * each; i < min((n+1)*each, len(list)) && errs[n] == nil; i++ {
				errs[n] = unseal(&list[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// PutMessage keeps a message, but for its content.
func (w *Writer) PutMessage(m *driver.Message) (err error) {
	var via []byte
	if len(m.Via) > 0 {
		if via, err = json.Marshal(m.Via); err != nil {
			return err
		}
	}
	head, snippet, parts := w.kept(m)
	id, err := w.Conn.Insert("INSERT INTO message (mid, digest, sender, sent, hops, chain, via, signature, bytes, tokens, snippet, words, head, parts, freq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		w.Reader.IDOf(m.ID), m.Digest[:], string(m.From), m.Sent.UnixMicro(), m.Hops, m.Chain, via, m.Signature, m.Bytes, m.Tokens, snippet, m.Words.Length, head, parts, m.Words.Freq)
	if err != nil {
		return err
	}
	if len(m.Bounced) > 0 {
		list, err := json.Marshal(m.Bounced)
		if err != nil {
			return err
		}
		if err := w.Conn.Exec("INSERT INTO bounced (msg, list) VALUES (?, ?)", id, list); err != nil {
			return err
		}
	}
	return w.putContent(id, m)
}

// Refill implements [driver.Write].
func (w *Writer) Refill(m *driver.Message) error {
	var id int64
	if err := w.Conn.Row("SELECT id FROM message WHERE mid = ?", w.Reader.IDOf(m.ID)).Scan(&id); err != nil {
		return err
	}
	head, snippet, parts := w.kept(m)
	if err := w.Conn.Exec("UPDATE message SET snippet = ?, head = ?, parts = ?, words = ?, freq = ? WHERE id = ? AND head IS NULL", snippet, head, parts, m.Words.Length, m.Words.Freq, id); err != nil {
		return err
	}
	return w.putContent(id, m)
}

// Erase writes what is left of a message, and returns its number; 0 when there is none.
// Its place in the index, and its blobs, are the driver's to remove.
func (w *Writer) Erase(m *driver.Message) (id int64, err error) {
	gone, err := None(w.Conn.Row("SELECT id, sender FROM message WHERE mid = ?", w.Reader.IDOf(m.ID)).Scan(&id, &m.From))
	if gone || err != nil {
		return 0, err
	}
	m.Snippet = "" // the seal covers it
	head, _, parts := w.kept(m)
	if err := w.Conn.Exec("DELETE FROM vector WHERE (box, uid) IN (SELECT box, uid FROM delivery WHERE msg = ?)", id); err != nil {
		return 0, err
	}
	return id, w.Conn.Exec("UPDATE message SET head = ?, parts = ?, bytes = ?, tokens = ?, snippet = '', words = 0, freq = NULL, via = NULL, signature = NULL WHERE id = ?", head, parts, m.Bytes, m.Tokens, id)
}

// putContent keeps the blobs of a message, and that it refers to them.
func (w *Writer) putContent(msg int64, m *driver.Message) error {
	if w.Fresh == nil {
		w.Fresh = map[quire.MessageID]Fresh{}
	}
	w.Fresh[m.ID] = Fresh{msg, m.Words.Terms}
	for _, blob := range m.Blobs {
		if err := w.putBlob(blob); err != nil {
			return err
		}
	}
	for _, d := range m.Refers {
		if err := w.Conn.Exec("INSERT INTO refers (digest, msg) VALUES (?, ?) ON CONFLICT DO NOTHING", d[:], msg); err != nil {
			return err
		}
	}
	return nil
}

// putBlob keeps content, once.
func (w *Writer) putBlob(b driver.BlobContent) error {
	id, made, err := w.Conn.PutBlob(b.Digest, len(b.Data))
	if err != nil || !made {
		return err
	}
	for n, chunk := range splitChunks(b.Data) {
		data := []byte(chunk)
		if w.Reader.Sealed {
			data = sealed(ofChunk(b.Digest, n), data)
		}
		if err := w.Conn.Exec("INSERT INTO chunk (blob, n, data) VALUES (?, ?, ?)", id, n, data); err != nil {
			return err
		}
	}
	return nil
}

// Blob implements [driver.ReadMail]. What its chunks are scanned into is B, which need
// not be a copy. Content that is read whole is checked.
func Blob[B ~[]byte](r *Reader, addr quire.Address, d quire.Digest, from, to int64) (part []byte, size int64, err error) {
	box, err := r.Conn.ID(addr)
	if err != nil {
		return nil, 0, err
	}
	var id int64
	gone, err := None(r.Conn.Row("SELECT id, size FROM blob WHERE digest = ? AND EXISTS (SELECT 1 FROM refers r JOIN delivery d ON d.msg = r.msg AND d.box = ? WHERE r.digest = blob.digest)", d[:], box).Scan(&id, &size))
	if gone {
		err = mailbox.ErrNotFound
	}
	if err != nil {
		return nil, 0, err
	}
	first, last, skip, length := chunkRange(size, from, to)
	if first == last {
		return []byte{}, size, nil
	}
	out, n := make([]byte, 0, length), first
	err = r.Conn.Each(func(row Row) error {
		var raw B
		if err := row.Scan(&raw); err != nil {
			return err
		}
		chunk, err := openChunk(d, n, size, raw)
		if err != nil {
			return err
		}
		begin := min(skip, int64(len(chunk)))
		out = append(out, chunk[begin:min(int64(len(chunk)), begin+length-int64(len(out)))]...)
		skip, n = 0, n+1
		return nil
	}, "SELECT data FROM chunk WHERE blob = ? AND n >= ? AND n < ? ORDER BY n", id, first, last)
	if err != nil {
		return nil, 0, err
	}
	if int64(len(out)) != length || length == size && quire.DigestOf(out) != d {
		return nil, 0, fmt.Errorf("content %s: %w", d.Short(), mailbox.ErrCorrupt)
	}
	return out, size, nil
}
