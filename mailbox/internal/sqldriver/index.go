package sqldriver

import (
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/words"
)

// Reindex computes anew what each message is found by, keeps it with the message, and
// calls put with it.
func (w *Writer) Reindex(put func(msg int64, terms []string) error) error {
	last := int64(0)
	for {
		var m driver.Message
		gone, err := None(w.Conn.Row("SELECT id, mid, sender, snippet, head, parts FROM message WHERE id > ? AND head IS NOT NULL ORDER BY id LIMIT 1", last).Scan(&last, w.Reader.ScanID(&m.ID), &m.From, &m.Snippet, &m.Head, &m.Parts))
		if gone || err != nil {
			return err
		}
		found, err := w.words(&m)
		if err != nil {
			return err
		}
		if err := w.Conn.Exec("UPDATE message SET words = ?, freq = ? WHERE id = ?", found.Length, found.Freq, last); err != nil {
			return err
		}
		if err := put(last, found.Terms); err != nil {
			return err
		}
	}
}

func (w *Writer) words(m *driver.Message) (found driver.Words, err error) {
	if err := unseal(m); err != nil {
		return found, err
	}
	draft, err := codec.DecodeDraft(m.Head)
	if err == nil {
		draft.Parts, err = codec.DecodeParts(m.Parts)
	}
	if err != nil {
		return found, fmt.Errorf("message %s: %w: %w", m.ID, mailbox.ErrCorrupt, err)
	}
	parts, err := w.inflate(draft.Parts)
	if err != nil {
		return found, err
	}
	return words.Of(draft.Subject, quire.PlainText(parts)), nil
}

// inflate puts the beginning of blobs back in place, as much as is indexed.
func (w *Writer) inflate(parts []quire.Part) ([]quire.Part, error) {
	out := make([]quire.Part, len(parts))
	for i, p := range parts {
		var err error
		switch q := p.(type) {
		case quire.Blob:
			p, err = w.beginning(q)
		case quire.ToolResult:
			q.Parts, err = w.inflate(q.Parts)
			p = q
		}
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}

func (w *Writer) beginning(b quire.Blob) (quire.Part, error) {
	var data []byte
	var size int64
	gone, err := None(w.Conn.Row("SELECT data, size FROM chunk JOIN blob ON blob.id = chunk.blob WHERE digest = ? AND n = 0", b.Digest[:]).Scan(&data, &size))
	if gone {
		return b, nil
	}
	if err == nil {
		data, err = openChunk(b.Digest, 0, size, data)
	}
	return quire.Text{Text: string(data)}, err
}
