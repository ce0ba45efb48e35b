package archive

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// batch bounds what is in memory: messages, and bytes of their content.
const (
	batchMessages = 200
	batchBytes    = 4 << 20
)

// Export writes the mailboxes of addrs to w as JSON Lines, and returns how many
// messages there were. The same store gives the same bytes.
func Export(ctx context.Context, store *mailbox.Store, w io.Writer, addrs ...quire.Address) (messages int, err error) {
	buffered := bufio.NewWriterSize(w, 1<<16)
	x := &exporter{ctx: ctx, store: store, json: json.NewEncoder(buffered)}
	x.json.SetEscapeHTML(false)
	if err := x.write(line{Quire: version}); err != nil {
		return 0, err
	}
	for _, addr := range addrs {
		if err := x.mailbox(addr.Base()); err != nil {
			return x.messages, fmt.Errorf("archive: export %s: %w", addr, err)
		}
	}
	if err := x.write(line{End: &end{x.lines}}); err != nil {
		return x.messages, err
	}
	if err := buffered.Flush(); err != nil {
		return x.messages, fmt.Errorf("archive: export: %w", err)
	}
	return x.messages, nil
}

type exporter struct {
	ctx      context.Context
	store    *mailbox.Store
	json     *json.Encoder
	lines    int
	messages int
}

func (x *exporter) write(l line) error {
	x.lines++
	if err := x.json.Encode(&l); err != nil {
		return fmt.Errorf("archive: export: %w", err)
	}
	return nil
}

func (x *exporter) mailbox(addr quire.Address) error {
	if err := x.write(line{Mailbox: addr}); err != nil {
		return err
	}
	err := each(x.ctx, x.store, addr, func(it *quire.Item) error {
		m, err := toLine(it)
		if err != nil {
			return err
		}
		for _, d := range blobs(it.Parts, nil) {
			data, err := x.store.Content(x.ctx, addr, d, 0, 0)
			if err != nil {
				return err
			}
			m.Blobs = append(m.Blobs, blob{d, data})
		}
		x.messages++
		return x.write(line{Message: m})
	})
	if err == nil {
		err = x.receipts(addr)
	}
	if err == nil {
		err = x.state(addr)
	}
	return err
}

// each calls f with the messages of a mailbox, the oldest first.
func each(ctx context.Context, store *mailbox.Store, addr quire.Address, f func(it *quire.Item) error) error {
	q := mailbox.Query{Oldest: true, Limit: batchMessages}
	for {
		page, err := store.Query(ctx, addr, q)
		if err != nil {
			return err
		}
		for rows := page.Rows; len(rows) > 0; {
			var g mailbox.Get
			for bytes := int64(0); len(rows) > 0 && (len(g.UIDs) == 0 || bytes+rows[0].Bytes <= batchBytes); rows = rows[1:] {
				bytes += rows[0].Bytes
				g.UIDs = append(g.UIDs, rows[0].UID)
			}
			items, err := store.Get(ctx, addr, g)
			if err != nil {
				return err
			}
			for i := range items {
				if err := f(&items[i]); err != nil {
					return err
				}
			}
		}
		if q.Cursor = page.Next; !page.More {
			return nil
		}
	}
}

// receipts writes all receipts, some calls at a time; over gaps in larger steps.
func (x *exporter) receipts(addr quire.Address) error {
	for from, step := uint64(0), uint64(256); from <= math.MaxInt64; {
		to := min(from+step-1, math.MaxInt64)
		list, err := x.store.Receipts(x.ctx, addr, from, to)
		if err != nil {
			return err
		}
		for i := range list {
			r := &list[i]
			if err := x.write(line{Receipt: &receipt{r.Call, r.Time, r.Full, r.Data}}); err != nil {
				return err
			}
		}
		if from, step = to+1, step*2; len(list) > 0 {
			step = 256
		}
	}
	return nil
}

func (x *exporter) state(addr quire.Address) error {
	st, err := x.store.Status(x.ctx, addr)
	if err != nil {
		return err
	}
	snap, err := x.store.Snapshot(x.ctx, addr)
	if err != nil {
		return err
	}
	return x.write(line{State: toState(st.NextUID, &snap)})
}
