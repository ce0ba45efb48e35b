package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/codec"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers/wire"
)

// dump writes every message of every mailbox, and the prompt that each agent
// would get if mail came now. Two files are equal when the two lives were.
func (w *world) dump(ctx context.Context, path string) error {
	var b bytes.Buffer
	for _, addr := range everybody {
		if err := w.list(ctx, &b, addr); err != nil {
			return err
		}
	}
	mail := quire.Item{Message: quire.Message{Draft: quire.Draft{ID: "next", Parts: []quire.Part{quire.Text{Text: "What now?"}}},
		Envelope: quire.Envelope{From: person}}, Delivery: quire.Delivery{UID: 1 << 40, Trust: quire.TrustPerson}}
	for i, a := range w.agents {
		plan, err := a.Preview(ctx, mail)
		if err != nil {
			return err
		}
		body, err := wire.Encode(quire.APIAnthropic, &plan.Prompt, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "next prompt of %s, call %d:\n%s\n", everybody[i], plan.Call, body)
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// list writes one mailbox, oldest first.
func (w *world) list(ctx context.Context, b *bytes.Buffer, addr quire.Address) error {
	q := mailbox.Query{Oldest: true, Limit: 500, Now: w.now()}
	for {
		page, err := w.store.Query(ctx, addr, q)
		if err != nil {
			return err
		}
		var uids []quire.UID
		for i := range page.Rows {
			uids = append(uids, page.Rows[i].UID)
		}
		items, err := w.store.Get(ctx, addr, mailbox.Get{UIDs: uids})
		if err != nil {
			return err
		}
		for i := range items {
			it := &items[i]
			draft, err := codec.EncodeDraft(&it.Draft)
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "%s %s from=%s sent=%s flags=%q %s\n", addr, it.UID, it.From, it.Sent.UTC().Format("2006-01-02T15:04:05.000Z"), it.Flags, draft)
		}
		if !page.More {
			return nil
		}
		q.Cursor = page.Next
	}
}
